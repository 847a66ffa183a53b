// The ladder: which transport carries, when, and what the app sees of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { World } from './world.mjs';

const start = 1.7e12;
const at = (w) => w.clock.time - start;

// talk numbers events both ways and checks them in the end.
function talk(w, rt, every = 100) {
  const up = [], down = [];
  let sent = 0, told = 0, going = true;
  w.server.handlers.up = (s, p) => up.push(p);
  rt.on('down', (p) => down.push(p));
  const tick = () => {
    if (!going) return;
    rt.emit('up', sent++);
    const s = [...w.server.sessions.values()].at(-1);
    if (s && !s.ended) s.emit('down', told++);
    w.clock.setTimeout(tick, every);
  };
  tick();
  return async (ms = 20000) => {
    going = false;
    await w.run(ms);
    assert.deepEqual(up, Array.from({ length: sent }, (_, i) => i), 'up');
    assert.deepEqual(down, Array.from({ length: told }, (_, i) => i), 'down');
    assert.deepEqual(w.names().filter((n) => n === 'disconnect' || n === 'error'), []);
    assert.equal(w.server.openings, 1);
  };
}

test('a WebSocket that works carries from the first flight, and HTTP is never asked', async () => {
  const w = new World();
  const rt = w.connect(), done = talk(w, rt);
  await w.run(60000);
  await done();
  assert.equal(rt.transport, 'websocket');
  assert.deepEqual([...new Set(w.opened)], ['websocket']);
  assert.deepEqual(w.events, [['connect', { resumed: false, transport: 'websocket', reason: undefined, unknown: 0 }], ['transport', 'websocket']]);
});

for (const [what, most] of [['hang', 400], ['mute', 400], ['refuse', 30]]) {
  test(`WebSocket: ${what}: first event within the head start and two round trips`, async () => {
    const w = new World({ websocket: () => what, delay: () => 40 });
    const rt = w.connect();
    let first;
    rt.on('first', () => { first ??= at(w); });
    w.server.onconnect = (s) => s.emit('first');
    const done = talk(w, rt);
    await w.run(30000);
    assert(first <= most + 2 * 80 + 40, `${first} ms`);
    assert.equal(rt.transport, 'sse');
    await done();
  });
}

test('a WebSocket that is slow takes over when it makes it after all', async () => {
  const w = new World({ websocket: () => 'ok', delay: () => 250 });
  const rt = w.connect(), done = talk(w, rt);
  await w.run(6000);
  assert.equal(rt.transport, 'websocket');
  await done();
});

test('a WebSocket 300 ms away opens alone: the head start grows with the distance', async () => {
  const w = new World({ delay: () => 75 });
  const rt = w.connect();
  await w.run(5000);
  assert.equal(rt.transport, 'websocket');
  assert.deepEqual(w.opened, ['websocket']);
});

test('101 and a reset soon after: down, proved twice before the next use, and never a disconnect', async () => {
  for (const ms of [100, 300, 500, 1500]) {
    const w = new World();
    w.net.websocket = () => {
      w.soon(() => [...w.sockets].forEach((s) => s.cut()), ms + 30);
      return 'ok';
    };
    const rt = w.connect(), done = talk(w, rt);
    await w.run(90000);
    await done();
    assert.equal(rt.transport, 'sse', `${ms}`);
    const carried = w.events.filter(([n, e]) => n === 'transport' && e === 'websocket').length;
    assert(carried <= 2, `${ms}: carried ${carried} times`);
  }
});

test('a blocked WebSocket is tried again, less and less often, and is taken when it opens', async () => {
  const w = new World({ websocket: () => 'refuse' });
  const rt = w.connect(), tries = [];
  w.net.websocket = () => { tries.push(at(w)); return at(w) < 1800000 ? 'refuse' : 'ok'; };
  await w.run(1800000);
  assert.equal(rt.transport, 'sse');
  assert(tries.length > 8 && tries.length < 40, `${tries.length} tries`);
  assert(tries[2] < 40000, 'soon at first');
  assert(tries.at(-1) - tries.at(-2) > 60000, 'rarely later');
  await w.run(400000);
  assert.equal(rt.transport, 'websocket');
  assert.deepEqual(w.names().filter((n) => n === 'resume' || n === 'disconnect'), [], 'make before break');
});

for (const [what, post] of [['refuses', 'fail'], ['answers 502', [502, '<html>bad gateway']]]) {
  test(`a proxy that ${what} for half a second: two rounds at once, then pauses that begin short`, async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const w = new World({ seed });
      const rt = w.connect(), done = talk(w, rt);
      await w.run(8000);
      w.net.websocket = () => 'refuse';
      w.net.post = () => post;
      w.opened = [];
      w.cutAll();
      await w.run(500);
      const tried = w.opened.filter((name) => name === 'websocket').length;
      w.net.websocket = w.net.post = () => 'ok';
      assert(tried < 6, `seed ${seed}: ${tried} WebSockets in half a second`);
      await w.run(2700);
      assert.equal(rt.state, 'live', `seed ${seed}`);
      await done();
    }
  });
}

test('online tries at once', async () => {
  const w = new World({ websocket: () => 'refuse' });
  const rt = w.connect();
  await w.run(600000);
  w.net.websocket = () => 'ok';
  w.fire('online', { type: 'online' });
  await w.run(9000);
  assert.equal(rt.transport, 'websocket');
});

test('SSE buffered whole: longpoll after 1.5 s, and no event waits longer', async () => {
  const w = new World({ websocket: () => 'refuse', sse: () => 'hang' });
  const rt = w.connect(), done = talk(w, rt);
  await w.run(1700);
  assert.equal(rt.transport, 'longpoll');
  await w.run(120000);
  assert.equal(rt.transport, 'longpoll');
  await done();
});

test('SSE buffered in mid-session: found out by the pong that does not come', async () => {
  const w = new World({ websocket: () => 'refuse' });
  const rt = w.connect();
  await w.run(20000);
  const done = talk(w, rt);
  await w.run(1000);
  assert.equal(rt.transport, 'sse');
  for (const s of w.streams) s.muted = true;
  w.net.sse = () => 'hang';
  await w.run(6500);
  assert.equal(rt.transport, 'longpoll');
  await done();
});

test('SSE that a proxy sends on in pieces: the end of a burst is not waited for', async () => {
  for (const at of [100, 2000, 4900, 9000]) {
    const w = new World({ websocket: () => 'refuse' }), got = [];
    const rt = w.connect();
    rt.on('d', (k) => got.push(k));
    await w.run(20000);
    const s = w.server.only;
    s.emit('d', 1);
    await w.run(at);
    assert.equal(rt.transport, 'sse');
    for (const x of w.streams) x.muted = true;    // less than a piece: it stays there
    s.emit('d', 2);
    w.net.sse = () => 'hang';
    await w.run(16000);
    assert.deepEqual([...got, rt.transport], [1, 2, 'longpoll'], `${at}`);
  }
});

test('two pings of the server at once: asked, and a stream that answers in time is kept', async () => {
  const w = new World({ websocket: () => 'refuse', server: { ping: 25000 } });
  const rt = w.connect({ transport: ['sse', 'longpoll'] });
  await w.run(1000);
  const s = w.server.only, c = s.carrier;
  c.loose([24, c.written]);
  c.loose([24, c.written]);
  await w.run(10000);
  assert.equal(rt.transport, 'sse');
  assert(w.requests.some((r) => /\[24,0,\d+\]/.test(r.text)), 'a ping was sent');
  for (const x of w.streams) x.muted = true;
  w.net.sse = () => 'hang';
  const e = [...w.streams].find((x) => x.onmessage && !x.send);
  e.onmessage({ data: `[24,${c.written}]` });
  e.onmessage({ data: `[24,${c.written}]` });
  await w.run(4000);
  assert.equal(rt.transport, 'longpoll');
});

test('polls cut at 10 s: the client asks for less; cut at 4 s: polling', async () => {
  for (const [cut, want] of [[10000, 'longpoll'], [10001, 'longpoll'], [4000, 'polling'], [1500, 'polling']]) {
    const w = new World();
    const rt = w.connect({ transport: ['longpoll', 'polling'] });
    const post = w.server.post.bind(w.server);
    w.server.post = (path, text, answer) => {
      let over = false;
      const t = w.clock.setTimeout(() => { if (!over) { over = true; gone?.(); answer(0, ''); } }, cut);
      const gone = post(path, text, (...a) => { if (!over) { over = true; w.clock.clearTimeout(t); answer(...a); } });
      return gone;
    };
    let there = 0;
    for (let i = 0; i < 200; i++) {
      await w.run(1000);
      if (rt.transport === want) there++;
    }
    // cut at 4 s it may come back to long polls, of a length that gets through
    assert(there > (cut === 4000 ? 4 : 150), `${cut}: on ${want} for ${there} s of 200`);
    const cuts = w.server.log.filter((l) => l.path === 'longpoll' && l.h.wait > cut).length;
    assert(cuts < 20, `${cut}: ${cuts} polls that were cut`);
    const done = talk(w, rt, 1000);
    await w.run(20000);
    if (want === 'longpoll') {
      const waits = w.server.log.filter((l) => l.path === 'longpoll').slice(-3).map((l) => l.h.wait);
      assert(waits.every((ms) => ms === 1 || (ms > 7000 && ms < 8000)), `${waits}`);
    }
    // a server refuses the hello with any other number (PROTOCOL.md, 5.1)
    const asked = w.server.log.filter((l) => l.path === 'longpoll').map((l) => l.h.wait);
    assert(asked.every(Number.isInteger), `${cut}: ${asked}`);
    await done();
  }
});

test('SSE cut every 2 s goes down, too', async () => {
  const w = new World({ websocket: () => 'refuse' });
  w.net.sse = () => { w.soon(() => [...w.streams].forEach((s) => s.onmessage && s.cut()), 2000); return 'ok'; };
  const rt = w.connect(), done = talk(w, rt);
  await w.run(60000);
  let sse = 0;
  for (let i = 0; i < 120; i++) {
    await w.run(1000);
    if (rt.transport === 'sse') sse++;
  }
  assert(sse < 12, `${sse} of 120 s`);
  await done();
});

test('a WebSocket that goes silent in mid-session', async () => {
  const w = new World();
  const rt = w.connect(), done = talk(w, rt);
  await w.run(5000);
  for (const s of w.sockets) s.muted = true;
  await w.run(15000);
  assert.equal(rt.state, 'live');
  assert.equal(rt.transport, 'websocket', 'once is no reason to leave it');
  await done();
});

test('a WebSocket with nothing to say that dies in silence is found out after ping + 10 s', async () => {
  const w = new World();
  const rt = w.connect();
  await w.run(5000);
  for (const s of w.sockets) s.muted = true;
  w.net.websocket = () => 'hang';
  w.net.post = () => 'lose';
  await w.run(28000);
  assert.equal(rt.state, 'live');
  await w.run(15000);
  assert.equal(rt.state, 'resuming');
});

test('sleep: the gap in the clock is noticed, a ping, 3 s, and a new attach', async () => {
  const w = new World();
  const rt = w.connect();
  await w.run(20000);
  for (const s of w.sockets) s.muted = true;
  w.clock.sleep(60000);
  const t = w.clock.time;
  await w.run(20000, () => w.names().includes('resume'));
  assert(w.clock.time - t <= 5000 + 3000 + 600 + 40, `${w.clock.time - t} ms`);
  assert.equal(rt.state, 'live');
});

test('a clock that is set back by an hour: the stream is asked, or its silence would be noticed an hour late', async () => {
  for (const transport of ['websocket', 'sse']) {
    const w = new World();
    let back = 0;
    const rt = w.connect({ transport, Date: class { valueOf() { return w.clock.time - back; } } });
    await w.run(20000);
    for (const s of [...w.sockets, ...w.streams]) s.muted = true;
    back = 36e5;
    await w.run(20000, () => w.names().includes('resume'));
    assert.deepEqual([rt.state, w.names().includes('resume')], ['live', true], transport);
  }
});

test('a request without an answer is no round trip: patience stays what it was', async () => {
  const w = new World();
  const rt = w.connect();
  await w.run(20000);
  w.net.websocket = () => 'hang';
  w.net.post = () => 'lose';
  w.cutAll();
  await w.run(12000);
  assert.equal(rt.state, 'resuming');
  w.net.websocket = () => 'ok';
  await w.run(60000, () => rt.state === 'live');
  assert.equal(rt.transport, 'websocket');
  await w.run(1000);
  for (const s of w.sockets) s.muted = true;
  w.events.length = 0;
  w.fire('pageshow', { type: 'pageshow' });
  await w.run(3500);
  assert.deepEqual(w.names(), ['resume'], 'within 3 s');
});

test('pageshow, visibilitychange, offline: a ping; one that is answered changes nothing', async () => {
  for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(30000);
    const n = w.events.length;
    for (const type of ['pageshow', 'visibilitychange', 'offline', 'online']) {
      w.fire(type, { type });
      await w.run(5000);
    }
    assert.equal(w.events.length, n, transport);
    assert.equal(rt.state, 'live');
  }
});

test('offline for a while: no time is lost after online', async () => {
  for (const transport of [undefined, 'websocket', 'sse', 'longpoll', 'polling']) {
    const w = new World();
    const rt = w.connect({ transport }), done = talk(w, rt);
    await w.run(3000);
    const net = { ...w.net };
    Object.assign(w.net, { websocket: () => 'refuse', sse: () => 'refuse', post: () => 'fail' });
    w.cutAll();
    w.fire('offline', { type: 'offline' });
    await w.run(100000);
    assert.equal(rt.state, 'resuming', `${transport}`);
    Object.assign(w.net, net);
    w.fire('online', { type: 'online' });
    await w.run(1000);
    assert.equal(rt.state, 'live', `${transport}`);
    await w.run(10000);
    assert.equal(rt.transport, transport || 'websocket');
    await done();
  }
});

test('holds that are refused at once: the polls before them, which are answered, do not make it begin anew in haste', async () => {
  for (const status of [429, 502, 0]) {
    const w = new World({ post: (path, text) => (/"wait":(?!1,)/.test(text) ? [status, ''] : 'ok') });
    w.connect({ transport: 'longpoll' });
    await w.run(60000);
    assert(w.requests.length > 10 && w.requests.length < 50, `${status}: ${w.requests.length} requests in a minute`);
  }
});

test('reconnects back off with full jitter, at most 30 s apart, and never give up', async () => {
  const w = new World({ websocket: () => 'refuse', post: () => 'fail' });
  const rt = w.connect(), tries = [];
  w.net.websocket = () => { tries.push(at(w)); return 'refuse'; };
  await w.run(3600000);
  const gaps = tries.slice(1).map((t, i) => t - tries[i]);
  assert(Math.max(...gaps) < 31500, `${Math.max(...gaps)}`);
  assert(gaps.slice(10).reduce((a, b) => a + b) / gaps.slice(10).length > 8000);
  assert.equal(rt.state, 'opening');
  Object.assign(w.net, { websocket: () => 'ok', post: () => 'ok' });
  await w.run(35000);
  assert.equal(rt.transport, 'websocket');
});

test('AFTER of the server is kept', async () => {
  const w = new World({ post: () => [503, '[22,4503,"busy",7000]\n'] });
  w.connect({ transport: 'polling' });
  await w.run(60000);
  const gaps = w.requests.slice(1).map((r, i) => r.at - w.requests[i].at);
  assert(gaps.length >= 3 && gaps.every((g) => g >= 7000), `${gaps}`);
});

test('what carried is remembered for an origin: no head start lost on the next page, and forgotten in a day', async () => {
  const w = new World({ websocket: () => 'hang' });
  w.connect();
  await w.run(12000);
  const next = (age) => {
    const v = new World({ websocket: () => 'hang' });
    v.store = w.store;
    v.clock.time = w.clock.time + age;
    const rt = v.connect();
    return [v, rt];
  };
  const [v, rt] = next(1000);
  await v.run(100);
  assert.equal(rt.transport, 'sse');
  assert.deepEqual([...new Set(v.opened)], ['post', 'sse'], 'no WebSocket in the way');
  await v.run(6000);
  assert(v.opened.includes('websocket'), 'but it is tried soon after');
  const [old] = next(864e5 + 1);
  await old.run(100);
  assert.deepEqual(old.opened, ['websocket']);
});

test('storage that throws or is missing does not matter', async () => {
  for (const localStorage of [null, undefined, { getItem() { throw new Error('no'); }, setItem() { throw new Error('full'); } }, { getItem: () => 'rubbish', setItem() {} }]) {
    const w = new World();
    const rt = w.connect({ localStorage });
    await w.run(20000);
    assert.equal(rt.transport, 'websocket');
  }
});

test('pinned: one, or a list in the ladder\'s order; a rung that is not there', async () => {
  for (const [transport, want, opened] of [
    ['websocket', 'websocket', ['websocket']],
    ['sse', 'sse', ['post', 'sse']],
    ['longpoll', 'longpoll', ['post']],
    ['polling', 'polling', ['post']],
    [['polling', 'sse'], 'sse', ['post', 'sse']],
    [['polling'], 'polling', ['post']]
  ]) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(20000);
    assert.equal(rt.transport, want);
    assert.deepEqual([...new Set(w.opened)], opened);
  }
  const w = new World();
  const rt = w.connect({ WebSocket: null, EventSource: undefined });
  await w.run(1000);
  assert.equal(rt.transport, 'longpoll');
  const none = new World();
  const nt = none.connect({ transport: 'websocket', WebSocket: undefined });
  await none.run(1000);
  assert.equal(nt.state, 'closed');
  assert.deepEqual(none.events.map(([n, e]) => [n, e.code]), [['error', 'no-transport']]);
});

test('a transport that the server does not offer is left out, or found out by 406', async () => {
  for (const transports of [['sse', 'polling'], ['longpoll', 'polling'], ['polling'], ['longpoll']]) {
    const w = new World({ server: { transports }, websocket: () => (transports.includes('websocket') ? 'ok' : 'refuse') });
    const rt = w.connect(), done = talk(w, rt);
    await w.run(60000);
    assert.equal(rt.transport, transports[0]);
    await done();
    if (w.server.log.filter((l) => l.path === 'websocket').length) assert.fail('asked again');
  }
});

test('constructors that throw, stubs that do nothing', async () => {
  const w = new World();
  const rt = w.connect({ WebSocket: class { constructor() { throw new Error('blocked port'); } }, EventSource: class { close() {} } });
  await w.run(20000);
  assert.equal(rt.transport, 'longpoll');
});

test('both legs of a race open one session, and a lost race is won again at once', async () => {
  // the POST reaches the server after the WebSocket was welcomed, and takes the session from it
  const w = new World({ delay: () => 20 });
  let slow = true;
  w.net.websocket = () => 'ok';
  const rt = w.connect(), done = talk(w, rt);
  const post = w.globals.XMLHttpRequest;
  void post;
  w.server.head = 400;
  w.net.delay = () => (slow ? 190 : 20);
  await w.run(900);
  slow = false;
  await w.run(8000);
  assert.equal(rt.transport, 'websocket');
  await done();
});

test('go-away: the next connection is attached before the old one goes', async () => {
  for (const transport of ['websocket', 'sse']) {
    const w = new World();
    const rt = w.connect({ transport }), done = talk(w, rt);
    await w.run(5000);
    const s = w.server.only, old = s.carrier, n = s.n;
    old.loose([23, 3000, 'drain']);
    await w.run(2500);
    assert.equal(s.carrier, old, 'not before its time');
    await w.run(1500);
    assert.notEqual(s.carrier, old);
    assert.equal(s.n, n + 1);
    await done();
    // SSE opens by a POST, which is polling until its stream is there
    assert.deepEqual(w.events.map(([name, info]) => info.transport || info), transport === 'sse' ? ['polling', 'polling', 'sse'] : ['websocket', 'websocket']);
  }
});

test('rotate: the stream ends here, the next takes the ticket at hand', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'sse' }), done = talk(w, rt);
  await w.run(5000);
  const posts = () => w.requests.filter((r) => r.path === 'polling').length, before = posts();
  const s = w.server.only;
  s.carrier.loose([23, 0, 'rotate']);
  s.carrier.gone();
  await w.run(300);
  assert.equal(s.carrier.name, 'sse');
  assert.equal(posts(), before, 'no POST for a ticket');
  await done();
});

test('go-away to a server that cannot resume: the old connection is kept to its end', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'websocket' });
  const up = [];
  w.server.handlers.up = (s, p) => up.push(p);
  await w.run(1000);
  const s = w.server.only;
  s.carrier.loose([23, 100, 'drain']);
  w.server.sessions.clear();                    // the other server
  w.server.keys.clear();
  await w.run(3000);
  rt.emit('up', 1);
  await w.run(1000);
  assert.deepEqual(up, [1], 'the old connection still carries');
  assert.deepEqual(w.names(), ['connect', 'transport']);
  s.push([9, 4503, 'drain']);
  await w.run(3000);
  assert.deepEqual(w.names(), ['connect', 'transport', 'disconnect', 'connect', 'transport']);
  assert.equal(w.events[3][1].reason, 'drain');
  assert.equal(rt.state, 'live');
});

test('replaced for the newest number: somebody else holds the id', async () => {
  for (const transport of ['websocket', 'sse', 'longpoll']) {
    const w = new World();
    const rt = w.connect({ transport });
    await w.run(2000);
    w.server.only.carrier.replaced();
    await w.run(1000);
    assert.equal(rt.state, 'closed');
    assert.deepEqual(w.events.slice(-2).map(([n, e]) => [n, e.code]), [['error', 'taken'], ['disconnect', 4409]]);
  }
});

test('portals and error pages: retried, twice is a reason to go down', async () => {
  for (const page of [[200, '<html>log in</html>'], [403, 'Forbidden'], [302, ''], [407, 'Proxy']]) {
    const w = new World({ post: (path) => (path === 'longpoll' ? page : 'ok') });
    const rt = w.connect({ transport: ['longpoll', 'polling'] });
    await w.run(20000);
    assert.equal(rt.transport, 'polling', `${page[0]}`);
    assert.deepEqual(w.names(), ['connect', 'transport']);
  }
});

test('leave: a beacon with the last emits, and a close unless the page may come back', async () => {
  for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
    const w = new World();
    const beacons = [];
    const rt = w.connect({ transport, navigator: { sendBeacon: (url, text) => { beacons.push(url); w.server.post('send', text, () => {}); } } });
    await w.run(5000);
    const s = w.server.only;
    rt.emit('a', 1);
    rt.emit('a', 2);
    w.fire('pagehide', { type: 'pagehide', persisted: true });
    assert.deepEqual(s.taken.map((f) => f[2]), [1, 2], 'the page may never come back');
    w.fire('pageshow', { type: 'pageshow', persisted: true });
    await w.run(5000);
    assert.equal(rt.state, 'live');
    rt.emit('a', 3);
    rt.emit('a', 4);
    w.fire('pagehide', { type: 'pagehide', persisted: false });
    assert.deepEqual(beacons, ['http://app.test/everwire/send', 'http://app.test/everwire/send']);
    assert.deepEqual(s.taken.map((f) => f[2] ?? f[1]), [1, 2, 3, 4, 'leave']);
    assert.equal(s.ended, 'closed');
  }
});

test('an EventSource that cannot be made: the next rung carries', async () => {
  const w = new World();
  const rt = w.connect({ transport: ['sse', 'longpoll'], EventSource: class { constructor() { throw new Error('SECURITY_ERR'); } } }), done = talk(w, rt);
  await w.run(2000);
  assert.equal(rt.transport, 'longpoll');
  assert(rt.explain().tried.some((t) => t.transport === 'sse' && t.verdict === 'failed'));
  await done();
});

test('far away: HTTP opens beside the WebSocket, which carries as soon as it is welcomed', async () => {
  for (const ms of [140, 150, 170, 200, 250, 300, 400]) {
    const w = new World({ delay: () => ms });
    const rt = w.connect(), done = talk(w, rt);
    await w.run(5 * ms + 1);
    assert.equal(rt.transport, 'websocket', `${ms}`);
    await done();
    assert(!w.names().includes('resume') && !w.opened.includes('sse'), `${ms}: ${w.names()}, ${w.opened}`);
  }
});

test('next is for one poll only', async () => {
  const w = new World(), post = w.server.post.bind(w.server);
  let told;
  w.server.post = (path, text, answer) => post(path, text, (status, body) => {
    if (status === 200 && !told && w.clock.time > 1.7e12 + 5000) body = body.replace('{', '{"next":20000,'), told = w.requests.length;
    answer(status, body);
  });
  w.connect({ transport: 'polling' });
  await w.run(5000);
  w.server.only.emit('a', 1);
  await w.run(120000);
  const gaps = w.requests.slice(told).map((r, i) => r.at - w.requests[told + i - 1].at);
  assert(gaps[0] > 19000 && gaps.slice(1).every((ms) => ms < 15000), `${gaps}`);
});

test('online: what waits for its next attempt goes out at once', async () => {
  const w = new World();
  const rt = w.connect({ transport: 'sse' });
  await w.run(2000);
  w.net.post = () => 'fail';
  rt.emit('a', 1);
  await w.run(10000);
  w.net.post = () => 'ok';
  w.fire('online', { type: 'online' });
  await w.run(100);
  assert.equal(w.server.only.taken.length, 1);
});

test('polling where nothing has happened yet slows down from the first answer on', async () => {
  const w = new World();
  w.connect({ transport: 'polling' });
  await w.run(100000);
  // 0.5 s, then half as much again each time, up to 10 s: 9 polls in the first 37 s, then one every 10 s
  const polls = w.server.log.filter((l) => l.path === 'polling').length;
  assert(polls > 10 && polls < 20, `${polls} polls in 100 s`);
});

test('much to say both ways over polls: they do not take the session back from what is above them', async () => {
  for (const below of ['longpoll', 'polling']) {
    for (const above of ['websocket', 'sse']) {
      const w = new World({ websocket: () => 'hang', sse: () => 'refuse', delay: () => 50 });
      const rt = w.connect({ transport: [above, below] });
      await w.run(12000);
      assert.equal(rt.transport, below);
      Object.assign(w.net, { websocket: () => 'ok', sse: () => 'ok' });
      const done = talk(w, rt, 20), before = w.opened.length;
      w.fire('online', { type: 'online' });
      await w.run(12000);
      assert.equal(rt.transport, above, `above ${below}`);
      assert.equal(w.opened.slice(before).filter((kind) => kind === 'websocket').length, +(above === 'websocket'), 'at the first try');
      await done();
    }
  }
});

test('hidden page: polling waits as long as it may', async () => {
  const w = new World();
  const doc = { hidden: true, createElement: () => ({ href: '' }) };
  w.connect({ transport: 'polling', document: doc });
  await w.run(60000);
  assert(w.requests.length <= 8, `${w.requests.length}`);
});

test('explain tells what was tried, for how long and what came of it', async () => {
  const w = new World({ websocket: () => 'hang', sse: () => 'hang' });
  const rt = w.connect();
  await w.run(11000);
  const e = rt.explain();
  assert.equal(e.transport, 'longpoll');
  assert.equal(e.state, 'live');
  assert.deepEqual(e.tried.map((t) => [t.transport, t.verdict]), [['sse', 'silent'], ['longpoll', 'ok'], ['websocket', 'silent'], ['sse', 'silent']].slice(0, e.tried.length));
  assert.equal(e.tried[2].ms, 10000);
  assert.deepEqual(e.marks.map((m) => [m.transport, m.weight > 1.5]), [['websocket', true], ['sse', true], ['longpoll', false], ['polling', false]]);
});
