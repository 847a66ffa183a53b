// Arranges a minified script so that gzip finds more to repeat: which letter a name gets, and in what order functions are
// declared, means nothing to an engine and 5 % to the packer. What a search found is kept in packed.json and used for as
// long as the input is the same; without it the script stays as the minifier made it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as acorn from 'acorn';
import { analyze } from 'eslint-scope';

const store = new URL('packed.json', import.meta.url);
const kept = () => (existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {});
const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_'];
const reserved = new Set(['do', 'if', 'in']);

// pack returns code, packed as packed.json says. The properties in shapes may change their names: those of one shape differ.
export function pack(code, shapes) {
  const found = kept();
  if (found.input !== hash(code)) return code;
  const script = parse(code, shapes);
  script.arrange(found);
  return script.text();
}

// search looks for a good packing in a number of steps and keeps it. It goes on from the kept one, if that is of the same
// input; then with little heat, which is how much worse it may get on the way.
export function search(code, shapes, steps) {
  const script = parse(code, shapes), last = kept();
  if (script.text() !== code) throw new Error('pack: not what was parsed');
  if (last.input === hash(code)) script.arrange(last);
  let seed = 1;
  const random = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 4294967296 * n);
  };
  const size = () => gzipSync(script.text(), { level: 9 }).length;
  const warmth = last.input === hash(code) ? 0.7 : 2.5;
  let now = size(), best = now, names = script.names.slice(), order = script.order;
  for (let step = 0; step < steps; step++) {
    const undo = random(4) ? rename(script, random) : move(script, random);
    if (!undo) continue;
    const next = size(), heat = warmth * (1 - step / steps) ** 2;
    if (next > now && random(1e6) >= 1e6 * Math.exp((now - next) / heat)) {
      undo();
      continue;
    }
    now = next;
    if (now < best) [best, names, order] = [now, script.names.slice(), script.order];
  }
  writeFileSync(store, JSON.stringify({ input: hash(code), names: names.join(' '), order }) + '\n');
}

const hash = (code) => createHash('sha256').update(code).digest('hex');

// rename swaps two names, or gives one another letter; it returns how to undo that, nothing if it cannot be.
function rename({ names, differs, fits }, random) {
  const id = random(names.length), old = names[id];
  const name = random(2) ? letters[random(letters.length)] : names[random(names.length)];
  if (name === old) return null;
  const others = [...differs[id]].filter((other) => names[other] === name);
  const set = (a, b) => {
    names[id] = a;
    for (const other of others) names[other] = b;
  };
  set(name, old);
  if ([id, ...others].every(fits)) return () => set(old, name);
  set(old, name);
  return null;
}

// move takes a function to another place among the functions.
function move(script, random) {
  const old = script.order, order = old.slice();
  const [one] = order.splice(random(order.length), 1);
  order.splice(random(old.length), 0, one);
  script.order = order;
  return () => { script.order = old; };
}

// parse finds every variable and property that may be renamed, where it stands, and what it must differ from;
// and the functions in the function that has the most, which may stand in any order.
function parse(code, shapes) {
  const ast = acorn.parse(code, { ecmaVersion: 5, ranges: true });
  const { scopes } = analyze(ast, { ecmaVersion: 5, sourceType: 'script' });
  const names = [], spots = [], differs = [], taken = [], ids = new Map(), inScope = new Map();
  const make = (name) => {
    differs.push(new Set());
    taken.push(new Set());
    return names.push(name) - 1;
  };
  // JScript hoists the variable of a catch into its function
  const home = (scope) => {
    while (scope.type === 'catch') scope = scope.upper;
    return scope;
  };
  for (const scope of scopes) {
    for (const v of scope.variables) {
      if (scope.type === 'global' || v.name === 'arguments') continue;
      const id = make(v.name);
      ids.set(v, id);
      const at = new Set([...v.identifiers, ...v.references.map((r) => r.identifier)].map((node) => node.range[0]));
      spots.push(...[...at].map((from) => ({ from, id })));
      inScope.set(home(scope), [...(inScope.get(home(scope)) || []), id]);
    }
  }
  const apart = (a, b) => {
    if (a === b) return;
    differs[a].add(b);
    differs[b].add(a);
  };
  for (const list of inScope.values()) list.forEach((a) => list.forEach((b) => apart(a, b)));
  // between a reference and its variable nobody may have the same name
  for (const scope of scopes) {
    for (const r of scope.references) {
      const id = ids.get(r.resolved);
      for (let s = home(scope); s && s !== (r.resolved && home(r.resolved.scope)); s = s.upper && home(s.upper)) {
        for (const other of inScope.get(s) || []) id === undefined ? taken[other].add(r.identifier.name) : apart(id, other);
      }
    }
  }
  const props = new Map(), properties = new Set(shapes.flat());
  let functions = [];
  walk(ast, (node) => {
    const inner = node.type.startsWith('Function') ? node.body.body.filter((part) => part.type === 'FunctionDeclaration') : [];
    if (inner.length > functions.length) functions = inner;
    const key = node.type === 'MemberExpression' && !node.computed ? node.property : node.type === 'Property' ? node.key : null;
    if (!key || key.type !== 'Identifier') return;
    if (!properties.has(key.name)) return;
    if (!props.has(key.name)) props.set(key.name, make(key.name));
    spots.push({ from: key.range[0], id: props.get(key.name) });
  });
  for (const shape of shapes) shape.forEach((a) => shape.forEach((b) => apart(props.get(a), props.get(b))));

  // pieces: the text of a range, with the ids of names in between
  spots.sort((a, b) => a.from - b.from);
  const pieces = (from, to) => {
    const out = [];
    for (const spot of spots) {
      if (spot.from < from || spot.from >= to) continue;
      out.push(code.slice(from, spot.from), spot.id);
      from = spot.from + names[spot.id].length;
    }
    return [...out, code.slice(from, to)];
  };
  // what is between two functions keeps its place: a function is moved, and hoisted anyway
  const ranges = functions.map((node) => node.range);
  const frame = ranges.map(([from], i) => pieces(i ? ranges[i - 1][1] : 0, from));
  frame.push(pieces(ranges.at(-1)[1], code.length));
  const bodies = ranges.map((range) => pieces(...range));

  const script = {
    names, differs,
    order: ranges.map((_, i) => i),
    text() {
      let out = '';
      const add = (list) => { for (let i = 0; i < list.length; i++) out += i & 1 ? script.names[list[i]] : list[i]; };
      for (let i = 0; i < bodies.length; i++) {
        add(frame[i]);
        add(bodies[script.order[i]]);
      }
      add(frame.at(-1));
      return out;
    },
    fits(id) {
      const name = script.names[id];
      if (reserved.has(name) || taken[id].has(name)) return false;
      for (const other of differs[id]) if (script.names[other] === name) return false;
      return true;
    },
    arrange(found) {
      script.names = found.names.split(' ');
      script.order = found.order;
      if (script.names.length !== names.length || [...script.order].sort((a, b) => a - b).some((n, i) => n !== i) || script.order.length !== bodies.length ||
          !script.names.every((_, id) => script.fits(id))) throw new Error('packed.json does not fit: npm run build');
    }
  };
  return script;
}

function walk(node, visit) {
  if (!node || typeof node !== 'object') return;
  if (node.type) visit(node);
  for (const [name, child] of Object.entries(node)) if (name !== 'range') walk(child, visit);
}
