// The same conversation where there is no page: in a web worker of Chromium, and in Node with a WebSocket handed in.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {here, judge, root, settled, within} from './lib.mjs';

const limit = 30000;
const talk = {ups: 200, downs: 200, every: 20, calls: 10, bytes: true};

const cases = [
  ...['', 'websocket', 'sse', 'longpoll', 'polling'].map((t) => ({name: `web worker, ${t || 'ladder'}`, transport: t || undefined, end: [t || 'websocket'], run: inWorker})),
  {name: 'Node, WebSocket handed in', end: ['websocket'], run: inNode},
];

// places runs the chosen cases, one after the other, each with a cut in its middle, and returns their rows.
export async function places(browser, server, chosen) {
  const rows = [];
  for (const c of cases.filter((each) => chosen(each.name))) {
    const world = await server.world({faults: {}, seed: 1});
    const row = {name: c.name, wrong: []};
    const abort = new AbortController();
    let seen;
    try {
      const cut = world.truth(80, abort.signal).then(() => world.cut('websocket', 'sse', 'longpoll', 'polling'));
      cut.catch(() => {});
      seen = await within(c.run(browser, world, {...talk, transport: c.transport}), limit, 'not all was said and heard');
      await within(Promise.all([cut, world.ended(abort.signal)]), limit, 'the server has not handled all');
      row.wrong.push(...judge({...talk, ...c}, seen, await world.truth(), await world.proxy()));
      Object.assign(row, {first: seen.first, settle: settled(seen), end: seen.transport, resumes: seen.events.filter((e) => e.what === 'resume').length});
    } catch (err) {
      row.wrong.push(err.message);
    } finally {
      abort.abort();
      await seen?.close?.();
      await world.end();
    }
    console.log(`${row.wrong.length ? 'FAILED' : 'passed'}  ${c.name}`);
    rows.push(row);
  }
  return rows;
}

async function inWorker(browser, world, o) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${world.origin}/e2e/main.html`);
    return await page.evaluate((options) => new Promise((resolve, reject) => {
      const worker = new Worker('/e2e/worker.js');
      worker.onmessage = (e) => { if (e.data.complete) resolve(e.data.report); };
      worker.onerror = (e) => reject(new Error(e.message));
      worker.postMessage(options);
    }), o);
  } finally {
    await context.close();
  }
}

async function inNode(_, world, o) {
  const load = createRequire(import.meta.url);
  const built = load(path.join(root, 'client-js', 'dist', 'everwire.min.js'));
  const handed = {connect: (url, options) => built.connect(url, {...options, WebSocket: load('ws')})};
  const text = await readFile(path.join(here, 'pages', 'conversation.js'), 'utf8');
  const {converse, complete, report} = new Function('everwire', `${text}\nreturn {converse, complete, report};`)(handed);
  const seen = converse({...o, url: `${world.origin}/everwire/`});
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!complete(seen, o)) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
  // A client that is left to itself would try for ever, and find another world at its port.
  const close = () => new Promise((resolve) => {
    seen.rt.on('disconnect', resolve);
    seen.rt.close();
  });
  return {...report(seen), close};
}
