// The cases of the browser end-to-end test. Each is a conversation of 400 numbered events each way in a page of its own,
// before a server and a fault proxy of its own.
//
//   name       what the table calls it
//   faults     what the proxy does from the start
//   transport  pins one; without it the ladder is free
//   end        the transports that are right in the end: the best one that works there
//   struck     the proxy's faults that must have happened, or the case has shown nothing
//   every      ms between two events each way
//   settleBy   ms after the first event by which it must have come to its end transport
//   heartbeat  ms, the server's
//   ownBrowser it is not shared with other cases
//   limit      s until all must be said, heard and settled
//   script     what happens meanwhile; it waits for the server's truth, not for time, unless time is the matter
//   the rest   see judge() in lib.mjs

const refused = {refuse: 403};
const posts = ['send', 'polling', 'longpoll'];
const onPosts = (drop) => posts.map((endpoint) => ({endpoint, ...drop}));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const wsRefused = ['websocket.refuse'];

// cutting breaks the connections that carry, when the server has handled so many up events.
const cutting = (...counts) => async ({world, signal}) => {
  for (const n of counts) {
    await world.truth(n, signal);
    await world.cut('websocket', 'sse', 'longpoll', 'polling');
  }
};

export const cases = [
  ...['websocket', 'sse', 'longpoll', 'polling'].map((t) => ({name: `${t} pinned, no fault`, transport: t, end: [t], bytes: true})),
  {name: 'no fault', end: ['websocket'], bytes: true, settleBy: 2500},
  {name: 'latency of 150 ms each way', faults: {latency: 150}, end: ['websocket'], settleBy: 2500},

  ...[400, 403, 502].map((refuse) => ({name: `WebSocket refused, ${refuse}`, faults: {webSocket: {refuse}}, end: ['sse'], struck: wsRefused, settleBy: 2500})),
  {name: 'WebSocket reset before the 101', faults: {webSocket: {reset: true}}, end: ['sse'], struck: ['websocket.reset'], settleBy: 2500},
  {name: 'WebSocket black-holed before the 101', faults: {webSocket: {hang: true}}, end: ['sse'], struck: ['websocket.hang'], settleBy: 2500},
  {name: 'first WebSocket black-holed before the 101', faults: {webSocket: {hang: true, first: 1}}, end: ['websocket'], struck: ['websocket.hang'], limit: 60},
  ...[100, 300, 500].map((ms) => ({name: `101, then reset at ${ms} ms`, faults: {webSocket: {resetAfter: ms}}, end: ['sse'], struck: ['websocket.reset-after']})),
  {name: '101, then silence', faults: {webSocket: {silent: true}}, end: ['sse'], struck: ['websocket.silent'], settleBy: 2500},
  {name: 'WebSocket dies after 3 s', faults: {webSocket: {resetAfter: 3000}}, end: ['sse'], struck: ['websocket.reset-after'], every: 60, limit: 75},
  {name: 'WebSocket dies after 8 KB', faults: {webSocket: {resetAfterBytes: 8192}}, end: ['sse'], struck: ['websocket.reset-after'], limit: 60},
  {name: 'WebSocket dies once, after 5 s', faults: {webSocket: {resetAfter: 5000, first: 1}}, end: ['websocket'], struck: ['websocket.reset-after'], resumes: 1},
  {name: 'WebSocket goes silent after 3 s', faults: {webSocket: {silentAfter: 3000}}, end: ['sse'], struck: ['websocket.silent'], every: 60, limit: 90},
  {name: 'WebSocket goes silent once, after 3 s', faults: {webSocket: {silentAfter: 3000, first: 1}}, end: ['websocket'], struck: ['websocket.silent'], limit: 60},

  {name: 'no WebSocket, SSE buffered whole', faults: {webSocket: refused, sse: {whole: true}}, end: ['longpoll'], struck: ['sse.buffer']},
  {name: 'no WebSocket, SSE buffered whole with its head', faults: {webSocket: refused, sse: {whole: true, head: true}}, end: ['longpoll'], struck: ['sse.buffer']},
  ...[4, 16, 64].map((kb) => ({name: `no WebSocket, SSE in pieces of ${kb} KB`, faults: {webSocket: refused, sse: {pieceBytes: kb << 10}}, end: ['longpoll'], struck: ['sse.buffer']})),
  {
    name: 'no WebSocket, SSE buffered in mid-session', faults: {webSocket: refused}, end: ['longpoll'], struck: ['sse.buffer'],
    script: async ({world, signal}) => {
      await world.truth(100, signal);
      await world.faults({webSocket: refused, sse: {whole: true}});
    },
  },

  {name: 'long responses cut at 2 s', faults: {cut: {after: 2000}}, end: ['websocket']},
  {name: 'no WebSocket, long responses cut at 2 s', faults: {webSocket: refused, cut: {after: 2000}}, end: ['longpoll', 'polling'], struck: ['cut'], limit: 60},
  {name: 'no WebSocket, long responses 504 at 2 s', faults: {webSocket: refused, cut: {after: 2000, status: 504}}, end: ['longpoll', 'polling'], struck: ['cut'], limit: 60},
  {name: 'no WebSocket, long responses cut at 10 s', faults: {webSocket: refused, cut: {after: 10000}}, end: ['sse', 'longpoll'], struck: ['cut'], every: 60, limit: 75},

  ...['longpoll', 'polling'].flatMap((t) => [
    {name: `${t} pinned, every 3rd answer lost`, transport: t, faults: {drops: [{endpoint: t, when: 'after', every: 3}]}, end: [t], struck: ['drop.after'], limit: 60},
    {name: `${t} pinned, every 3rd answer cut behind its head`, transport: t, faults: {drops: [{endpoint: t, when: 'head', every: 3}]}, end: [t], struck: ['drop.head'], limit: 60},
    {name: `${t} pinned, 30 % of all POSTs lost before or after`, transport: t, faults: {drops: [...onPosts({when: 'before', rate: 0.15}), ...onPosts({when: 'after', rate: 0.15})]}, end: [t], struck: ['drop.after', 'drop.before'], limit: 75},
    {name: `${t} pinned, every POST doubled`, transport: t, faults: {drops: onPosts({when: 'twice'})}, end: [t], struck: ['drop.twice']},
    {name: `${t} pinned, every POST doubled, last answer wins`, transport: t, faults: {drops: onPosts({when: 'twice-last', every: 2})}, end: [t], struck: ['drop.twice-last'], limit: 60},
  ]),
  {name: 'no WebSocket, no SSE, every 4th poll answer lost', faults: {webSocket: refused, sse: {whole: true}, drops: [{endpoint: 'longpoll', when: 'after', every: 4}, {endpoint: 'polling', when: 'after', every: 4}]}, end: ['longpoll', 'polling'], struck: ['drop.after'], limit: 60},
  {name: 'no WebSocket, every 3rd POST lost before the server', faults: {webSocket: refused, drops: onPosts({when: 'before', every: 3})}, end: ['sse'], struck: ['drop.before'], limit: 60},
  {name: 'no WebSocket, every 3rd POST lost behind the server', faults: {webSocket: refused, drops: onPosts({when: 'after', every: 3})}, end: ['sse'], struck: ['drop.after'], limit: 60},
  {name: 'no WebSocket, every 3rd POST answered 502 behind the server', faults: {webSocket: refused, drops: onPosts({when: 'after', every: 3, status: 502})}, end: ['sse'], struck: ['drop.after'], limit: 60},
  {name: 'no WebSocket, every POST doubled', faults: {webSocket: refused, drops: onPosts({when: 'twice'})}, end: ['sse'], struck: ['drop.twice']},

  ...['websocket', 'sse', 'longpoll', 'polling'].map((t) => ({name: `${t} pinned, cut twice`, transport: t, end: [t], script: cutting(100, 250), limit: 60})),
  {
    name: 'everything down for 3 s', end: ['websocket'], struck: ['down'], resumes: 1, limit: 60,
    script: async ({world, signal}) => {
      await world.truth(100, signal);
      await world.faults({down: true});
      await pause(3000);
      await world.faults({});
    },
  },
  {
    name: 'offline for 4 s, then online', end: ['websocket'], struck: ['hole'], limit: 60,
    script: async ({world, context, signal}) => {
      await world.truth(100, signal);
      await context.setOffline(true);
      await world.faults({hole: true});
      await pause(4000);
      await world.faults({});
      await context.setOffline(false);
    },
  },
  {
    // The page's process is stopped, as a sleeping machine or a freezing browser stops it; meanwhile its WebSocket dies
    // without a word. With a heartbeat of 3 s the gap in its clock is one that the client must notice.
    name: 'page frozen for 8 s, its WebSocket dead', end: ['websocket'], struck: ['websocket.silent'], resumes: 1, limit: 60,
    heartbeat: 3000, ownBrowser: true,
    script: async ({world, browser, signal}) => {
      await world.truth(100, signal);
      const cdp = await browser.newBrowserCDPSession();
      const {processInfo} = await cdp.send('SystemInfo.getProcessInfo');
      const pages = processInfo.filter((p) => p.type === 'renderer').map((p) => p.id);
      for (const pid of pages) process.kill(pid, 'SIGSTOP');
      try {
        await pause(500);
        const {up: before} = await world.truth();
        await world.faults({webSocket: {silent: true}});
        await pause(8000);
        const {up: after} = await world.truth();
        if (after.length > before.length) throw new Error(`the page was not frozen: it sent ${after.length - before.length} events`);
        await world.faults({});
      } finally {
        for (const pid of pages) process.kill(pid, 'SIGCONT');
      }
    },
  },
  {
    name: 'server restarted in a quiet moment', end: ['websocket'], lost: true, hold: 200, limit: 60,
    script: async ({world, page, signal}) => {
      await world.truth(200, signal);
      await page.waitForFunction(() => window.seen.held && window.seen.downs === 200, null, {timeout: 30000});
      await world.restart();
      await page.waitForFunction(() => window.seen.events.filter((e) => e.what === 'connect').length === 2, null, {timeout: 30000});
      await page.evaluate(() => { window.options.downs = 400; window.seen.resume(); window.seen.rt.emit('begin', {have: 200, down: 400, every: 40, calls: 0}); });
    },
  },
  {
    name: 'server restarted in full flow', end: ['websocket'], lost: true, told: true, calls: 1, limit: 60,
    script: async ({world, signal}) => {
      await world.truth(150, signal);
      await world.restart();
    },
  },
  {
    name: 'server drained and replaced', end: ['websocket'], lost: true, told: true, calls: 1, limit: 60,
    script: async ({world, signal}) => {
      await world.truth(150, signal);
      await world.restart(3000);
    },
  },
];
