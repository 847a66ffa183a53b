// Time to the first event where the WebSocket is a black hole: at most the head start plus two round trips.

const HEAD_START = 400; // what the server tells clients and what they use before they are told
const LATENCY = 150; // each way
const RUNS = 5;

const holes = {'black-holed before the 101': {hang: true}, 'black-holed behind the 101': {silent: true}};

// The margin is measured, not chosen: in the same page, right before, the slowest of ten requests to a handler that
// does nothing tells how much later than the nominal round trip an answer may come here and now. Two round trips may
// cost that twice, and the head start's timer once more. Of five runs the medians count, as one run may meet a busy
// moment of the machine.
async function once(browser, server, fault) {
  const world = await server.world({faults: {latency: LATENCY, webSocket: fault}});
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${world.origin}/e2e/main.html`);
    const slowest = await page.evaluate(async () => {
      let most = 0;
      for (let i = 0; i < 10; i++) {
        const at = performance.now();
        await (await fetch('ping', {cache: 'no-store'})).text();
        most = Math.max(most, performance.now() - at);
      }
      return most;
    });
    await page.evaluate(() => { window.seen = converse({ups: 0, downs: 0, every: 1000}); });
    await page.waitForFunction(() => window.seen.first >= 0, null, {timeout: 20000, polling: 20});
    const {first, end} = await page.evaluate(() => ({first: window.seen.first, end: window.seen.rt.transport}));
    const extra = Math.max(0, slowest - 2 * LATENCY);
    const {counters} = await world.proxy();
    const struck = (counters.faults['websocket.hang'] || 0) + (counters.faults['websocket.silent'] || 0);
    return {first, end, struck, extra};
  } finally {
    await context.close();
    await world.end();
  }
}

export async function firstEvents(browser, server, chosen) {
  const rows = [];
  for (const [name, fault] of Object.entries(holes)) {
    const title = `first event, WebSocket ${name}`;
    if (!chosen(title)) continue;
    const runs = [];
    for (let i = 0; i < RUNS; i++) runs.push(await once(browser, server, fault));
    const {first, bound, wrong} = judgeFirst(runs);
    rows.push({name: `${title}: ${runs.map((r) => r.first).join(' ')}, bound ${bound}`, first, end: runs[0].end, wrong});
  }
  return rows;
}

// judgeFirst judges the runs of one fault: each has first (ms), extra (ms that an answer came late), end and struck.
export function judgeFirst(runs) {
  const first = median(runs.map((r) => r.first));
  const margin = Math.ceil(3 * median(runs.map((r) => r.extra)));
  const bound = HEAD_START + 4 * LATENCY + margin;
  const wrong = [];
  if (first > bound) wrong.push(`median ${first} ms of ${runs.map((r) => r.first)}, more than ${HEAD_START} + 2 x ${2 * LATENCY} + ${margin}`);
  if (runs.some((r) => r.end === 'websocket')) wrong.push('a WebSocket carried through a black hole');
  if (runs.some((r) => r.struck === 0)) wrong.push('the fault never struck');
  return {first, bound, wrong};
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
