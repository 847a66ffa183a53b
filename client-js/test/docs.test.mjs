// The blocks of JavaScript in the documentation parse as the ES5 that every browser of the last ten years reads, and
// what they use of the client is there.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { World } from './world.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const files = ['README.md', 'client-js/README.md', ...readdirSync(path.join(root, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)];

// A block of JavaScript, or the scripts of a block of HTML.
function blocks(text) {
  const out = [];
  for (const [, lang, code] of text.matchAll(/^```(js|html)\n(.*?)^```$/gms)) {
    if (lang === 'js') out.push(code);
    else for (const [, script] of code.matchAll(/<script>(.*?)<\/script>/gs)) out.push(script);
  }
  return out;
}

test('blocks of JavaScript', () => {
  const client = new World().connect();
  let used = 0, all = 0;
  for (const file of files) {
    for (const code of blocks(readFileSync(path.join(root, file), 'utf8'))) {
      all++;
      assert.doesNotThrow(() => parse(code, { ecmaVersion: 5 }), `${file}: ${code}`);
      for (const [, name] of code.matchAll(/\brt\.(\w+)/g)) {
        used++;
        assert(name in client, `${file}: rt.${name} is not there`);
      }
    }
  }
  assert(all > 10 && used > 15, `found ${all} blocks that use the client ${used} times: the pattern is wrong`);
});
