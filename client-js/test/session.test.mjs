// The session's half of the protocol: numbers, queue, repeats, limits, loss (PROTOCOL.md, 4 to 9 and 12).
import assert from 'node:assert/strict';
import test from 'node:test';
import { World } from './world.mjs';

const ups = (w, which = w.server.only) => which.taken.filter((f) => f[0] < 3).map((f) => f[f[0] === 1 ? 2 : 3]);
const range = (n, from = 0) => Array.from({ length: n }, (_, i) => from + i);

test('opening: the same key and emits in every leg, rising n, one session', async () => {
  const w = new World({ websocket: () => 'mute' });
  let lost = 0;
  w.net.post = () => (lost++ < 3 ? 'drop' : 'ok');
  const rt = w.connect();
  for (const i of range(5)) rt.emit('a', i);
  await w.run(120000);
  assert.equal(w.server.openings, 1);
  assert.deepEqual(ups(w), range(5));
  const hellos = w.server.log.filter((l) => l.h && l.h.n), opening = hellos.filter((l) => l.h.key);
  assert(opening.length >= 4);
  assert.equal(new Set(opening.map((l) => l.h.key)).size, 1);
  assert(opening.every((l) => l.frames.length === 5 && (l.h.seq || 1) === 1));
  assert(hellos.every((l, i) => !i || l.h.n > hellos[i - 1].h.n), 'rising n');
});

test('the id and credentials are in no URL', async () => {
  const w = new World({ websocket: () => 'refuse' });
  w.connect({ auth: 'secret' });
  await w.run(20000);
  const urls = [...w.requests.map((r) => r.path), ...w.server.log.filter((l) => l.q).map((l) => JSON.stringify(l.q))].join(' ');
  assert.doesNotMatch(urls, /session0|secret/);
  assert(w.server.log.every((l) => !l.h || !l.h.auth || l.h.key), 'auth only when opening');
});

test('uploads: one at a time, from the first unconfirmed frame, repeated with a higher r', async () => {
  for (const transport of ['sse', 'longpoll']) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(2000);
    let under = 0, most = 0, failing = 5;
    const post = w.server.post.bind(w.server);
    w.net.post = (path) => (path === 'send' && failing-- > 0 ? ['drop', 'fail', [502, ''], 'lose', [503, '[22,4503,"busy",300]\n']][failing % 5] : 'ok');
    w.server.post = (path, text, answer) => {
      if (path === 'send') most = Math.max(most, ++under);
      return post(path, text, (...a) => { if (path === 'send') under--; answer(...a); });
    };
    for (const i of range(10)) {
      rt.emit('a', i);
      await w.run(7);
    }
    await w.run(120000);
    assert.deepEqual(ups(w), range(10));
    assert.equal(most, 1);
    const sends = w.server.log.filter((l) => l.path === 'send');
    assert(sends.every((l, i) => !i || l.h.r > sends[i - 1].h.r));
    assert.equal(rt.transport, transport);
  }
});

test('partial receipt: the rest goes on from got, after the pause', async () => {
  for (const transport of ['sse', 'longpoll', 'polling']) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(2000);
    w.server.limit = 4;
    w.server.pause = 700;
    for (const i of range(10)) rt.emit('a', i);
    await w.run(500);
    assert.deepEqual(ups(w), range(4));
    w.server.limit = 0;
    w.server.pause = 0;
    await w.run(700);
    assert.deepEqual(ups(w), range(10), transport);
  }
});

test('polling: what is not counted waits for the end of a pause, too, without a poll behind the other', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'polling' });
  await w.run(2000);
  w.server.limit = 4;
  w.server.pause = 3000;
  for (const i of range(10)) rt.emit('a', i);
  await w.run(500);
  const before = w.requests.length;
  rt.emit('typing', 1, { volatile: true });
  await w.run(2000);
  assert(w.requests.length - before < 8, `${w.requests.length - before} requests in 2 s of a pause`);
});

test('413: halved, then a void in place of the one frame that is too large on the way', async () => {
  for (const transport of ['sse', 'longpoll', 'polling']) {
    const w = new World();
    w.net.post = (path, text) => (text.length > 3000 ? [413, '<html>nginx</html>'] : 'ok');
    const rt = w.connect({ transport }), codes = [];
    await w.run(2000);
    w.server.handlers.big = (s, p, ack) => ack?.(1);
    for (const i of range(40)) rt.emit('a', String(i).padStart(300, '.'));
    rt.emit('big', 'x'.repeat(5000), (err) => codes.push(err.code));
    rt.emit('b', 'y'.repeat(5000));
    rt.emit('a', 'last');
    await w.run(60000);
    assert.deepEqual(codes, ['too-large']);
    assert.deepEqual(w.events.filter(([n]) => n === 'error').map(([, e]) => e.code), ['too-large']);
    assert.equal(w.server.only.taken.filter((f) => f[0] === 8).length, 2);
    assert.deepEqual(ups(w).map((s) => s.slice(-4)), [...range(40).map((i) => String(i).padStart(4, '.')), 'last'], transport);
    assert.equal(w.server.openings, 1);
    assert(!w.names().includes('disconnect'));
  }
});

test('frames that the welcome forbids are given up, also those that were emitted before it', async () => {
  const w = new World({ server: { max: [1000, 5000, 100000] } });
  const rt = w.connect({ transport: 'longpoll' }), codes = [];
  rt.emit('a', 1);
  rt.emit('a', 'x'.repeat(2000), (err) => codes.push(err.code));
  rt.emit('a', 2);
  w.net.post = (path, text) => (w.requests.length ? 'ok' : 'ok');
  w.server.post = ((post) => (path, text, answer) => post(path, text, answer))(w.server.post.bind(w.server));
  await w.run(5000);
  assert.equal(rt.state, 'live');
  assert.equal(w.server.openings, 1);
});

test('a queue of many frames goes in bodies of at most 1,024 and messages of one', async () => {
  for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
    const w = new World();
    const rt = w.connect({ transport });
    for (const i of range(3000)) rt.emit('a', i);
    await w.run(20000);
    assert.deepEqual(ups(w), range(3000));
    assert(w.server.log.every((l) => !l.frames || l.frames.length <= 1024));
  }
});

test('before the welcome of a WebSocket at most 64 KiB are sent ahead', async () => {
  const w = new World({ websocket: () => 'mute' });
  const rt = w.connect({ transport: 'websocket' });
  for (const i of range(30)) rt.emit('a', i + 'x'.repeat(10000));
  await w.run(5000);
  const [ws] = w.sockets;
  assert(ws.sent.slice(1).reduce((n, m) => n + m.length, 0) <= 65536);
});

test('answers that do not echo the number of their request are dropped', async () => {
  const w = new World();
  let wrong = 0;
  w.net.answer = (path, status, body) => true;
  const post = w.server.post.bind(w.server);
  w.server.post = (path, text, answer) => post(path, text, (status, body) => {
    if (body && wrong < 6 && w.random() < 0.5) {
      wrong++;
      body = body.replace(/"(n|r)":\d+/, '"$1":999');
    }
    answer(status, body);
  });
  const rt = w.connect({ transport: ['longpoll', 'polling'] });
  const down = [];
  rt.on('d', (p) => down.push(p));
  for (const i of range(20)) rt.emit('a', i);
  for (const i of range(20)) {
    await w.run(1000);
    [...w.server.sessions.values()][0]?.emit('d', i);
  }
  await w.run(60000);
  assert(wrong > 2, `${wrong}`);
  assert.deepEqual(ups(w), range(20));
  assert.deepEqual(down, down.map((_, i) => i + down[0]));
});

test('204 as 1223, as an empty answer of status 204, and 204 where something was asked', async () => {
  const w = new World();
  let odd = 2;
  const post = w.server.post.bind(w.server);
  w.server.post = (path, text, answer) => post(path, text, (status, body) => {
    if (status === 204) return answer(w.random() < 0.5 ? 1223 : 204, '');
    if (path === 'send' && odd-- > 0) return answer(204, '');
    answer(status, body);
  });
  const rt = w.connect({ transport: 'longpoll' });
  await w.run(2000);
  rt.emit('a', 1);
  await w.run(60000);
  assert.deepEqual(ups(w), [1]);
  assert.equal(rt.state, 'live');
  assert(!w.names().includes('disconnect'));
});

test('confirms: on a WebSocket after 64 frames, 64 KiB, or some seconds; on SSE after 256 frames', async () => {
  for (const [transport, frames] of [['websocket', 64], ['sse', 256]]) {
    const w = new World();
    w.connect({ transport });
    await w.run(1000);
    const s = w.server.only;
    for (const i of range(frames - 1)) s.emit('a', i);
    await w.run(100);
    assert.equal(s.base, 0);
    s.emit('a', 0);
    await w.run(100);
    assert.equal(s.base, frames, transport);
    s.emit('a', 'x'.repeat(60000));
    s.emit('a', 'x'.repeat(60000));
    s.emit('a', 'x'.repeat(60000));
    await w.run(100);
    assert(s.base > frames, transport);
    s.emit('a', 1);
    await w.run(10000);
    assert.equal(s.base, s.last, transport);
  }
});

test('an idle SSE client speaks now and then, or the server would take it for gone', async () => {
  const w = new World();
  w.connect({ transport: 'sse' });
  await w.run(10 * 60000);
  // twice at first: nothing that was written is still on its way
  const sends = w.requests.filter((r) => r.path === 'send').map((r) => r.at).slice(2), gaps = sends.slice(1).map((t, i) => t - sends[i]);
  assert(Math.max(...gaps) < 4 * 25000 && Math.min(...gaps) > 25000, `${gaps}`);
});

test('a ping that does not fit the count: once attached anew, a second time without progress final', async () => {
  for (const transport of ['websocket', 'sse']) {
    const w = new World();
    const rt = w.connect({ transport }), seen = [];
    rt.on('d', (p) => seen.push(p));
    await w.run(1000);
    const s = w.server.only;
    s.emit('d', 1);
    await w.run(100);
    s.carrier.loose([24, 77]);
    await w.run(3000);
    assert.equal(rt.state, 'live');
    s.emit('d', 2);
    await w.run(100);
    assert.deepEqual(seen, [1, 2]);
    s.carrier.loose([24, 77]);
    await w.run(3000);
    s.carrier.loose([24, 77]);
    await w.run(3000);
    assert.equal(rt.state, 'closed', transport);
    assert.deepEqual(w.events.slice(-2).map(([n, e]) => [n, e.code]), [['error', 'count'], ['disconnect', 4400]]);
  }
});

for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
  test(`a lost session: what was never sent moves on, what was sent is told: ${transport}`, async () => {
    const w = new World();
    const rt = w.connect({ transport }), calls = [], answer = (name) => (err, value) => calls.push([name, err ? err.code : value]);
    rt.on('ask', (p, ack) => { w.clock.setTimeout(() => ack(null, 'late'), 60000); });
    await w.run(2000);
    w.server.handlers.never = () => {};
    rt.emit('never', 'confirmed', answer('confirmed'));
    w.server.only.call('ask');
    await w.run(15000);
    Object.assign(w.net, { websocket: () => 'refuse', post: (path) => (path === 'longpoll' ? 'fail' : 'drop'), sse: () => 'refuse' });
    for (const ws of w.sockets) ws.muted = true;
    rt.emit('a', 'sent');
    rt.emit('never', 'sent', answer('sent'));
    await w.run(13000);                       // written, and once more for want of an answer
    w.net.post = () => 'fail';
    w.cutAll();
    await w.run(15000);
    assert.equal(rt.state, 'resuming');
    rt.emit('a', 'unsent');
    w.server.handlers.never = (s, p, ack) => ack('answered ' + p);
    rt.emit('never', 'unsent', answer('unsent'));
    w.server.restart();
    Object.assign(w.net, { websocket: () => 'ok', post: () => 'ok', sse: () => 'ok' });
    await w.run(45000);
    assert.equal(rt.state, 'live');
    const fresh = w.server.only;
    const got = ups(w, fresh);
    // over HTTP the second one may have waited for the answer to the first
    assert.deepEqual(got.slice(-2), ['unsent', 'unsent']);
    assert(got.length === 2 || (got.length === 3 && got[0] === 'sent' && transport !== 'websocket'), `${got}`);
    const opened = transport === 'sse' ? ['connect', 'transport', 'transport'] : ['connect', 'transport'];
    assert.deepEqual(w.names().filter((n) => n !== 'resume'), [...opened, 'disconnect', ...opened]);
    const [, info] = w.events.filter(([n]) => n === 'connect')[1];
    assert.equal(info.reason, 'unknown');
    assert.equal(info.resumed, false);
    assert.equal(info.unknown, 4 - got.length);
    const told = Object.fromEntries(calls);
    assert.equal(told.confirmed, 'unknown-outcome');
    assert.equal(told.sent, got.length === 2 ? 'unknown-outcome' : 'answered sent');
    assert.equal(told.unsent, 'answered unsent');
    await w.run(60000);
    assert.equal(fresh.acks.length, 0, 'an ack of the old session goes nowhere');
    rt.emit('a', 'more');
    await w.run(20000);
    assert(ups(w, fresh).includes('more'));
  });
}

test('a lost session: never sent at all', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'websocket' });
  await w.run(1000);
  w.server.restart();
  await w.run(5);
  w.net.websocket = () => 'hang';
  await w.run(25);
  assert.equal(rt.state, 'resuming');
  for (const i of range(5)) rt.emit('a', i);
  w.net.websocket = () => 'ok';
  await w.run(30000);
  assert.deepEqual(ups(w), range(5));
  assert.equal(w.events.filter(([n]) => n === 'connect')[1][1].unknown, 0);
});

test('expired and overflow open anew, with the reason', async () => {
  for (const word of ['expired', 'overflow']) {
    for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
      const w = new World();
      const rt = w.connect({ transport });
      await w.run(2000);
      w.server.only.end(word);
      await w.run(20000);
      assert.equal(rt.state, 'live', `${word} ${transport}`);
      assert.deepEqual(w.events.filter(([n]) => n === 'connect').map(([, e]) => e.reason), [undefined, word]);
    }
  }
});

test('several servers by turns, none of which knows the other\'s session: opened anew less and less often', async () => {
  for (const transport of ['sse', 'longpoll', 'polling']) {
    const w = new World({ post: (path, text) => (/"id":/.test(text) ? [404, '[22,4404,"unknown"]\n'] : 'ok') });
    w.connect({ transport });
    await w.run(60000);
    assert(w.server.openings > 2 && w.server.openings < 20, `${transport}: ${w.server.openings} sessions in a minute`);
  }
});

test('the legacy build asks for flat answers and takes them', async () => {
  const w = new World({ build: 'everwire.legacy.js' });
  const post = w.server.post.bind(w.server);
  let flat = 0;
  w.server.post = (path, text, answer) => {
    const h = JSON.parse(text.split('\n')[0])[1];
    assert.equal(h.flat, 1);
    return post(path, text, (status, body) => {
      if (status >= 400) flat++;
      answer(status ? 200 : 0, body || JSON.stringify([21, { n: h.n, r: h.r, got: w.server.only.got }]) + '\n');
    });
  };
  const rt = w.connect({ transport: 'longpoll' });
  await w.run(2000);
  for (const i of range(20)) rt.emit('a', i);
  await w.run(20000);
  assert.deepEqual(ups(w), range(20));
  w.server.restart();
  await w.run(20000);
  assert(flat > 0);
  assert.equal(w.events.filter(([n]) => n === 'connect')[1][1].reason, 'unknown');
});
