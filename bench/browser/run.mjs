// What browser clients cost: everwire, socket.io-client, sockjs-client, @microsoft/signalr and centrifuge in Chromium.
//   node run.mjs [--rounds N] [--events N] [--only TEXT] [--job paced|burst] [--profile DIR] [--out FILE]
// writes RESULTS.md beside itself when nothing is left out. Exit code 0 only if every event of every run arrived once, in order.
import {execFileSync, execSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {bundles, cells, here, jobs, peers} from './cells.mjs';

const {values: flags} = parseArgs({options: {
  rounds: {type: 'string', default: '5'}, events: {type: 'string', default: '10000'}, warm: {type: 'string', default: '1000'},
  only: {type: 'string', default: ''}, job: {type: 'string', default: ''}, profile: {type: 'string'}, out: {type: 'string'},
}});
const rounds = Number(flags.rounds), events = Number(flags.events), warm = Number(flags.warm);
const chosen = cells.filter((c) => `${c.peer} ${c.transport}`.includes(flags.only));
const out = flags.out || (flags.only || flags.job || flags.profile ? '' : path.join(here, 'RESULTS.md'));

if (!existsSync(path.join(here, 'node_modules'))) execSync('npm ci', {cwd: here, stdio: 'inherit'});
const {measure} = await import('./measure.mjs');
const {parseTimes, sizes} = await import('./parse.mjs');
const {startServers} = await import('./servers.mjs');
const {report, versions} = await import('./report.mjs');

const temp = mkdtempSync(path.join(tmpdir(), 'everwire-browser-bench-'));
const site = path.join(temp, 'site');
cpSync(path.join(here, 'pages'), site, {recursive: true});
for (const [name, file] of bundles) cpSync(file, path.join(site, name));

const failures = [];
const results = {command: `node bench/browser/run.mjs --rounds ${rounds} --events ${events} --warm ${warm}`, rounds, asked: rounds, events, warm, started: new Date(), cells: {}, blank: [], failures};
const {servers, stop} = await startServers([...new Set(['everwire', ...chosen.map((c) => c.peer)])], site, temp);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
try {
  results.versions = await versions(execFileSync);
  results.sizes = bundles.map(([name, file]) => ({name, ...sizes(file)}));
  if (!flags.only) results.parse = await parseTimes(servers.everwire.origin, site, bundles, 2 * rounds);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 ? chosen.toReversed() : chosen;
    results.blank.push((await measure({peer: 'blank', transport: ''}, {page: 'blank.html'}, servers.everwire, {})).heap.js);
    for (const job of Object.keys(jobs).filter((name) => name.includes(flags.job))) {
      for (const cell of order) await one(cell, job, round);
    }
    results.rounds = round + 1;
    if (out) writeFileSync(out, report(results)); // a run that is ended early leaves the rounds that it has
  }
} finally {
  await stop();
  rmSync(temp, {recursive: true, force: true});
}
if (!out) console.log(report(results));
console.log(failures.length ? `\n${failures.length} runs failed` : `\n${events} of ${events} events, once each, in order, in every run`);
process.exitCode = failures.length ? 1 : 0;

async function one(cell, job, round) {
  const name = `${cell.peer} ${cell.transport}`;
  try {
    const {cpuProfile, ...row} = await measure(cell, peers[cell.peer], servers[cell.peer], {rate: jobs[job].rate, events, warm, profile: flags.profile});
    ((results.cells[job] ||= {})[name] ||= []).push(row);
    if (cpuProfile) {
      mkdirSync(flags.profile, {recursive: true});
      writeFileSync(path.join(flags.profile, `${cell.peer}-${cell.transport}-${job}-${round}.cpuprofile`), JSON.stringify(cpuProfile));
    }
    console.log(`${round + 1}/${rounds} ${job} ${name}: main thread ${(row.main * 1000 / events).toFixed(1)} us/event, renderer ${(row.renderer * 1000 / events).toFixed(1)}, network ${(row.network * 1000 / events).toFixed(1)}, wall ${row.wall.toFixed(0)} ms, peak ${(row.peak / 1e6).toFixed(1)} MB, `
      + `kept ${row.keptJS} + ${row.keptDOM} bytes, others ${row.others.toFixed(2)}`);
  } catch (err) {
    failures.push(`${job}, round ${round + 1}: ${err.message}`);
    console.log(`FAILED ${job} ${err.message}`);
  }
}
