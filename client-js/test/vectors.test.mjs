// The shared wire vectors, groups for clients (PROTOCOL.md, 19).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { Clock } from './clock.mjs';
import { inside } from './inside.mjs';
import { engine } from './engine.mjs';

const url = new URL('../../transport/testdata/frames.json', import.meta.url);
const vectors = existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : null;
const options = { skip: vectors ? false : 'no transport/testdata/frames.json beside this package' };
const clock = new Clock();
const names = ['parse', 'frame', 'take', 'receive', 'verdict', 'begin', 'recall', 'deliver'];
const client = (engineFile) => {
  const c = inside(names, { setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout, Date: clock.Date }, engineFile);
  c.begin();
  c.recall();
  c.set('calls', {});
  c.set('tries', 9);
  return c;
};
const hex = (s) => Uint8Array.from(Buffer.from(s, 'hex'));

// fields gives what a vector says of a frame, from what the client made of it.
function fields(f, engineFile) {
  const kind = f[0], out = {};
  const bytes = (b) => Buffer.from(typeof b === 'string' ? Buffer.from(b, 'base64') : b).toString('hex');
  const put = (name, value) => { if (value !== undefined) out[name] = value; };
  if (kind === 1 || kind === 28) { put('name', f[1]); put('payload', f[2]); }
  if (kind === 2) { put('num', f[1]); put('name', f[2]); put('payload', f[3]); }
  if (kind === 3) { put('num', f[1]); put('payload', f[2]); }
  if (kind === 4) { put('num', f[1]); put('name', f[2]); put('text', f[3]); }
  if (kind === 5 || kind === 29) { put('name', f[1]); put('bytes', bytes(f[2])); }
  if (kind === 6) { put('num', f[1]); put('name', f[2]); put('bytes', bytes(f[3])); }
  if (kind === 7) { put('num', f[1]); put('bytes', bytes(f[2])); }
  if (kind === 9) { put('num', f[1]); put('text', f[2]); }
  if (kind === 20 || kind === 21) put('payload', f[1]);
  if (kind === 22) { put('num', f[1]); put('text', f[2]); if (f[3]) put('token', f[3]); }
  if (kind === 23) { put('num', f[1]); put('text', f[2]); }
  if (kind === 24 || kind === 25) { put('num', f[1]); put('token', f[2]); }
  if (kind === 26 || kind === 27) put('num', f[1]);
  return out;
}

for (const engineFile of ['native.js', 'legacy.js']) {
  test(`decode and encode (${engineFile})`, options, () => {
    const c = client(engineFile);
    let encoded = 0;
    for (const v of vectors.decode_ok) {
      const frames = c.parse(v.text);
      assert.equal(frames.length, 1, v.name);
      const f = frames[0];
      assert.equal(f[0], v.kind, v.name);
      assert.equal(f[0] < 20, v.counted, v.name);
      assert.deepEqual(fields(f), v.fields, v.name);
      // what a client sends
      const head = { 1: () => [1, f[1]], 2: () => [2, f[1], f[2]], 3: () => [3, f[1]], 28: () => [28, f[1]], 5: () => [1, f[1]], 6: () => [2, f[1], f[2]], 7: () => [3, f[1]], 29: () => [28, f[1]] }[v.kind]?.();
      if (v.canonical && head) {
        const payload = v.fields.bytes === undefined ? f[head.length] : hex(v.fields.bytes);
        const item = c.frame(head, payload);
        assert.equal(item.text_, v.text, v.name);
        assert.equal(item.size_, Buffer.byteLength(v.text), v.name);
        encoded++;
      }
    }
    assert(encoded > 30, `${encoded} encoded`);
  });
}

test('decode: what is refused', options, () => {
  const c = client();
  let refused = 0;
  for (const v of vectors.decode_error) {
    if (v.text === undefined || v.lenient) continue;      // bytes that are no UTF-8 never reach a script
    const before = c.get('faults');
    let bad = false;
    try {
      const [f] = c.parse(v.text);
      bad = f === undefined;
    } catch {
      bad = true;
    }
    assert(bad, `${v.name}: ${v.text} was taken`);
    assert.equal(c.get('faults'), before);
    refused++;
  }
  assert(refused > 20, `${refused} refused`);
});

test('binary messages', options, () => {
  const c = client();
  for (const v of vectors.binary_ok) {
    const [f] = c.parse(hex(v.hex).buffer);
    assert.equal(f[0], v.kind, v.name);
    const known = [5, 6, 7, 29].includes(v.kind);
    if (known) assert.deepEqual(fields(f), v.fields, v.name);
    if (v.canonical && known) {
      const head = f.slice(0, -1);
      head[0] = f[0] === 29 ? 28 : f[0] - 4;
      // up they go as base64 (PROTOCOL.md, 9.5)
      const item = c.frame(head, hex(v.fields.bytes));
      assert.deepEqual(JSON.parse(item.text_), [...f.slice(0, -1), Buffer.from(v.fields.bytes, 'hex').toString('base64')], v.name);
    }
  }
  for (const v of vectors.binary_error) {
    if (v.lenient) continue;
    assert.throws(() => {
      const [f] = c.parse(hex(v.hex).buffer);
      if (!f) throw new Error('empty');
    }, v.name);
  }
});

test('welcome', options, () => {
  for (const v of vectors.welcome_ok) {
    const c = client();
    const conn = { rung_: 3, n_: v.fields.n, at_: 0, flush_() {} };
    if (v.to !== 'opening' && v.to !== 'probe') c.set('id', 'known');
    const [f] = c.parse(v.text);
    c.receive(conn, [f]);
    if (v.fields.id) assert.equal(c.get('id'), v.fields.id, v.name);
    if (v.fields.seq && v.to !== 'send') assert.equal(conn.down_, v.fields.seq - 1, v.name);
    if (v.fields.ticket) assert.equal(c.get('ticket').text_, v.fields.ticket, v.name);
    if (v.fields.max) assert.deepEqual(c.get('hints').max, v.fields.max, v.name);
    if (v.fields.next) assert.equal(conn.next_, v.fields.next, v.name);
  }
});

test('bodies: whole lines count, the rest is dropped', options, () => {
  const c = client();
  for (const v of vectors.body) {
    const text = v.text ?? Buffer.from(v.hex, 'hex').toString();
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    assert.deepEqual(c.parse(whole), v.frames.map((l) => JSON.parse(l)), v.name);
  }
});

test('event streams: the data of an event is split at LF', options, () => {
  const c = client();
  for (const v of vectors.sse) {
    for (const lines of v.frames) assert.deepEqual(c.parse(lines.join('\n')), lines.map((l) => JSON.parse(l)), v.name);
  }
});

test('counting', options, () => {
  for (const v of vectors.count) {
    const c = client();
    const conn = { rung_: v.where === 'stream' ? 0 : 3, at_: 0, send_() {}, flush_() {}, close_() {}, since_: clock.time };
    c.set('id', 'known');
    c.set('got', v.got);
    if (v.seq !== undefined) conn.down_ = v.seq - 1;
    let fault = null;
    for (const step of v.steps) {
      if (step.line.startsWith('[22,')) continue;     // the end of a stream: the ladder's tests
      const before = c.get('got'), dead = conn.dead_ === 2;
      if (step.do === 'unread') { assert(dead, v.name); continue; }
      assert(!dead, `${v.name}: ended before ${step.line}`);
      try {
        c.receive(conn, c.parse(step.line));
      } catch {
        fault = 'frame';
        assert.equal(step.do, 'fault', v.name);
        break;
      }
      if (step.line.startsWith('[9,')) { c.set('got', step.do === 'take' ? step.num : before); break; }
      const got = c.get('got');
      if (step.do === 'take') assert.equal(got, step.num, v.name);
      else assert.equal(got, before, v.name);
      if (step.do === 'fault') {
        assert.equal(conn.dead_, 2, v.name);
        fault = c.rt.explain().tried.at(-1).verdict;
      }
    }
    assert.equal(fault, v.error, v.name);
    assert.equal(c.get('got'), v.got_after, v.name);
    if (v.next !== undefined && conn.down_ !== undefined && !v.error) assert.equal(conn.down_ + 1, v.next, v.name);
  }
});

test('codes and ends', options, () => {
  const classes = { RETRY: 'retry', ONCE: 'once', OPEN: 'open', DOWN: 'down', AGAIN: 'again', REPLACED: 'replaced', SPLIT: 'split', FINAL: 'final', FOREIGN: 'foreign' };
  const c = client();
  const named = (number) => classes[Object.keys(classes).find((k) => c.get(k) === number)];
  for (const v of vectors.codes) assert.equal(named(c.verdict(v.code, v.word)), v.class, `${v.code} ${v.word}`);
  for (const v of vectors.end) {
    if (v.class === 'nothing') continue;        // 204 and 1223 never get that far: session.test.mjs
    assert.equal(named(c.verdict(v.ws ?? v.http, undefined)), v.class, JSON.stringify(v));
  }
});
