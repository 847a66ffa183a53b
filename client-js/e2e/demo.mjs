// examples/demo in Chromium and PhantomJS 1.9.8: what the page shows against what the server knows and the browser saw.
// Exit code 0 only if every case passed. node demo.mjs [--only TEXT] [--screenshot FILE]
import {spawn} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {engines} from './engines.mjs';
import {here, within} from './lib.mjs';
import {palette} from './palette.mjs';
import {openBrowser, startDemo, visit} from './stage.mjs';

const {values: flags} = parseArgs({options: {only: {type: 'string'}, screenshot: {type: 'string'}}});
const pinned = ['polling', 'longpoll', 'sse', 'websocket'];
const all = [...pinned, 'ladder'];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The page's own way to write numbers, once more: a test that asked the page for it would not see a wrong one.
const count = (n) => String(n).replace(/(\d)(?=(\d{3})+$)/g, '$1,');
const bytes = (n) => (n < 9999.5 ? `${count(n)} B` : n < 999500 ? `${(n / 1000).toFixed(n < 99950 ? 1 : 0)} kB` : `${(n / 1e6).toFixed(2)} MB`);

// shown reads the page as a person does.
function shown(page) {
  return page.evaluate(() => {
    const out = {};
    for (const p of demo.panels) {
      const f = out[p.name] = {};
      for (const e of document.getElementById(p.name).querySelectorAll('[data-v]')) f[e.dataset.v] = e.textContent;
    }
    return {panels: out, status: document.getElementById('status').textContent, heard: window.heard};
  });
}

const counters = (truth) => JSON.stringify(truth.panels.map((p) => [p.requests, p.connections, p.open, p.up, p.down, p.emitted, p.above]));

// quiet ends the events, waits until all have arrived, and returns the page and the truth of a moment in which the server's
// counters stood still: one short poll more and they would be of two moments.
async function quiet(v) {
  await v.page.selectOption('#rate', '0');
  const until = Date.now() + 30000;
  for (;;) {
    const before = await v.truth();
    await sleep(900);
    const page = await shown(v.page);
    const truth = await v.truth();
    const arrived = all.every((name, i) => page.panels[name].received === count(truth.panels[i].emitted));
    const above = page.panels.ladder.sent === String(truth.panels[4].above.received);
    if (arrived && above && counters(before) === counters(truth)) return {page, truth, asked: {...v.asked}};
    if (Date.now() > until) throw new Error(`no rest: arrived ${arrived}, above ${above}; ${counters(before)} then ${counters(truth)}; the page shows ${JSON.stringify(page.panels)}`);
  }
}

// compare returns what on the page is not the server's truth.
function compare({page, truth, asked}, {faulty = false} = {}) {
  const wrong = [];
  const same = (what, got, want) => { if (String(got) !== String(want)) wrong.push(`${what}: got ${got}, want ${want}`); };
  for (const [i, name] of all.entries()) {
    const f = page.panels[name], t = truth.panels[i], port = new URL(t.url).port;
    const heard = page.heard[port];
    same(`${name} emitted`, f.emitted, count(t.emitted));
    same(`${name} received`, f.received, count(t.emitted));
    same(`${name} lost`, f.lost, 0);
    same(`${name} repeated`, f.repeated, 0);
    same(`${name} requests`, f.requests, count(t.requests));
    same(`${name} connections`, `${f.connections}, ${f.open}`, `${count(t.connections)}, ${count(t.open)} open`);
    same(`${name} bytes down`, f.down, bytes(t.down));
    same(`${name} bytes up`, f.up, bytes(t.up));
    same(`${name} sessions`, t.sessions, 1);
    same(`${name} the last event's number`, t.from + t.emitted, truth.emitted);
    same(`${name} events that a handler of the test heard`, heard.length, t.emitted);
    const odd = heard.findIndex((n, k) => n !== t.from + 1 + k);
    if (odd >= 0) wrong.push(`${name} heard ${heard[odd]} in place of ${t.from + 1 + odd}`);
    // Under faults the browser repeats requests of its own that never were answered, and says nothing of it.
    if (name !== 'ladder' || !faulty) same(`${name} requests that the browser made`, t.requests, asked[port] || 0);
    if (t.down < t.payload) wrong.push(`${name}: ${t.down} bytes down are less than the payload, ${t.payload}`);
  }
  const up = truth.panels[4].above;
  same('ladder up', page.panels.ladder.sent, up.received);
  same('ladder up lost and repeated', `${up.lost}, ${up.repeated}`, '0, 0');
  if (!/0 lost . 0 repeated/.test(page.status)) wrong.push(`the status line says ${page.status}`);
  return wrong;
}

// until waits for what becomes true on the page; what the panels have been through is told if it does not. Clients are patient
// for four of their own round trips, which are long where all cases load at once on a slow machine.
const until = (v, what, fn, ...args) => v.page.waitForFunction(fn, args, {timeout: 60000, polling: 100}).catch(async () => {
  const now = await v.page.evaluate(() => demo.panels.map((p) => `${p.name}: ${p.fields.state.textContent} ${JSON.stringify(p.rt.explain())}`).join('; '));
  throw new Error(`within 60 s not: ${what}; ${now}`);
});
const carried = (v, name) => until(v, `${name} carries the ladder`, ([want]) => demo.panels[4].rt.state === 'live' && demo.panels[4].rt.transport === want, name);
const press = (v, fault) => v.page.click(`[data-fault=${fault}]`);
const saidEverywhere = (v, text) => until(v, `“${text}” in every panel`, ([want]) => demo.panels.every((p) => p.fields.said.textContent.startsWith(want)), text);

const cases = {
  async 'the numbers are the truth, without faults'({browser, demo}) {
    const v = await visit(browser, demo);
    try {
      await v.page.selectOption('#rate', '20');
      await v.page.selectOption('#size', '1024');
      await sleep(3000);
      await v.page.click('#burst');
      await v.page.fill('#text', 'said by the page');
      await v.page.click('#say button');
      await saidEverywhere(v, 'said by the page by page');
      await v.page.fill('#text', 'posted as a form');
      await v.page.click('#plain');
      await saidEverywhere(v, 'posted as a form by form');
      const res = await fetch(`${demo.origin}/say`, {method: 'POST', body: new URLSearchParams({text: 'posted as by curl'})});
      await saidEverywhere(v, 'posted as by curl by curl');
      const end = await quiet(v);
      const wrong = compare(end);
      if (res.status !== 200) wrong.push(`the post was answered ${res.status}`);
      if (end.truth.emitted < 100) wrong.push(`only ${end.truth.emitted} events`);
      const proxy = (await (await fetch(`${v.base}/faults`)).json()).counters, t = end.truth.panels[4];
      if (proxy.upBytes !== t.up || proxy.downBytes !== t.down || proxy.connections !== t.connections) wrong.push(`the ladder's sockets: the proxy counted ${JSON.stringify(proxy)}, the listener ${JSON.stringify({...t, marks: 0})}`);
      return [...wrong, ...v.errors];
    } finally {
      await v.end();
    }
  },

  async 'the numbers are the truth, under faults and after'({browser, demo}) {
    const v = await visit(browser, demo);
    const wrong = [];
    try {
      await v.page.selectOption('#rate', '10');
      await carried(v, 'websocket');
      await press(v, 'refuse');
      await carried(v, 'sse');
      await press(v, 'latency');
      await until(v, 'latency of the ladder over 250 ms', () => demo.panels[4].latencies.at(-1) > 250);
      await press(v, 'latency');
      await press(v, 'buffer');
      await carried(v, 'longpoll');
      await press(v, 'drop');
      await until(v, 'a dropped response', () => demo.panels[4].truth.faults['drop.after'] > 0);
      await v.page.click('#heal');
      await carried(v, 'websocket');
      const moved = await v.page.evaluate(() => demo.panels[4].carried.length);
      await v.page.click('#restart');
      await until(v, 'the ladder lost its connection and has another', ([n]) => demo.panels[4].carried.length > n && demo.panels[4].rt.state === 'live', moved);
      wrong.push(...compare(await quiet(v), {faulty: true}));
      const moves = await v.page.locator('#moves li').allInnerTexts();
      for (const want of [/Down to (Polling|SSE)[^]*after “Refuse WebSocket”[^]*Tried: .*WebSocket ended/, /Down to Long-polling[^]*SSE ended \(silent\)/, /Up to WebSocket[^]*after “Mended everything”/]) {
        if (!moves.some((m) => want.test(m))) wrong.push(`no move matches ${want}: ${JSON.stringify(moves)}`);
      }
      return [...wrong, ...v.errors];
    } finally {
      await v.end();
    }
  },

  async 'a black hole and killed WebSockets lose nothing'({browser, demo}) {
    const v = await visit(browser, demo);
    try {
      await v.page.selectOption('#rate', '5');
      await carried(v, 'websocket');
      await press(v, 'kill'); // the one that is open, too
      await until(v, 'the WebSocket was killed', () => demo.panels[4].carried.length > 1 && demo.panels[4].rt.state === 'live');
      await press(v, 'kill');
      await carried(v, 'websocket');
      await press(v, 'hole');
      await until(v, 'the ladder left the black hole', () => demo.panels[4].rt.state === 'live' && demo.panels[4].rt.transport !== 'websocket');
      await press(v, 'hole');
      await carried(v, 'websocket');
      return [...compare(await quiet(v), {faulty: true}), ...v.errors];
    } finally {
      await v.end();
    }
  },

  async 'a lost and a repeated event would be shown'({browser, demo}) {
    const v = await visit(browser, demo);
    try {
      await v.page.evaluate(() => {
        const p = demo.panels[0], m = {n: p.last + 2, t: Date.now() * 1000};
        p.take(m);
        p.take(m);
      });
      await until(v, 'the page says so', () => /^1 lost, [1-9]\d* repeated$/.test(document.getElementById('status').textContent));
      const {panels: f} = await shown(v.page);
      return f.polling.lost === '1' && f.polling.repeated !== '0' ? [] : [`polling shows lost ${f.polling.lost}, repeated ${f.polling.repeated}`];
    } finally {
      await v.end();
    }
  },

  async 'faults come in the order in which they were pressed'({browser, demo}) {
    const v = await visit(browser, demo);
    const asked = [];
    try {
      // The first of them is slow on its way.
      await v.page.route('**/faults', async (route) => {
        asked.push(route.request().method());
        if (asked.length === 1) await sleep(700);
        await route.continue();
      });
      await press(v, 'latency');
      await press(v, 'latency');
      await press(v, 'buffer');
      await v.page.waitForFunction(() => demo.panels[4].cause && demo.panels[4].cause.what === 'Buffer SSE', null, {timeout: 10000});
      await sleep(1000); // what was slow would have come by now
      const {faults} = await (await fetch(`${v.base}/faults`)).json();
      const wrong = asked.length === 3 && faults.sse && faults.sse.whole && !faults.latency ? [] : [`after ${asked} the proxy has ${JSON.stringify(faults)}`];
      return [...wrong, ...v.errors];
    } finally {
      await v.end();
    }
  },

  async 'a page without a network says so in every panel, and is all right again with it'({browser, demo}) {
    const v = await visit(browser, demo);
    try {
      await v.page.context().setOffline(true);
      await until(v, 'no panel is live', () => demo.panels.every((p) => p.fields.state.textContent === 'nothing carries it'));
      await v.page.context().setOffline(false);
      await until(v, 'every panel is live', () => demo.panels.every((p) => /live|carries/.test(p.fields.state.textContent) && p.fields.verdict.textContent.includes('all')));
      return v.errors;
    } finally {
      await v.end();
    }
  },

  'the form works without script': alone(scriptless),

  async 'no width scrolls sideways'({browser, demo}) {
    const v = await visit(browser, demo);
    const wrong = [];
    try {
      for (const width of [1440, 1024, 768, 375]) {
        await v.page.setViewportSize({width, height: 900});
        await sleep(100);
        const wide = await v.page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > width) wrong.push(`at ${width} the page is ${wide} wide`);
      }
      return wrong;
    } finally {
      await v.end();
    }
  },

  'PhantomJS 1.9.8, legacy build': alone(oldEngine),
};

// alone runs a case with a demo of its own: what is said is said to all pages, and these want to hear one thing only.
function alone(run) {
  return async ({browser}) => {
    const demo = await startDemo();
    try {
      return await run(browser, demo);
    } finally {
      await demo.stop();
    }
  };
}

async function scriptless(browser, demo) {
  const v = await visit(browser, demo);
  const context = await browser.newContext({javaScriptEnabled: false});
  try {
    const page = await context.newPage();
    await page.goto(demo.origin);
    await page.fill('#text', 'without any script <b>');
    await page.click('#say button');
    await page.waitForURL(`${demo.origin}/`);
    await saidEverywhere(v, 'without any script <b> by form');
    const listed = await page.locator('noscript li, li').allInnerTexts();
    return listed.some((text) => text.includes('without any script <b>')) ? v.errors : [`the page without script lists ${JSON.stringify(listed)}`];
  } finally {
    await context.close();
    await v.end();
  }
}

async function oldEngine(_, demo) {
  const program = await engines.phantom19.program();
  const child = spawn(program, [path.join(here, 'pages/phantom-demo.js'), demo.origin, '8'], {stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  child.stdout.on('data', (data) => { said += data; });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  try {
    await within(gone, 45000, 'PhantomJS does not come to an end');
  } finally {
    child.kill('SIGKILL');
  }
  const seen = JSON.parse(said);
  const truth = await (await fetch(demo.origin + seen.base)).json();
  const wrong = seen.exceptions.map((text) => `exception: ${text}`);
  if (!seen.legacy) wrong.push('it does not have the legacy build');
  for (const [i, name] of all.entries()) {
    const f = seen.panels[name], t = truth.panels[i];
    if (name === 'sse' || name === 'websocket') { // its WebSocket is a draft, its EventSource cannot cross ports
      if (f.state !== 'not in this browser') wrong.push(`${name} says ${f.state}`);
      continue;
    }
    if (!(t.emitted > 5) || f.received !== String(t.emitted) || f.lost !== '0' || f.repeated !== '0') wrong.push(`${name} shows ${JSON.stringify(f)}, the server emitted ${t.emitted}`);
    if (!f.all.includes('from an old engine;')) wrong.push(`${name} heard ${f.all}`);
  }
  if (seen.panels.ladder.state !== 'Long-polling carries it') wrong.push(`the ladder says ${seen.panels.ladder.state}`);
  return wrong;
}

// screenshot takes the picture of the README: events, something said, the ladder after a refusal and its way back.
async function screenshot(browser, demo, file) {
  const v = await visit(browser, demo, true);
  await v.page.fill('#text', 'Hello from any tab, form or curl');
  await sleep(4000);
  await press(v, 'refuse');
  await sleep(6000);
  await press(v, 'buffer');
  await carried(v, 'longpoll');
  await sleep(4000);
  await v.page.click('#say button');
  await v.page.click('#heal');
  await carried(v, 'websocket');
  await sleep(4000);
  await v.page.evaluate(() => document.activeElement.blur());
  await v.page.setViewportSize({width: 1440, height: 1000}); // shorter than the page, so that nothing is empty below it
  await v.page.evaluate(() => scrollTo(0, 0));
  await writeFile(file, palette(await v.page.screenshot({fullPage: true})));
  await v.end();
}

async function main() {
  const began = Date.now();
  const browser = await openBrowser();
  const demo = await startDemo();
  let passed = 0, failed = 0;
  try {
    if (flags.screenshot) {
      await screenshot(browser, demo, flags.screenshot);
      return true;
    }
    console.log(`Chromium ${browser.version()}`);
    const chosen = Object.entries(cases).filter(([name]) => !flags.only || name.includes(flags.only));
    // Each page has sockets and counters of its own, so they need not wait for each other.
    await Promise.all(chosen.map(async ([name, run]) => {
      const wrong = await within(run({browser, demo}), 100000, 'within 100 s no end').catch((err) => [err.stack]);
      if (wrong.length) failed++;
      else passed++;
      console.log(`${wrong.length ? 'FAILED' : 'passed'}  ${name}${wrong.map((text) => `\n        ${text}`).join('')}`);
    }));
    if (passed + failed === 0) throw new Error('no case has run');
  } finally {
    await browser.close();
    await demo.stop();
  }
  console.log(`\n${Math.round((Date.now() - began) / 1000)} s\n${passed} passed, ${failed} failed`);
  return failed === 0;
}

main().then((ok) => process.exit(ok ? 0 : 1), (err) => {
  console.error(err.stack);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
