// What each transport costs, in a table: the demo's own counters, from the sockets of the server, for one Chromium page on
// this machine. node costs.mjs [--quick]: seconds in place of minutes, to see that it works.
import {parseArgs} from 'node:util';
import {openBrowser, startDemo, visit} from './stage.mjs';

const {values: flags} = parseArgs({options: {quick: {type: 'boolean'}}});
const names = ['websocket', 'sse', 'longpoll', 'polling'];
const seconds = (n) => new Promise((resolve) => setTimeout(resolve, flags.quick ? n * 50 : n * 1000));

// The phases: events a second, how long the page is left alone first, and how long it is watched.
const phases = [{rate: 1, first: 15, watched: 60}, {rate: 10, first: 15, watched: 60}, {rate: 0, first: 60, watched: 180}];

async function phase(v, {rate, first, watched}) {
  await v.page.selectOption('#rate', String(rate));
  await seconds(first);
  await v.page.evaluate(() => demo.panels.forEach((p) => { p.latencies = []; }));
  const before = await v.truth();
  await seconds(watched);
  const after = await v.truth();
  const delays = await v.page.evaluate(() => Object.fromEntries(demo.panels.map((p) => [p.name, [p.quantile(0.5), p.quantile(0.99)]])));
  const minutes = (after.now - before.now) / 60000;
  return Object.fromEntries(after.panels.map((p, i) => {
    const diff = (what) => p[what] - before.panels[i][what];
    const events = diff('emitted');
    return [p.name, {
      requests: (diff('requests') / minutes).toFixed(1).replace(/\.0$/, ''),
      bytes: events ? `${Math.round(diff('down') / events)} + ${Math.round(diff('up') / events)}` : `${Math.round(diff('down') / minutes)} + ${Math.round(diff('up') / minutes)}`,
      overhead: events ? Math.round((diff('down') + diff('up') - diff('payload')) / events) : '',
      delay: delays[p.name].map((ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`).join(', '),
    }];
  }));
}

async function main() {
  const browser = await openBrowser(), demo = await startDemo();
  try {
    const v = await visit(browser, demo);
    const rows = [];
    for (const p of phases) {
      const cost = await phase(v, p);
      const row = (what, field) => rows.push(`| ${what} | ${names.map((name) => cost[name][field]).join(' | ')} |`);
      if (p.rate) {
        const at = `${p.rate} event${p.rate > 1 ? 's' : ''} a second`;
        row(`${at}: requests a minute`, 'requests');
        row(`bytes an event, down + up`, 'bytes');
        row(`of them not payload`, 'overhead');
        row(`delay, median and 99 of 100`, 'delay');
      } else {
        row('silence: requests a minute', 'requests');
        row('bytes a minute, down + up', 'bytes');
      }
    }
    console.log(`| | ${names.map((name) => `\`${name}\``).join(' | ')} |\n|---|---|---|---|---|\n${rows.join('\n')}`);
    console.log(`\nChromium ${browser.version()}`);
  } finally {
    await browser.close();
    await demo.stop();
  }
}

await main();
