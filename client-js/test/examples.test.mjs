// The examples' pages for old engines: the guestbook whole, with its jQuery, and what the five chats of the walk share.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as acorn from 'acorn';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const es3 = {
  ecmaVersion: 3, allowReserved: 'never',
  onTrailingComma(at) { throw new Error(`a trailing comma at ${at}`); }, // [1,].length is 2 in some engines
};

for (const page of ['legacy/page', 'walk/page']) {
  test(`ES3: the scripts of examples/${page} parse, and its pages have no others`, () => {
    const files = readdirSync(join(examples, page));
    const scripts = files.filter((name) => name.endsWith('.js'));
    assert(scripts.length > 1, 'there are no scripts');
    for (const name of scripts) {
      const text = readFileSync(join(examples, page, name), 'utf8');
      try {
        acorn.parse(text, es3);
      } catch (err) {
        assert.fail(`${page}/${name}: ${err.message}`);
      }
    }
    for (const name of files.filter((name) => name.endsWith('.html'))) {
      const text = readFileSync(join(examples, page, name), 'utf8');
      assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|\son[a-z]+="/, `${page}/${name}: a script in the page`);
    }
  });
}
