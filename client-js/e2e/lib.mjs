// The harness's hands: the Go server, its worlds, and what is judged of a run.
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '..', '..');

// startServer builds and starts the Go server. `stop` ends it by closing its standard input.
export async function startServer() {
  const dir = await mkdtemp(path.join(tmpdir(), 'everwire-e2e-'));
  const program = path.join(dir, 'server');
  try {
    await run('go', ['build', '-o', program, './client-js/e2e/server'], root);
    const child = spawn(program, ['-pages', path.join(here, 'pages'), '-dist', path.join(root, 'client-js', 'dist')], {stdio: ['pipe', 'pipe', 'inherit']});
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const line = await Promise.race([
      new Promise((resolve) => createInterface(child.stdout).once('line', resolve)),
      ended.then((code) => { throw new Error(`the server ended with code ${code}`); }),
    ]);
    const base = `http://${JSON.parse(line).admin}`;
    return {
      world: (setup) => makeWorld(base, setup),
      async stop() {
        child.stdin.end();
        await ended;
        await rm(dir, {recursive: true, force: true});
      },
    };
  } catch (err) {
    await rm(dir, {recursive: true, force: true});
    throw err;
  }
}

function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {cwd, stdio: ['ignore', 'inherit', 'inherit']});
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')}: code ${code}`))));
  });
}

async function call(url, method = 'GET', body, signal) {
  const res = await fetch(url, {method, body: body === undefined ? undefined : JSON.stringify(body), signal});
  if (!res.ok) throw new Error(`${method} ${new URL(url).pathname}: ${res.status} ${await res.text()}`);
  return res.json();
}

async function makeWorld(base, setup) {
  const {id, origin} = await call(`${base}/worlds`, 'POST', setup);
  const at = `${base}/worlds/${id}`;
  return {
    origin,
    // truth waits, if told to, until so many up events were handled.
    truth: (up = 0, signal) => call(`${at}/truth?up=${up}`, 'GET', undefined, signal),
    ended: (signal) => call(`${at}/truth?ended=1`, 'GET', undefined, signal),
    answered: (n, signal) => call(`${at}/truth?answered=${n}`, 'GET', undefined, signal),
    result: (signal) => call(`${at}/result`, 'GET', undefined, signal),
    faults: (faults) => call(`${at}/faults`, 'PUT', faults),
    proxy: () => call(`${at}/faults`),
    cut: (...endpoints) => call(`${at}/faults?${endpoints.map((e) => `endpoint=${e}`).join('&')}`, 'DELETE'),
    restart: (drain = 0) => call(`${at}/restart?drain=${drain}`, 'POST'),
    end: () => call(at, 'DELETE'),
  };
}

// judge compares what the page saw with what the server knows and returns what is wrong, nothing if all is well.
// c is the case: ups, downs, end (the transports that are right in the end), struck (faults that must have happened),
// lost (the session is lost on the way: one disconnect and a second connect belong there), told (up events whose outcome
// nobody knows may be missing if the page was told so), resumes (at least so many), settleBy (ms after
// the first event).
export function judge(c, page, truth, proxy) {
  const wrong = [];
  const say = (ok, text) => { if (!ok) wrong.push(text); };
  const events = (what) => page.events.filter((e) => e.what === what);

  say(page.downs === c.downs && page.wrong.length === 0, `down: got 1-${page.downs} of ${c.downs} in order, besides ${JSON.stringify(page.wrong)}`);
  say(truth.down === c.downs, `down: the server emitted ${truth.down} of ${c.downs}`);
  say(page.garbled === 0 && truth.faults.length === 0, `garbled or failed: page ${page.garbled}, server ${JSON.stringify(truth.faults.slice(0, 3))}`);

  const told = new Set(page.told.map(([n]) => n));
  const expected = Array.from({length: c.ups}, (_, i) => i + 1).filter((n) => truth.up.includes(n) || !(c.told && told.has(n)));
  const odd = expected.findIndex((n, i) => truth.up[i] !== n);
  say(odd < 0 && truth.up.length === expected.length,
    `up: handled ${truth.up.length} of ${expected.length}${odd < 0 ? '' : `, first odd one ${truth.up[odd]} in place of ${expected[odd]}`}`);
  say(c.told || page.told.length === 0, `up: refused ${JSON.stringify(page.told.slice(0, 5))}`);
  say(page.answered + page.told.length === page.asked, `acks: ${page.answered} and ${page.told.length} errors of ${page.asked}`);
  if (c.bytes) say(page.bytes === '0 10 13 127 128 255;', `bytes: got ${JSON.stringify(page.bytes)}`);

  const connects = c.lost ? 2 : 1;
  say(events('disconnect').length === connects - 1, `disconnect events: ${JSON.stringify(events('disconnect'))}`);
  say(events('connect').length === connects, `connect events: ${JSON.stringify(events('connect'))}`);
  say(truth.connects === connects, `the server saw ${truth.connects} sessions connect`);
  say(c.lost || truth.disconnects.length === 0, `the server saw sessions end: ${JSON.stringify(truth.disconnects)}`);
  say(events('error').length === 0, `error events: ${JSON.stringify(events('error').slice(0, 5))}`);
  say(events('resume').length >= (c.resumes || 0), `resume events: ${events('resume').length} of ${c.resumes}`);
  say(c.end.includes(page.transport), `the end transport is ${page.transport || 'none'}, not ${c.end.join(' or ')}`);
  if (c.settleBy) say(settled(page) - page.first <= c.settleBy, `settled ${settled(page) - page.first} ms after the first event, later than ${c.settleBy}`);
  say(truth.transport === page.transport, `the server thinks that ${truth.transport || 'nothing'} carries`);
  for (const name of c.struck || []) say(proxy.counters.faults[name] > 0, `the fault ${name} never struck: ${JSON.stringify(proxy.counters.faults)}`);
  return wrong;
}

// settled is when the page came to the transport that it ended on.
export function settled(page) {
  const moves = page.events.filter((e) => e.what === 'transport' || e.what === 'connect');
  return moves.length ? moves[moves.length - 1].at : -1;
}

// table lays rows out in columns; numbers to the right.
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const width = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const right = head.map((_, i) => rows.every((row) => typeof row[i] === 'number' || row[i] === '-'));
  const lines = all.map((row) => row.map((cell, i) => (right[i] ? cell.padStart(width[i]) : cell.padEnd(width[i]))).join('  ').trimEnd());
  lines.splice(1, 0, width.map((n) => '-'.repeat(n)).join('  '));
  return lines.join('\n');
}

// pool runs jobs, so many at once, and returns their results in the order of the jobs.
export async function pool(jobs, width) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const i = next++;
      results[i] = await jobs[i]();
    }
  };
  await Promise.all(Array.from({length: Math.min(width, jobs.length)}, worker));
  return results;
}

// within is promise, or an error with this text after ms.
export async function within(promise, ms, text) {
  let timer;
  try {
    return await Promise.race([promise, new Promise((_, reject) => { timer = setTimeout(reject, ms, new Error(text)); })]);
  } finally {
    clearTimeout(timer);
  }
}
