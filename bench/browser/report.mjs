// RESULTS.md.
import {readFileSync} from 'node:fs';
import {cpus, loadavg, release} from 'node:os';
import path from 'node:path';
import {cells, here, jobs, peers} from './cells.mjs';

const sorted = (list) => list.toSorted((a, b) => a - b);
const median = (list) => { const s = sorted(list), m = s.length >> 1; return s.length % 2 ? s[m] : (s[m - 1] + s[m]) / 2; };
const spread = (list, digits) => list.length ? `${median(list).toFixed(digits)} (${Math.min(...list).toFixed(digits)}–${Math.max(...list).toFixed(digits)})` : '';

export async function versions(run) {
  const own = (name) => JSON.parse(readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
  const first = (...command) => run(command[0], command.slice(1), {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).split('\n')[0];
  return {
    everwire: `${JSON.parse(readFileSync(path.join(here, '../../client-js/package.json'), 'utf8')).version}, commit ${first('git', '-C', here, 'rev-parse', '--short', 'HEAD')}`,
    'socket.io': `${own('socket.io')}, client ${own('socket.io-client')}`,
    sockjs: `${own('sockjs')}, client ${own('sockjs-client')}`,
    '@microsoft/signalr': `${own('@microsoft/signalr')}, before a stand-in server`,
    centrifuge: `${/centrifuge (v\S+)/.exec(readFileSync(path.join(here, 'centrifuge/go.mod'), 'utf8'))[1].slice(1)}, client ${own('centrifuge')}`,
    Chromium: first('/usr/bin/chromium', '--version').replace(/^Chromium /, ''),
    'Node.js': process.versions.node,
    Go: first('go', 'env', 'GOVERSION').replace(/^go/, ''),
    Linux: release(),
    'CPU': `${cpus().length} x ${cpus()[0].model}`,
  };
}

function table(head, rows) {
  const line = (row) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => i ? '---:' : '---')), ...rows.map(line)].join('\n');
}

export function report(r) {
  const kb = (n) => (n / 1000).toFixed(1);
  const others = median(Object.values(r.cells.burst || r.cells.paced || {}).flat().map((row) => row.others));
  const notes = [];
  if (r.rounds < r.asked) notes.push(`The run was ended after ${r.rounds} of ${r.asked} rounds.`);
  if (others > 0.2) notes.push(`**Other programs kept ${others.toFixed(1)} processors busy meanwhile: repeat this on a quiet machine before comparing figures.**`);
  const parts = [`# What browser clients cost: results

Written by \`${r.command}\` on ${r.started.toISOString().slice(0, 10)}; what the columns are and how they were taken is in [README.md](README.md).
Each figure is the median of ${r.rounds} interleaved rounds, in brackets the smallest and the largest. ${r.failures.length
    ? `**${r.failures.length} runs failed; they are listed at the end and not in the tables.**`
    : `In every run all ${r.events} events arrived, once each, in order.`} Load average at the end: ${loadavg().map((l) => l.toFixed(1)).join(', ')}.
${notes.join(' ')}

${table(['', 'version'], Object.entries(r.versions))}`];
  const parse = (name, what) => r.parse ? spread(r.parse[name].map((t) => t[what]), 2) : '';
  parts.push(`## Bundles

${table(['bundle', 'bytes', 'gzip -9', 'brotli', 'compile, ms', 'compile and run, ms'], r.sizes.map((s) =>
    [s.name, s.raw, s.gzip, s.brotli, parse(s.name, 'compile'), parse(s.name, 'evaluate')]))}`);
  for (const [job, {title}] of Object.entries(jobs)) {
    const done = r.cells[job];
    if (!done) continue;
    const rows = cells.filter((c) => done[`${c.peer} ${c.transport}`]).map((c) => {
      const list = done[`${c.peer} ${c.transport}`];
      const per = (key) => spread(list.map((row) => row[key] * 1000 / r.events), 1);
      return [`${peers[c.peer].title} ${c.transport}`, per('main'), per('renderer'), per('network'),
        spread(list.map((row) => row.peak / 1e6), 1), spread(list.map((row) => (row.keptJS + row.keptDOM) / 1000), 1),
        Math.round(median(list.map((row) => row.wall))), median(list.map((row) => row.others)).toFixed(2)];
    });
    parts.push(`## ${title}, ${r.events} events

CPU in µs an event.

${table(['client, transport', 'main thread', 'renderer process', 'network process', 'peak, MB', 'kept, KB', 'wall, ms', 'others, CPUs'], rows)}`);
  }
  const all = Object.values(r.cells).flatMap((job) => Object.entries(job));
  const blank = median(r.blank);
  const heaps = cells.map((c) => [c, all.filter(([name]) => name === `${c.peer} ${c.transport}`).flatMap(([, list]) => list.map((row) => row.connected - blank))])
    .filter(([, list]) => list.length);
  parts.push(`## Heap of a connected client

JavaScript heap after a forced collection, before any event, less that of the same page without a client (${kb(blank)} KB).

${table(['client, transport', 'KB'], heaps.map(([c, list]) => [`${peers[c.peer].title} ${c.transport}`, spread(list.map((b) => b / 1000), 1)]))}`);
  if (r.failures.length) parts.push(`## Failed runs\n\n${r.failures.map((f) => `- ${f}`).join('\n')}`);
  return parts.join('\n\n') + '\n';
}
