// What is inside one client, for tests of its parts: connect(), stopped before it does anything.
import { source } from '../build.mjs';

export function inside(names, opts = {}, engine = 'native.js') {
  const code = source(engine).replace(/ {2}rt\.connect\(\);\n {2}return rt;/,
    `  return {rt: rt, ${names.map((n) => `${n}: ${n}`).join(', ')}, get: function (n) { return eval(n); }, set: function (n, v) { eval(n + ' = v'); }};`);
  return new Function(`${code}; return connect;`)()('http://app.test/everwire/', opts);
}
