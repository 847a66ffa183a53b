// Builds dist/ from src/: the files below, joined in one scope, in ES3 from end to end.
// They are the body of connect(url, opts): every client has its own variables, and the minifier can give each a letter or two.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import UglifyJS from 'uglify-js';
import { pack, search } from './pack.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

// ENGINE stands for native.js or legacy.js.
const parts = [
  'ENGINE', 'env.js', 'frame.js', 'session.js', 'http.js',
  'transports/websocket.js', 'transports/sse.js', 'transports/longpoll.js', 'transports/polling.js',
  'ladder.js', 'liveness.js', 'page.js', 'client.js'
];

const read = (name) => readFileSync(join(here, 'src', name), 'utf8').trimEnd() + '\n';
const indent = (text, by) => text.replace(/^(?=.)/gm, by);

// source joins the parts for an engine into statements that define `everwire`.
export function source(engine) {
  const client = parts.map((name) => read(name === 'ENGINE' ? engine : name)).join('\n');
  return `function connect(url, opts) {
  opts = opts || {};

${indent(client, '  ')}
  url = absolute(url);
  rt.connect();
  return rt;
}

var everwire = { connect: connect, version: '${version}' };
`;
}

const banner = `/*! everwire ${version} MIT */\n`;

const umd = (engine) => `${banner}(function (scope, make) {
  if (typeof exports == 'object') module.exports = make();
  else if (typeof define == 'function' && define.amd) define([], make);
  else scope.everwire = make();
})(this, function () {
${indent(source(engine), '  ')}
  return everwire;
});
`;

const esm = () => `${banner}${source('native.js')}
export { connect };
export var version = everwire.version;
export default everwire;
`;

// shapes are the properties of each kind of object that only the client sees: those of one shape need different letters.
const shapes = [
  'rung_ name_ at_ since_ timer_ n_ up_ down_ heard_ sent_ list_ next_ pings_ pinged_ ok_ away_ dead_ socket_ send_ greet_ flush_ poll_ close_',
  'kind_ text_ size_ seq_ sent_ call_ then_ timer_',
  'text_ n_',
  'fn_ once_',
  'name_ needs_ open_'
].map((shape) => shape.split(' '));

function minify(code, compress) {
  // the constants of the source: numbers in the place of their names
  const constants = /^ *var ((?:[A-Z]+ = \d(?:, )?)+);\n/gm;
  const all = [...code.matchAll(constants)].flatMap((m) => [...m[1].matchAll(/(\w+) = (\d)/g)]);
  code = code.replace(constants, '');
  for (const [, name, number] of all) code = code.replace(new RegExp(`\\b${name}\\b`, 'g'), number);
  const nameCache = {};
  const out = UglifyJS.minify(code, {
    ie: true,
    compress: { join_vars: false, keep_fargs: false, ...compress },
    mangle: { properties: { regex: /_$/ } },
    nameCache,
    output: { comments: false }
  });
  if (out.error) throw out.error;
  const short = nameCache.props.props;
  for (const name of Object.keys(short)) if (!shapes.flat().includes(name.slice(1))) throw new Error(`${name.slice(1)} is of no shape in build.mjs`);
  return [out.code, shapes.map((shape) => shape.map((name) => short['$' + name]))];
}

export function build() {
  const main = umd('native.js');
  const legacy = umd('legacy.js');
  return {
    'everwire.js': main,
    'everwire.min.js': banner + pack(...minify(main, { passes: 4, inline: 1 })) + '\n',
    'everwire.legacy.js': legacy,
    'everwire.legacy.min.js': banner + minify(legacy, { inline: 2, comparisons: false, reduce_funcs: false, reduce_vars: false })[0] + '\n',
    'everwire.mjs': esm(),
    'index.d.ts': read('index.d.ts')
  };
}

// node build.mjs [STEPS]: writes dist/; with a number of steps it looks for a better packing first.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2]) search(...minify(umd('native.js'), { passes: 4, inline: 1 }), +process.argv[2]);
  mkdirSync(join(here, 'dist'), { recursive: true });
  for (const [name, text] of Object.entries(build())) writeFileSync(join(here, 'dist', name), text);
}
