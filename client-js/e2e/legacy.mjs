// Conversations in engines that cannot be driven: each opens a page that talks, loses its connection half-way, goes on
// and posts what it saw. 100 events each way, with acks.
import {engines, start} from './engines.mjs';
import {judge, pool, settled, within} from './lib.mjs';

const LEGACY = 'everwire.legacy.min.js';
const MAIN = 'everwire.min.js';
const LIMIT = 60; // s

// What the ladder comes to in each engine. PhantomJS 1.9.8 speaks a WebSocket draft from before RFC 6455; it may be on
// long-polling in the end, as the connection that is lost may be an event stream, which speaks against that for a while.
const plans = [
  {engine: 'phantom19', builds: [LEGACY], best: ['sse', 'longpoll'], pins: ['longpoll', 'polling']},
  {engine: 'phantom21', builds: [LEGACY, MAIN], best: ['websocket'], pins: ['websocket', 'sse', 'longpoll', 'polling']},
  {engine: 'chromium64', builds: [LEGACY, MAIN], best: ['websocket'], pins: ['websocket', 'sse', 'longpoll', 'polling']},
  {engine: 'chromium', builds: [LEGACY], best: ['websocket'], pins: ['websocket', 'sse', 'longpoll', 'polling']},
  {engine: 'firefox', builds: [LEGACY, MAIN], best: ['websocket'], pins: ['websocket', 'sse', 'longpoll', 'polling']},
];

// The ladder free with every build; the legacy build once more on each transport.
const runs = plans.flatMap(({engine, builds, best, pins}) => [
  ...builds.map((build) => ({engine, build, end: best})),
  ...pins.map((transport) => ({engine, build: LEGACY, transport, end: [transport]})),
]);

const nameOf = (run) => `${engines[run.engine].title}, ${run.build === LEGACY ? 'legacy' : 'main'} build, ${run.transport || 'ladder'}`;

async function converse(server, run) {
  const row = {name: nameOf(run), wrong: []};
  const world = await server.world({});
  const abort = new AbortController();
  let engine;
  try {
    // Short polling answers a call with its next poll: there every 10th wants an ack, else a run takes a minute.
    const calls = run.transport === 'polling' ? 10 : 1;
    const hash = `build=${run.build}&every=20&calls=${calls}&transport=${run.transport || ''}`;
    engine = await start(run.engine, `${world.origin}/e2e/legacy.html#${hash}`);
    const died = engine.ended.then((how) => { throw new Error(how); });
    died.catch(() => {}); // it does end, when stopped
    const result = world.result(abort.signal);
    result.catch(() => {}); // it is aborted if the engine died
    const page = await within(Promise.race([result, died]), LIMIT * 1000, `no result within ${LIMIT} s`);
    // The page is done when it has heard the last call; its answer to it may still be on the way.
    const truth = await within(world.answered(100 / calls, abort.signal), 10000, 'the server never got the last answer');
    const proxy = await world.proxy();
    const c = {ups: 100, downs: 100, end: run.end, resumes: run.transport === 'polling' || run.transport === 'longpoll' || !run.transport ? 0 : 1};
    row.wrong.push(...judge(c, page, truth, proxy));
    if (page.end !== 'complete' || !page.cut) row.wrong.push('there is no positive end line, or no connection was lost');
    if (page.exceptions.length) row.wrong.push(`exceptions in the page: ${JSON.stringify(page.exceptions)}`);
    if (page.answered !== 100 / calls || truth.answered !== 100 / calls) row.wrong.push(`acks: the page got ${page.answered}, the server ${truth.answered}`);
    Object.assign(row, {first: page.first, settle: settled(page), end: page.transport, resumes: page.events.filter((e) => e.what === 'resume').length});
  } catch (err) {
    const truth = await world.truth();
    const {counters} = await world.proxy();
    row.wrong.push(`${err.message}; the server handled ${truth.up.length} up, emitted ${truth.down} down; requests ${JSON.stringify(counters.endpoints)}; ${engine ? engine.said().trim().slice(-300) : ''}`);
  } finally {
    abort.abort();
    await engine?.stop();
    await world.end();
  }
  console.log(`${row.wrong.length ? 'FAILED' : 'passed'}  ${row.name}`);
  return row;
}

export async function legacy(server, chosen) {
  const jobs = runs.filter((r) => chosen(nameOf(r))).map((r) => () => converse(server, r));
  return pool(jobs, 2);
}
