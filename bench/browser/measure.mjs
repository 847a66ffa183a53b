// One cell: a browser of its own, one page, a warm-up, one run of numbered events, and what they cost.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {chromium} from 'playwright-core';

export const launch = () => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-features=SpareRendererForSitePerProcess'],
});

// within fails where a promise takes longer than ms.
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${ms / 1000} s`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A thread's CPU time in ms, to the nanosecond: the first field of its schedstat.
function threads(pid) {
  const times = {};
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      times[tid] = Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch (err) {
      if (err.code !== 'ENOENT' && err.code !== 'ESRCH') throw err; // it ended meanwhile
    }
  }
  return times;
}

const sum = (list) => list.reduce((a, b) => a + b, 0);

// machine: CPU time of all processes since boot, in ms; USER_HZ is 100.
function machine() {
  const [user, nice, system, , , irq, soft] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + soft) * 10;
}

const peakBytes = (pid, field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

// Probe reads what one page has used so far.
class Probe {
  static async of(browser, page, server) {
    const probe = new Probe();
    probe.server = server;
    probe.system = await browser.newBrowserCDPSession();
    probe.cdp = await page.context().newCDPSession(page);
    await probe.cdp.send('Performance.enable', {timeDomain: 'threadTicks'});
    const {processInfo} = await probe.system.send('SystemInfo.getProcessInfo');
    probe.all = processInfo.map((p) => p.id);
    probe.renderers = processInfo.filter((p) => p.type === 'renderer').map((p) => p.id);
    probe.network = processInfo.filter((p) => /network/i.test(p.type) || /NetworkService/.test(cmdline(p.id))).map((p) => p.id);
    return probe;
  }

  async metric(name) {
    const {metrics} = await this.cdp.send('Performance.getMetrics');
    return metrics.find((m) => m.name === name).value * 1000;
  }

  // choose finds the page's process: the one whose main thread works when the page's does, while no other's does (one that
  // has just been started may, for a moment).
  async choose(page) {
    for (let tries = 0; tries < 50; tries++) {
      const before = this.renderers.map((pid) => threads(pid)[pid]);
      await page.evaluate(() => { for (const end = performance.now() + 100; performance.now() < end;); });
      const busy = this.renderers.filter((pid, i) => threads(pid)[pid] - before[i] > 10);
      if (busy.length === 1) {
        [this.renderer] = busy;
        return;
      }
    }
    throw new Error('the page has no process of its own');
  }

  async heap() {
    for (let i = 0; i < 3; i++) await this.cdp.send('HeapProfiler.collectGarbage');
    const {usedSize, embedderHeapUsedSize = 0} = await this.cdp.send('Runtime.getHeapUsage');
    return {js: usedSize, dom: embedderHeapUsedSize};
  }

  resetPeak() {
    writeFileSync(`/proc/${this.renderer}/clear_refs`, '5');
    this.rss = peakBytes(this.renderer, 'VmRSS');
  }

  peak() { return peakBytes(this.renderer, 'VmHWM') - this.rss; }

  async cpu() {
    const thread = await this.metric('ThreadTime');
    const renderer = threads(this.renderer);
    const all = sum(this.all.map((pid) => sum(Object.values(threads(pid)))));
    const own = process.cpuUsage();
    return {
      thread,
      main: renderer[this.renderer],
      renderer: sum(Object.values(renderer)),
      network: sum(this.network.map((pid) => sum(Object.values(threads(pid))))),
      ours: all + sum(Object.values(threads(this.server))) + (own.user + own.system) / 1000,
      machine: machine(),
    };
  }
}

const cmdline = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

// measure returns the figures of one cell; it throws where an event is lost, repeated or out of order.
export async function measure(cell, peer, server, how) {
  const browser = await launch();
  try {
    return await within(120e3, 'all', converse(browser, cell, peer, server, how));
  } catch (err) {
    throw new Error(`${cell.peer} ${cell.transport}: ${err.message}`);
  } finally {
    await browser.close();
  }
}

async function converse(browser, {transport, onServer}, {page: file}, server, {rate, events, warm, profile}) {
  const page = await (await browser.newContext()).newPage();
  const faults = [];
  page.on('pageerror', (err) => faults.push(err.message));
  await page.goto(`${server.origin}/site/${file}?transport=${transport}`);
  await within(15e3, 'connected', page.evaluate(() => bench.connected));
  await sleep(300); // what a client does right after connecting
  const probe = await Probe.of(browser, page, server.pid);
  const connected = await probe.heap();
  if (!events) return {heap: connected};

  async function run(n, perSecond) {
    await page.evaluate((n) => bench.begin(n), n);
    const taken = page.evaluate(() => bench.taken());
    taken.catch(() => {}); // told below, or something else has failed before
    const start = performance.now();
    const answer = await (await fetch(`${server.origin}/run?events=${n}&rate=${perSecond}`, {method: 'POST'})).json();
    if (answer.transport !== onServer) throw new Error(`the server's sessions: "${answer.transport}", not one by ${onServer}`);
    await within(Math.max(20e3, 2 * n * 1000 / (perSecond || Infinity)), `${n} events`, taken).catch(async (err) => {
      throw new Error(`${err.message}; ${JSON.stringify(await page.evaluate(() => bench.report()))}`);
    });
    return performance.now() - start;
  }
  await probe.choose(page);
  await run(warm, 0);
  await sleep(300);
  const heap = await probe.heap();
  if (profile) await startProfile(probe.cdp);
  probe.resetPeak();
  const before = await probe.cpu();
  const wall = await run(events, rate);
  await sleep(250); // what comes behind the last event: confirms, the next poll, repeats
  const after = await probe.cpu();
  const peak = probe.peak();
  const cpuProfile = profile && (await probe.cdp.send('Profiler.stop')).profile;
  const kept = await probe.heap();
  const report = await page.evaluate(() => bench.report());
  if (report.got !== events || report.wrong.length || faults.length) {
    throw new Error(`${report.got} of ${events} events; ${report.wrong.concat(faults).join(', ')}`);
  }
  const used = Object.fromEntries(Object.keys(before).map((key) => [key, after[key] - before[key]]));
  // Chromium's own reading of the page's main thread: is it that process?
  if (Math.abs(used.thread - used.main) > 0.1 * used.main + 5) throw new Error(`the main thread used ${used.main} ms, the page's ${used.thread}`);
  return {
    main: used.main, renderer: used.renderer, network: used.network,
    others: Math.max(0, used.machine - used.ours) / (wall + 250), // processors that others kept busy
    wall, peak, connected: connected.js, keptJS: kept.js - heap.js, keptDOM: kept.dom - heap.dom, cpuProfile,
  };
}

async function startProfile(cdp) {
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.setSamplingInterval', {interval: 200});
  await cdp.send('Profiler.start');
}
