// The demo as a program of its own, and its page in Chromium: for the cases of demo.mjs and the table of costs.mjs.
import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {chromiumFlags, engines} from './engines.mjs';
import {root, within} from './lib.mjs';

// openBrowser starts the Chromium that install.sh brought.
export async function openBrowser() {
  const {chromium} = await import('playwright-core').catch(() => { throw new Error('playwright-core is missing: run client-js/e2e/install.sh'); });
  return chromium.launch({executablePath: await engines.chromium.program(), args: chromiumFlags});
}

// startDemo builds and starts the demo on a free port; `stop` interrupts it and waits.
export async function startDemo() {
  const dir = await mkdtemp(path.join(tmpdir(), 'everwire-demo-'));
  const program = path.join(dir, 'demo');
  await ended(spawn('go', ['build', '-o', program, './examples/demo'], {cwd: root, stdio: 'inherit'}));
  const child = spawn(program, ['-addr', '127.0.0.1:0'], {stdio: ['ignore', 'pipe', 'ignore']});
  const gone = new Promise((resolve) => child.on('exit', resolve));
  process.once('exit', () => child.kill('SIGKILL'));
  const line = await within(new Promise((resolve) => createInterface(child.stdout).once('line', resolve)), 10000, 'the demo prints no address');
  return {
    origin: /http:\/\/[\d.:]+/.exec(line)[0],
    async stop() {
      child.kill('SIGINT');
      await gone;
      await rm(dir, {recursive: true, force: true});
    },
  };
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnargs.join(' ')}: code ${code}`))));
  });
}

// visit opens the page and keeps what the browser itself saw: every request by its port, and in the page the numbers of
// all events, written down by handlers of its own.
export async function visit(browser, demo, motion = false) {
  // With reduced motion the page draws once a second: several pages at once would keep two cores busy with nothing else.
  const context = await browser.newContext({viewport: {width: 1440, height: 1500}, reducedMotion: motion ? 'no-preference' : 'reduce'});
  const page = await context.newPage();
  const asked = {}, errors = [];
  const ask = (url) => { const {port} = new URL(url); asked[port] = (asked[port] || 0) + 1; };
  page.on('request', (r) => ask(r.url()));
  page.on('websocket', (ws) => ask(ws.url()));
  page.on('pageerror', (err) => errors.push(err.stack));
  await page.addInitScript(() => {
    window.heard = {};
    let library;
    Object.defineProperty(window, 'everwire', {
      get: () => library,
      set(given) {
        library = {...given, connect(url, options) {
          const rt = given.connect(url, options);
          const list = window.heard[new URL(url).port] = [];
          rt.on('event', (m) => list.push(m.n));
          return rt;
        }};
      },
    });
  });
  await page.goto(demo.origin);
  await page.waitForFunction(() => window.demo.panels && demo.panels.length === 5 && demo.panels.every((p) => p.rt.state === 'live' && p.received > 0), null, {timeout: 30000});
  const base = demo.origin + await page.evaluate(() => demo.base);
  const truth = async () => (await fetch(base)).json();
  return {page, context, asked, errors, base, truth, end: () => context.close()};
}
