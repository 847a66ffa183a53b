// Property: whatever the network does and whichever transports carry, both histories are equal: nothing lost,
// nothing twice, all in order, one session. SEEDS=n and SEED=s choose how many runs and where they start.
import assert from 'node:assert/strict';
import test from 'node:test';
import { World } from './world.mjs';

const first = +(process.env.SEED || 1), seeds = +(process.env.SEEDS || 60);

async function conversation(seed, transport, build) {
  let wild = true;
  const w = new World({
    seed, build,
    server: { window: 1e9 },
    delay: () => 1 + Math.floor(w.random() * (w.random() < 0.1 ? 900 : 60)),
    post: () => !wild ? 'ok' : pick(['ok', 12], ['lose', 1], ['drop', 1], ['double', 1], ['fail', 1], [[502, 'bad gateway'], 0.3]),
    websocket: () => !wild ? 'ok' : pick(['ok', 5], ['refuse', 1], ['hang', 1], ['mute', 1]),
    sse: () => !wild ? 'ok' : pick(['ok', 5], ['refuse', 1], ['hang', 1]),
    cutAnswer: (body) => wild && w.random() < 0.05 ? body.slice(0, Math.floor(w.random() * body.length)) : body
  });
  function pick(...weighted) {
    let at = w.random() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [what, weight] of weighted) if ((at -= weight) < 0) return what;
    return weighted[0][0];
  }

  const total = 150, down = [], up = [], acked = [], carried = new Set();
  w.server.handlers.up = (s, p) => up.push(p);
  w.server.handlers.ask = (s, p, ack) => { up.push(p); ack(p); };
  const rt = w.connect({ transport });
  rt.on('down', (p) => down.push(p));
  rt.on('transport', (name) => carried.add(name));
  const wantUp = [], wantDown = [], wantAcks = [];
  for (let i = 0; i < total; i++) {
    w.clock.at(() => {
      wantUp.push(i);
      if (i % 5) {
        rt.emit('up', i);
      } else {
        wantAcks.push(i);
        rt.emit('ask', i, (err, answer) => { assert.equal(err, null); acked.push(answer); });
      }
    }, w.random() * 60000);
    w.clock.at(function emit() {
      const s = [...w.server.sessions.values()][0];
      if (!s) return w.clock.at(emit, 1000);
      wantDown.push(i);
      s.emit('down', i);
    }, w.random() * 60000);
  }
  for (let i = 0; i < 12; i++) {
    w.clock.at(() => w.random() < 0.5 ? w.cutAll() : [...w.sockets, ...w.streams].forEach((s) => { s.muted ||= w.random() < 0.5; }), w.random() * 60000);
  }
  if (w.random() < 0.3) w.clock.at(() => w.clock.sleep(40000), w.random() * 60000);
  w.clock.at(() => { wild = false; }, 65000);
  await w.run(62000);
  await w.run(400000, () => wantDown.length === total && down.length >= total && up.length >= total && acked.length >= wantAcks.length);
  await w.run(60000);
  assert.deepEqual(up, wantUp, 'what the server handled');
  assert.deepEqual(down, wantDown, 'what the client handled');
  assert.deepEqual(acked, wantAcks, 'acks');
  assert.equal(w.server.openings, 1, 'sessions');
  assert.deepEqual(w.names().filter((n) => n === 'disconnect' || n === 'error'), []);
  assert.equal(rt.state, 'live');
  rt.close();
  await w.run(20000);
  assert.equal(rt.state, 'closed');
  assert.equal(w.server.only.ended, 'closed');
  return carried;
}

for (const transport of [undefined, ['sse', 'polling'], 'websocket', 'sse', 'longpoll', 'polling']) {
  test(`history over a bad network: ${transport || 'free ladder'}`, async () => {
    const runs = transport ? Math.ceil(seeds / 4) : seeds, carried = new Set();
    for (let seed = first; seed < first + runs; seed++) {
      try {
        (await conversation(seed, transport, seed % 3 ? 'everwire.js' : 'everwire.min.js')).forEach((name) => carried.add(name));
      } catch (e) {
        e.message = `SEED=${seed} SEEDS=1: ${e.message}`;
        throw e;
      }
    }
    if (!transport && seeds > 20) assert.equal(carried.size, 4, `not every transport carried: ${[...carried]}`);
  });
}
