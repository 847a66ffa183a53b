// Builds dist/ from src/: the files below, joined in one scope, in ES3 from end to end.
// They are the body of connect(url, opts): every client has its own variables, and the minifier can give each a letter or two.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import UglifyJS from 'uglify-js';

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

const banner = `/*! everwire ${version} | MIT */\n`;

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

function minify(code) {
  const classes = /^ *var ((?:[A-Z]+ = \d(?:, )?)+);\n/m;
  for (const [, name, number] of code.match(classes)[1].matchAll(/(\w+) = (\d)/g)) code = code.replace(new RegExp(`\\b${name}\\b`, 'g'), number);
  code = code.replace(/^ *var 0 = .*\n/m, '');
  const out = UglifyJS.minify(code, {
    ie: true,
    compress: { passes: 1, inline: 2, join_vars: false, comparisons: false, keep_fargs: false, reduce_funcs: false, reduce_vars: false },
    mangle: { properties: { regex: /_$/ } },
    output: { comments: false }
  });
  if (out.error) throw out.error;
  return banner + out.code + '\n';
}

export function build() {
  const main = umd('native.js');
  const legacy = umd('legacy.js');
  return {
    'everwire.js': main,
    'everwire.min.js': minify(main),
    'everwire.legacy.js': legacy,
    'everwire.legacy.min.js': minify(legacy),
    'everwire.mjs': esm(),
    'index.d.ts': read('index.d.ts')
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(here, 'dist'), { recursive: true });
  for (const [name, text] of Object.entries(build())) writeFileSync(join(here, 'dist', name), text);
}
