// What an app sees: events, emits, acks, errors, open and close.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inside } from './inside.mjs';
import { World } from './world.mjs';

const each = ['websocket', 'sse', 'longpoll', 'polling'];

test('on, once, off: removal, copies while emitting, prototype names', async () => {
  const w = new World();
  const rt = w.connect();
  const seen = [];
  const remove = rt.on('a', (p) => { seen.push(['first', p]); remove(); });
  rt.on('a', (p) => seen.push(['second', p]));
  rt.once('a', (p) => seen.push(['once', p]));
  const three = rt.once('a', () => seen.push('never'));
  three();
  rt.on('toString', (p) => seen.push(p));
  rt.on('__proto__', (p) => seen.push(p));
  const fn = (p) => seen.push(['off', p]);
  rt.on('b', fn);
  rt.off('b', fn);
  rt.on('c', fn);
  rt.off('c');
  await w.run(100);
  for (const [name, p] of [['a', 1], ['a', 2], ['b', 3], ['c', 4], ['toString', 5], ['__proto__', 6], ['constructor', 7], ['a']]) w.server.only.emit(name, p);
  await w.run(100);
  assert.deepEqual(seen, [['first', 1], ['second', 1], ['once', 1], ['second', 2], 5, 6, ['second', undefined]]);
});

test('a name whose last handler is gone leaves nothing behind', () => {
  const { rt, get } = inside(['fire']), fn = () => {};
  rt.once('reply-1', fn);
  get('fire')('reply-1');
  rt.on('reply-2', fn)();
  rt.on('reply-3', fn);
  rt.off('reply-3');
  rt.off('reply-4', fn);
  assert.deepEqual(Object.keys(get('handlers')), []);
});

for (const transport of each) {
  test(`acks both ways, refusals, time-outs: ${transport}`, async () => {
    const w = new World();
    w.server.handlers.double = (s, p, ack) => ack?.(p * 2);
    w.server.handlers.no = (s, p, ack, id) => s.push([4, id, 'forbidden', 'not you']);
    w.server.handlers.never = () => {};
    const rt = w.connect({ transport }), out = [];
    rt.emit('double', 21, (err, answer) => out.push([err, answer]));
    rt.emit('no', null, (err) => out.push([err.code, err.message]));
    rt.emit('never', 1, { timeout: 3000 }, (err) => out.push([err.code, w.clock.time - 1.7e12]));
    const answer = rt.call('double', 4, { timeout: 9000 }), nobody = rt.call('nobody'), same = rt.emit('double', 5, { ack: true });
    nobody.catch(() => {});
    assert.equal(rt.emit('double', 1), undefined);
    await w.run(5000);
    assert.deepEqual(out, [[null, 42], ['forbidden', 'not you'], ['timeout', 3000]]);
    assert.equal(await answer, 8);
    assert.equal(await same, 10);
    await assert.rejects(nobody, { code: 'no-handler' });

    rt.on('sum', (p) => p.a + p.b);
    rt.on('later', (p, ack) => { w.clock.setTimeout(() => { ack(null, p); ack(null, 'twice'); }, 50); });
    rt.on('promise', (p) => Promise.resolve(p));
    rt.on('rejected', () => Promise.reject(Object.assign(new Error('bad day'), { code: 'weather' })));
    rt.on('nothing', () => {});
    rt.on('refused', (p, ack) => ack({ code: 'why' }));
    const s = w.server.only, acks = {};
    for (const name of ['sum', 'later', 'promise', 'rejected', 'nothing', 'refused', 'nobody']) s.call(name, { a: 1, b: 2 }).then((f) => { acks[name] = f; });
    await w.run(12000);
    assert.deepEqual(acks.sum, [3, 1, 3]);
    assert.deepEqual(acks.later, [3, 2, { a: 1, b: 2 }]);
    assert.deepEqual(acks.promise, [3, 3, { a: 1, b: 2 }]);
    assert.deepEqual(acks.rejected, [4, 4, 'weather', 'bad day']);
    assert.deepEqual(acks.nothing, [3, 5]);
    assert.deepEqual(acks.refused.slice(0, 3), [4, 6, 'why']);
    assert.deepEqual(acks.nobody.slice(0, 3), [4, 7, 'no-handler']);
    assert.equal(s.acks.length, 7, 'one ack a call');
  });

  test(`bytes both ways, volatile: ${transport}`, async () => {
    const w = new World();
    const rt = w.connect({ transport }), got = [];
    rt.on('b', (p) => got.push(p));
    w.server.handlers.ask = (s, p, ack, id) => s.push([7, id, 'AQID']);
    const buffer = Uint8Array.from([0, 10, 13, 34, 92, 127, 128, 255]);
    rt.emit('\u00fc', buffer);
    rt.emit('b', buffer.buffer.slice(1, 3));
    rt.emit('b', buffer.subarray(2, 4));
    rt.emit('b', new DataView(buffer.buffer, 4, 2));
    rt.emit('b', new Uint16Array([0x0102]));
    rt.emit('b', new Uint8Array(0));
    buffer.fill(9);                             // the bytes of the call are what counts
    let answer;
    rt.emit('ask', Uint8Array.from([7]), (err, a) => { answer = a; });
    await w.run(3000);
    const s = w.server.only, hex = (b64) => Buffer.from(b64, 'base64').toString('hex');
    assert.deepEqual(s.taken.map((f) => [f[0], f.at(-2), hex(f.at(-1))]), [
      [5, '\u00fc', '000a0d225c7f80ff'], [5, 'b', '0a0d'], [5, 'b', '0d22'], [5, 'b', '5c7f'], [5, 'b', '0201'], [5, 'b', ''], [6, 'ask', '07']
    ]);
    assert(answer instanceof Uint8Array);
    assert.deepEqual([...answer], [1, 2, 3]);
    s.push([5, 'b', Buffer.from([0, 10, 255]).toString('base64')]);
    rt.on('echo', (b) => b);
    const echoed = new Promise((resolve) => s.calls.set(99, resolve));
    s.push([6, 99, 'echo', 'AP8K']);
    await w.run(12000);
    assert.deepEqual(got.map((b) => [...b]), [[0, 10, 255]]);
    assert.deepEqual(await echoed, [7, 99, 'AP8K']);

    rt.emit('v', 1, { volatile: true });
    rt.emit('v', Uint8Array.from([5]), { volatile: true });
    await w.run(12000);
    assert.deepEqual(s.volatiles.map((f) => f[0]), [28, 29]);
    const taken = s.taken.length;
    w.cutAll();
    await w.run(10);
    rt.emit('v', 2, { volatile: true });
    assert.equal(s.taken.length, taken);
  });
}

test('an exception in a handler is thrown where it breaks nothing', async () => {
  const w = new World();
  const thrown = [];
  const rt = w.connect({ setTimeout: (fn, ms) => w.clock.setTimeout(() => { try { fn(); } catch (e) { thrown.push(e.message); } }, ms) });
  const got = [];
  rt.on('connect', () => { throw new Error('in connect'); });
  rt.on('a', () => { throw new Error('in a'); });
  rt.on('a', (p) => got.push(p));
  rt.on('ask', () => { throw Object.assign(new Error('in ask'), { code: 'mine' }); });
  w.server.handlers.x = (s, p, ack) => ack(1);
  rt.emit('x', 1, () => { throw new Error('in a callback'); });
  await w.run(100);
  const s = w.server.only;
  s.emit('a', 1);
  s.emit('a', 2);
  const ack = s.call('ask');
  await w.run(1000);
  assert.deepEqual(got, [1, 2]);
  assert.deepEqual(thrown, ['in connect', 'in a callback', 'in a', 'in a', 'in ask']);
  assert.deepEqual(await ack, [4, 1, 'mine', 'in ask']);
  assert.equal(rt.state, 'live');
});

test('emits that cannot be taken: thrown, or told the callback, with a code', async () => {
  const w = new World({ server: { max: [1000, 5000, 3000] } });
  const rt = w.connect();
  await w.run(100);
  const codes = [];
  const refuse = async (name, payload, code) => {
    assert.throws(() => rt.emit(name, payload), { code }, code);
    assert.throws(() => rt.emit(name, payload, {}), { code }, code);
    rt.emit(name, payload, (err) => codes.push(err.code));
    await assert.rejects(Promise.race([rt.call(name, payload), w.run(10)]), { code });
  };
  await refuse('', 1, 'name');
  await refuse('n'.repeat(129), 1, 'name');
  for (const name of [undefined, null, 7, true, {}, ['a'], () => 0]) await refuse(name, 1, 'name');
  await refuse('a', 'x'.repeat(1000), 'too-large');
  await refuse('a', new Uint8Array(800), 'too-large');
  let deep = [];
  for (let i = 0; i < 63; i++) deep = i % 2 ? [deep, '[[[{"\\'] : { deep, x: ']' };
  await refuse('a', deep, 'too-deep');
  rt.emit('a', deep.deep || deep[0]);
  assert.throws(() => rt.emit('a', (() => { const o = {}; o.o = o; return o; })()), TypeError);
  await w.run(15000);
  w.net.websocket = () => 'hang';
  w.net.post = () => 'lose';
  w.cutAll();
  await w.run(100);
  assert.equal(rt.state, 'resuming');
  for (let i = 0; i < 3; i++) rt.emit('a', 'y'.repeat(880));
  await refuse('a', 'z'.repeat(880), 'queue-full');
  rt.emit('v', 'z'.repeat(880), { volatile: true });
  assert.deepEqual(codes, [...Array(9).fill('name'), 'too-large', 'too-large', 'too-deep', 'queue-full']);
  w.net.websocket = () => 'ok';
  w.net.post = () => 'ok';
  await w.run(60000);
  assert.deepEqual(w.server.only.taken.map((f) => f[0]), [1, 1, 1, 1], 'what was taken before still arrives');
  rt.close();
  await refuse('a', 1, 'closed');
});

test('frames are counted in bytes', async () => {
  const w = new World({ server: { max: [1000, 5000, 30000] } });
  const rt = w.connect();
  await w.run(100);
  const room = 1000 - Buffer.byteLength('[1,"a",""]');
  rt.emit('a', '\u00e9'.repeat(room / 2));
  rt.emit('a', '\u20ac'.repeat(room / 3));
  rt.emit('a', '\ud83d\ude00'.repeat(Math.floor(room / 4)));
  assert.throws(() => rt.emit('a', '\u00e9'.repeat(room / 2 + 1)), { code: 'too-large' });
  assert.throws(() => rt.emit('a', '\ud83d\ude00'.repeat(room / 4 + 1)), { code: 'too-large' });
});

test('1,024 calls wait, the next is refused', async () => {
  const w = new World();
  w.server.handlers.never = () => {};
  const rt = w.connect();
  for (let i = 0; i < 1024; i++) rt.emit('never', i, () => {});
  let code;
  rt.emit('never', 0, (err) => { code = err.code; });
  rt.emit('never', 0);
  await w.run(1000);
  assert.equal(code, 'busy');
});

test('1,024 calls wait, also where a handler of disconnect has opened again', async () => {
  const w = new World();
  w.server.handlers.never = () => {};
  const rt = w.connect();
  rt.once('disconnect', () => rt.connect());
  for (let i = 0; i < 500; i++) rt.emit('never', i, () => {});
  await w.run(1000);
  rt.close();
  await w.run(1000);
  assert.equal(rt.state, 'live');
  let busy = 0;
  for (let i = 0; i < 1030; i++) rt.emit('never', i, (err) => { busy += err.code === 'busy'; });
  await w.run(1000);
  assert.equal(busy, 6);
});

test('a volatile event goes behind what its handler has emitted before it', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'websocket' });
  rt.on('connect', () => { rt.emit('a', 1); rt.emit('typing', 2, { volatile: true }); rt.emit('a', 3); });
  rt.on('go', () => { rt.emit('a', 4); rt.emit('typing', 5, { volatile: true }); rt.emit('a', 6); });
  await w.run(1000);
  w.server.only.emit('go');
  await w.run(1000);
  const [ws] = w.sockets;
  assert.deepEqual(ws.sent.map((text) => JSON.parse(text)).filter(([kind]) => kind !== 20).map((f) => f[2]), [1, 2, 3, 4, 5, 6]);
});

test('auth: value, function, callback, Promise, refusal, failure', async () => {
  for (const [auth, want] of [
    [{ token: 1 }, { token: 1 }],
    [() => 'now', 'now'],
    [(done) => { done(null, 'called'); }, 'called'],
    [async () => 'promised', 'promised'],
    [undefined, undefined]
  ]) {
    let seen = 'none';
    const w = new World({ server: { authorize: (a) => { seen = a; return null; } } });
    w.connect({ auth });
    await w.run(1000);
    assert.deepEqual(seen, want);
    assert.deepEqual(w.names(), ['connect', 'transport']);
  }

  let asked = 0;
  const w = new World({ server: { authorize: (a) => (a === 3 ? null : { code: 4401, word: 'auth' }) } });
  const rt = w.connect({ auth: () => ++asked });
  await w.run(60000);
  assert.equal(asked, 1, 'asked once per opening');
  assert.equal(rt.state, 'closed');
  assert.deepEqual(w.events.map(([n, e]) => [n, e.code, e.status]), [['error', 'auth', 4401]]);
  rt.connect();
  await w.run(100);
  assert.equal(rt.state, 'closed');
  rt.connect();
  await w.run(100);
  assert.equal(rt.state, 'live');
  assert.equal(asked, 3);

  let tries = 0;
  const f = new World();
  const ft = f.connect({ auth: () => { tries++; if (tries < 3) throw new Error('no token yet'); return tries < 5 ? Promise.reject(new Error('nor now')) : 'there'; } });
  await f.run(60000);
  assert.equal(ft.state, 'live');
  assert.deepEqual(f.names(), ['error', 'error', 'error', 'error', 'connect', 'transport']);
  assert.deepEqual(f.events[0][1].code, 'auth');
});

test('close: behind all that was emitted, then disconnect; connect() opens again', async () => {
  for (const transport of each) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(1000);
    for (let i = 0; i < 50; i++) rt.emit('a', i);
    let code;
    rt.emit('never', 1, (err) => { code = err.code; });
    rt.close();
    rt.close();
    assert.equal(rt.state, 'closing');
    await w.run(4000);
    assert.equal(rt.state, 'closed', transport);
    assert.equal(rt.transport, '');
    const s = w.server.only;
    assert.equal(s.taken.length, 52, transport);
    assert.equal(s.ended, 'closed');
    assert(['unknown-outcome', 'no-handler'].includes(code), code);
    assert.deepEqual(w.events.at(-1), ['disconnect', { code: 4000, reason: 'closed', unknown: 0 }], transport);
    await w.run(30000);
    assert.equal(w.clock.timers.size, 0, 'no timer is left');
    assert.deepEqual(Object.values(w.listeners).map((l) => l.size).filter(Boolean), [], 'no listener is left');
    rt.connect();
    await w.run(1000);
    assert.equal(rt.state, 'live');
    assert.equal(w.names().filter((n) => n === 'connect').length, 2);
  }
});

test('close without a network ends after 5 s', async () => {
  const w = new World({ websocket: () => 'hang', post: () => 'lose' });
  const rt = w.connect();
  await w.run(1000);
  rt.close();
  await w.run(4900);
  assert.equal(rt.state, 'closing');
  await w.run(200);
  assert.equal(rt.state, 'closed');
  assert.deepEqual(w.names(), [], 'there was no session to disconnect from');
});

test('the server closes', async () => {
  for (const transport of each) {
    const w = new World();
    const rt = w.connect({ transport }), seen = [];
    rt.on('last', (p) => seen.push(p));
    await w.run(1000);
    const s = w.server.only;
    s.emit('last', 1);
    s.close(4100, 'enough');
    await w.run(20000);
    assert.deepEqual(seen, [1]);
    assert.equal(s.ended, 'closed', `${transport}: confirmed`);
    assert.equal(rt.state, 'closed');
    assert.deepEqual(w.events.at(-1), ['disconnect', { code: 4100, reason: 'enough', unknown: 0 }]);
    assert.equal(w.server.openings, 1);
  }
});

test('relative and absolute URLs', async () => {
  const page = 'http://app.test/dir/page.html?q=/x#y';
  for (const [url, where, want] of [
    ['/everwire/', page, 'ws://app.test/everwire/websocket'],
    ['/everwire', page, 'ws://app.test/everwire/websocket'],
    ['everwire/', page, 'ws://app.test/dir/everwire/websocket'],
    ['//other.test/e/', 'https://app.test/', 'wss://other.test/e/websocket'],
    ['https://other.test:8443/e/', page, 'wss://other.test:8443/e/websocket'],
    ['e', 'https://app.test', 'wss://app.test/e/websocket']
  ]) {
    // a page resolves by a link, as not all engines have a URL to construct; the legacy build has its own way
    const document = { createElement: () => ({ set href(to) { this.to = to; }, get href() { return new URL(this.to, where).href; } }) };
    for (const [build, more] of [['everwire.js', {}], ['everwire.js', { URL: undefined, document }], ['everwire.legacy.js', {}]]) {
      const w = new World({ build });
      let seen;
      w.net.websocket = (u) => { seen = u; return 'hang'; };
      w.everwire.connect(url, { ...w.globals, location: { href: where, toString: () => where }, ...more });
      await w.run(1);
      assert.equal(seen, want, build);
    }
  }
});

test('several clients share nothing', async () => {
  const w = new World();
  const a = w.connect(), b = w.connect({ transport: 'polling' });
  w.server.handlers.id = (s, p, ack) => ack(s.id);
  const ids = [];
  a.emit('id', 0, (e, id) => ids.push(id));
  b.emit('id', 0, (e, id) => ids.push(id));
  await w.run(1000);
  assert.equal(new Set(ids).size, 2);
  assert.notEqual(a.transport, b.transport);
});
