// Everwire in Chromium against the real server behind the fault proxy, then in old engines (legacy.mjs).
// Exit code 0 only if every case passed. node run.mjs [--only TEXT] [--trace] [--no-legacy] [--width PAGES] [--build FILE] [--repeat TIMES]
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {cases} from './cases.mjs';
import {chromiumFlags, engines} from './engines.mjs';
import {legacy} from './legacy.mjs';
import {here, judge, pool, settled, startServer, table, within} from './lib.mjs';
import {places} from './places.mjs';
import {proveTheJudge, spoils} from './proofs.mjs';
import {firstEvents} from './timing.mjs';
import {tracing} from './trace.mjs';

const {values: flags} = parseArgs({options: {
  only: {type: 'string'}, trace: {type: 'boolean'}, 'no-legacy': {type: 'boolean'}, width: {type: 'string', default: '7'}, build: {type: 'string', default: 'everwire.min.js'},
  repeat: {type: 'string', default: '1'},
}});
const chosen = (name) => !flags.only || name.includes(flags.only);
const seed = Number(process.env.EVERWIRE_SEED) || 1;
const traces = path.join(here, '.traces');

// converse runs one case in a page of its own and returns its row.
async function converse(shared, server, given) {
  const c = {ups: 400, downs: 400, every: 30, limit: 45, faults: {}, ...given};
  const world = await server.world({faults: c.faults, seed, heartbeat: c.heartbeat});
  const browser = c.ownBrowser ? await shared.another() : shared;
  const context = await browser.newContext();
  const abort = new AbortController();
  const until = Date.now() + c.limit * 1000;
  const left = () => Math.max(until - Date.now(), 1);
  const row = {name: c.name, wrong: []};
  try {
    const page = await context.newPage();
    const trace = flags.trace ? tracing(page) : null;
    page.on('pageerror', (err) => row.wrong.push(`an exception in the page: ${err.stack}`));
    await page.goto(`${world.origin}/e2e/main.html?${flags.build}`);
    await page.evaluate((o) => { window.options = o; window.seen = converse(o); },
      {transport: c.transport, ups: c.ups, downs: c.hold || c.downs, every: c.every, hold: c.hold || 0, calls: c.calls || 0, bytes: !!c.bytes, spoil: c.spoil});
    const script = c.script ? c.script({world, page, context, browser, signal: abort.signal}) : null;
    try {
      if (script) await within(script, left(), 'the scenario did not come to its end');
      await page.waitForFunction(() => complete(window.seen, window.options), null, {timeout: left(), polling: 50});
      await within(world.ended(abort.signal), left(), 'the server has not handled all');
      // Where it has to go on: it may still be on its way to the best transport.
      await page.waitForFunction((end) => end.includes(window.seen.rt.transport), c.end, {timeout: left(), polling: 50});
    } catch (err) {
      row.wrong.push(`within ${c.limit} s: ${err.message.split('\n')[0]}`);
    }
    abort.abort();
    script?.catch(() => {});
    const seen = await page.evaluate(() => report(window.seen));
    const truth = await world.truth();
    const proxy = await world.proxy();
    row.wrong.push(...judge(c, seen, truth, proxy));
    Object.assign(row, {first: seen.first, settle: settled(seen), end: seen.transport, resumes: seen.events.filter((e) => e.what === 'resume').length});
    if (row.wrong.length || flags.trace) {
      row.trace = path.join(traces, `${c.name.replaceAll(/\W+/g, '-')}.json`);
      await writeFile(row.trace, JSON.stringify({case: c, wrong: row.wrong, seen, truth, proxy, trace: trace?.lines}, null, 1));
    }
  } catch (err) {
    row.wrong.push(err.stack);
  } finally {
    abort.abort();
    await context.close();
    if (c.ownBrowser) await browser.close();
    await world.end();
  }
  if (!c.spoil) console.log(`${row.wrong.length ? 'FAILED' : 'passed'}  ${c.name}`);
  return row;
}

// prove runs a page that is spoilt on purpose: it passes if the judge found that and nothing else.
async function prove(browser, server, spoil) {
  const row = await converse(browser, server, {name: `spoilt: ${spoil}`, transport: 'websocket', end: ['websocket'], ups: 40, downs: 40, spoil});
  const found = row.wrong.length > 0 && row.wrong.every((text) => spoils[spoil].test(text));
  return {...row, wrong: found ? [] : [`it was to find ${spoils[spoil]}, and found ${JSON.stringify(row.wrong)}`]};
}

function print(title, rows) {
  if (!rows.length) return;
  console.log(`\n${title}\n${table(['case', 'end transport', 'first event ms', 'settled ms', 'resumes', 'result'],
    rows.map((r) => [r.name, r.end || '-', r.first ?? '-', r.settle ?? '-', r.resumes ?? '-', r.wrong.length ? 'FAILED' : 'passed']))}`);
  for (const r of rows) for (const text of r.wrong) console.log(`FAILED ${r.name}: ${text}${r.trace ? `\n       see ${path.relative(process.cwd(), r.trace)}` : ''}`);
}

async function main() {
  const began = Date.now();
  const {chromium} = await import('playwright-core').catch(() => { throw new Error('playwright-core is missing: run client-js/e2e/install.sh'); });
  await rm(traces, {recursive: true, force: true});
  await mkdir(traces, {recursive: true});
  const executablePath = await engines.chromium.program().catch((err) => { throw new Error(`Chromium is missing (${err.message}): run client-js/e2e/install.sh`); });
  const server = await startServer();
  const rows = [];
  try {
    const launch = () => chromium.launch({executablePath, args: chromiumFlags});
    const browser = Object.assign(await launch(), {another: launch});
    try {
      console.log(`Chromium ${browser.version()}, seed ${seed} (EVERWIRE_SEED sets it)`);
      const timed = await firstEvents(browser, server, chosen);
      print('Time to the first event, WebSocket black-holed', timed);
      const placed = await places(browser, server, chosen);
      // The longest first, so that none is left over at the end.
      const talks = Array.from({length: Number(flags.repeat)}, (_, i) => cases.filter((c) => chosen(c.name)).map((c) => (i ? {...c, name: `${c.name}, run ${i + 1}`} : c))).flat();
      const order = talks.toSorted((a, b) => (b.limit || 0) - (a.limit || 0));
      const proofs = Object.keys(spoils).filter((spoil) => chosen(`spoilt: ${spoil}`));
      const jobs = [...order.map((c) => () => converse(browser, server, c)), ...proofs.map((spoil) => () => prove(browser, server, spoil))];
      const [done, old] = await Promise.all([pool(jobs, Number(flags.width)), flags['no-legacy'] ? [] : legacy(server, chosen)]);
      const talked = talks.map((c) => done[order.indexOf(c)]);
      const proved = [...proveTheJudge(chosen), ...done.slice(order.length)];
      print('Where there is no page, 200 events each way with acks, and a cut', placed);
      print('400 events each way', talked);
      print('Spoilt on purpose: passed means found', proved);
      print('Old engines, 100 events each way with acks, a lost connection and a resume', old);
      rows.push(...timed, ...placed, ...talked, ...proved, ...old);
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
  const failed = rows.filter((r) => r.wrong.length).length;
  if (rows.length === 0) throw new Error('no case has run');
  console.log(`\n${Math.round((Date.now() - began) / 1000)} s\n${rows.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

main().then((ok) => process.exit(ok ? 0 : 1), (err) => {
  console.error(err.stack);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
