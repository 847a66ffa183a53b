// The examples as people use them: each server is built and started, its pages are opened in Chromium (the guestbook in
// PhantomJS 1.9.8, too), and what is said in one page has to appear in another. node examples.mjs [--only TEXT]
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {chromiumFlags, engines} from './engines.mjs';
import {here, pool, root, within} from './lib.mjs';

const {values: flags} = parseArgs({options: {only: {type: 'string', default: ''}}});
const LIMIT = 60000; // ms, of a case
const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

// start runs a program that prints its address, until `stop`.
async function start(program, addr = '127.0.0.1:0') {
  const child = spawn(program, ['-addr', addr], {stdio: ['ignore', 'pipe', 'pipe']});
  running.add(child);
  let said = '';
  child.stderr.on('data', (data) => { said = (said + data).slice(-1000); });
  const ended = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => text),
    ended.then(([code]) => { throw new Error(`${path.basename(program)} ended with code ${code}: ${said}`); }),
  ]);
  return {
    origin: /http:\/\/[\d.:]+/.exec(line)[0],
    freeze() { child.kill('SIGSTOP'); },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await ended;
      running.delete(child);
      return code;
    },
  };
}

// open is a window of its own, with its own cookies and connections, unless it is given another one's context.
async function open(t, url, context) {
  const page = await (context || await t.context()).newPage();
  page.on('pageerror', (err) => t.wrong.push(`an exception in ${url}: ${err.message}`));
  await page.goto(url);
  return page;
}

// heard waits until a page shows a text where it shows what was said.
const heard = (page, where, text) => page.locator(where).filter({hasText: text}).first().waitFor();

// talk says something in each of two pages of the walk and waits for it in both.
async function talk(pages, what) {
  for (const [i, page] of pages.entries()) {
    const text = `${what} ${i + 1}`;
    await page.locator('#text').fill(text);
    await page.locator('#form button').click();
    for (const each of pages) await heard(each, '#log li', text);
    await page.waitForFunction(() => document.getElementById('text').value === '');
  }
}

const walk = (slug, ready) => ({
  name: `walk: ${slug}`, program: 'walk',
  async run(t) {
    const pages = [await open(t, `${t.server.origin}/${slug}`), await open(t, `${t.server.origin}/${slug}`)];
    for (const page of pages) await heard(page, '#status', ready);
    await talk(pages, `by ${slug}`);
    for (const page of pages) assert.equal(await page.locator('#log li').count(), 2, 'nothing is there twice');
    assert(await pages[0].getByRole('list', {name: 'Messages'}).isVisible(), 'what was said is a list, or its items are none');
  },
});

async function logIn(t, user, password) {
  const page = await open(t, t.server.origin);
  assert.match(page.url(), /\/login$/);
  await page.locator('[name=user]').fill(user);
  await page.locator('[name=password]').fill(password);
  await page.locator('button').click();
  await heard(page, '#status', 'Live over websocket');
  return page;
}

const cases = [
  {
    name: 'walk: the page that links them', program: 'walk',
    async run(t) {
      const page = await open(t, t.server.origin);
      assert.equal(await page.getByRole('img', {name: 'a sequence diagram'}).count(), 5);
      assert.equal(await page.locator('section p:first-of-type').count(), 5);
      const links = await page.locator('a.button').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
      assert.deepEqual(links, ['/polling', '/longpoll', '/sse', '/websocket', '/everwire']);
    },
  },
  walk('polling', 'Asks every 2 seconds'),
  walk('longpoll', 'Asks, and is answered'),
  walk('sse', 'Reads a stream'),
  walk('websocket', 'Connected'),
  walk('everwire', 'Carried by websocket'),
  {
    name: 'walk: everwire, out of reach', program: 'walk',
    async run(t) {
      const page = await open(t, `${t.server.origin}/everwire`);
      await heard(page, '#status', 'Carried by websocket');
      await t.server.stop('SIGKILL');
      await heard(page, '#status', 'Nothing carries it');
      await t.restart();
      await heard(page, '#status', 'Carried by websocket');
    },
  },
  {
    name: 'chat: rooms, names, typing, history, ticks', program: 'chat',
    async run(t) {
      const ann = await open(t, `${t.server.origin}/?name=ann`);
      const ben = await open(t, `${t.server.origin}/?name=ben&transport=longpoll`);
      await heard(ann, '#people li', 'ben');
      await ann.locator('#text').pressSequentially('hello', {delay: 20});
      await heard(ben, '#typing', 'ann is typing');
      await ann.locator('#text').press('Enter');
      await heard(ben, '#log li', 'hello');
      await heard(ann, '#log li.mine:not(.waiting)', 'delivered');
      assert(await ann.getByRole('list', {name: 'Messages'}).isVisible(), 'what was said is a list, or its items are none');
      const dora = await open(t, `${t.server.origin}/?name=dora&transport=sse`);
      await heard(dora, '#log li', 'hello');
      for (const page of [ann, ben, dora]) await heard(page, '#people li', /dora.*server-sent events/);
      await heard(ben, '#people li', /ben \(you\).*long-polling/);
      await heard(dora, '#people li', /dora \(you\)/);
      await dora.locator('#room').fill('lab');
      await dora.locator('#room').press('Enter');
      await heard(dora, '#where', 'lab');
      await heard(ann, '#rooms li', 'lab');
      // who goes by keyboard keeps the focus while the list of rooms changes, and when it brings another room
      await dora.locator('#rooms button', {hasText: 'lobby'}).press('Enter');
      await heard(dora, '#where', 'lobby');
      const focused = () => dora.evaluate(() => document.activeElement.textContent);
      assert.match(await focused(), /^lobby/);
      await dora.locator('#room').fill('lab');
      await dora.locator('#room').press('Enter');
      await heard(dora, '#where', 'lab');
      await dora.locator('#rooms button', {hasText: 'lab'}).focus();
      await ann.locator('#room').fill('attic');
      await ann.locator('#room').press('Enter');
      await heard(dora, '#rooms li', 'attic');
      assert.match(await focused(), /^lab/);
      await ann.locator('#rooms button', {hasText: 'lobby'}).click();
      await heard(ann, '#where', 'lobby');
      await ben.locator('#name').fill('bob');
      await ben.locator('#name').press('Enter');
      await heard(ann, '#people li', 'bob');
      await ann.locator('#text').fill('only in the lobby');
      await ann.locator('#text').press('Enter');
      await heard(ben, '#log li', 'only in the lobby');
      assert.equal(await dora.locator('#log li').count(), 0, 'the lab hears nothing of the lobby');
    },
  },
  {
    name: 'chat: the server is killed and started again', program: 'chat',
    async run(t) {
      const pages = [await open(t, `${t.server.origin}/?name=ann`), await open(t, `${t.server.origin}/?name=ben&transport=longpoll`)];
      for (const page of pages) await heard(page, '#status[data-state=live]', '');
      const lines = ['written, and nobody knows whether it was read', 'while it was away'];
      const say = async (text) => {
        await pages[0].locator('#text').fill(text);
        await pages[0].locator('#text').press('Enter');
        await heard(pages[0], '#log li.waiting', text);
      };
      t.server.freeze(); // its socket still takes what is written
      await say(lines[0]);
      await t.server.stop('SIGKILL');
      await say(lines[1]);
      await t.restart();
      for (const page of pages) for (const text of lines) await heard(page, '#log li:not(.waiting):not(.failed)', text);
      for (const text of lines) await heard(pages[0], '#log li.mine', `${text}delivered`);
      for (const page of pages) await heard(page, '#people li', 'ben');
      assert.equal(await pages[1].locator('#log li').count(), 2, 'each was said once');
    },
  },
  {
    name: 'embed: cookie, handler, job, logout', program: 'embed', long: true, // the job works every 5 s
    async run(t) {
      const ann = await logIn(t, 'ann', 'apple');
      const second = await open(t, t.server.origin, ann.context());
      await heard(second, '#status', 'Live over');
      const ben = await logIn(t, 'ben', 'banana');
      await ann.locator('#what').fill('two pears');
      await ann.locator('#place button').click();
      for (const page of [ann, second]) await heard(page, '#orders tr', /two pears.*(placed|packed)/);
      for (const page of [ann, second]) await heard(page, '#orders tr', /two pears.*sent/);
      assert.equal(await ben.locator('#orders tr').count(), 0, 'the other user sees nothing of it');
      await ben.locator('#what').fill('plums');
      await ben.locator('#place button').click();
      await ben.getByRole('button', {name: 'Cancel order 2'}).click({timeout: 4000}).catch(() => {}); // packed meanwhile
      await heard(ben, '#orders tr', /plums.*(cancelled|packed|sent)/);
      await ann.getByRole('button', {name: 'Log out ann'}).click();
      await second.waitForURL('**/login');
      assert.equal(new URL(ben.url()).pathname, '/', 'the other user is still there');
      await ben.context().setOffline(true);
      await heard(ben, '#status', 'Out of reach');
      await ben.context().setOffline(false);
      await heard(ben, '#status', 'Live over');
      assert.equal(await t.server.stop(), 0, 'the server ends in order');
    },
  },
  {
    name: 'legacy: Chromium and PhantomJS 1.9.8', program: 'legacy',
    async run(t) {
      const page = await open(t, t.server.origin);
      await heard(page, '#live', 'the only reader');
      const old = phantom(await engines.phantom19.program(), t.server.origin, 'from an old engine', 'from a new one');
      try {
        await heard(page, '.entry', 'from an old engine');
        await heard(page, '#live', '2 people are reading');
        await page.locator('#name').fill('Chromium');
        await page.locator('#text').fill('from a new one');
        await page.locator('[type=submit]').click();
        await heard(page, '#note', 'Thank you!');
        const seen = await old.seen;
        assert.deepEqual(seen, {...seen, errors: [], jquery: '1.4.2', own: true, other: true, note: 'Thank you!'});
        await page.reload(); // now both entries come in the page and by the session
        await heard(page, '#live', /reading now|only reader/);
        assert.equal(await page.locator('.entry').count(), 2, 'nothing is there twice');
      } finally {
        old.stop();
      }
    },
  },
];

// phantom starts PhantomJS on the guestbook; `seen` resolves with what it saw there.
function phantom(program, ...args) {
  const child = spawn(program, [path.join(here, 'pages', 'phantom-guestbook.js'), ...args], {stdio: ['ignore', 'pipe', 'inherit']});
  running.add(child);
  let said = '';
  child.stdout.on('data', (data) => { said += data; });
  const seen = once(child, 'close').then(([code]) => {
    running.delete(child);
    const line = said.split('\n').find((text) => text.startsWith('{'));
    if (!line) throw new Error(`PhantomJS ended with code ${code} and said nothing: ${said}`);
    return JSON.parse(line);
  });
  seen.catch(() => {}); // it is awaited where all else went well
  return {seen, stop: () => child.kill('SIGKILL')};
}

async function run(browser, programs, c) {
  const contexts = [];
  const t = {wrong: [], server: await start(path.join(programs, c.program))};
  t.context = async () => {
    const context = await browser.newContext();
    context.setDefaultTimeout(15000);
    contexts.push(context);
    return context;
  };
  t.restart = async () => { t.server = await start(path.join(programs, c.program), new URL(t.server.origin).host); };
  const began = Date.now();
  try {
    await within(c.run(t), LIMIT, `not done within ${LIMIT / 1000} s`);
  } catch (err) {
    t.wrong.push(err.message.split('\n').slice(0, 6).join('\n       '));
  } finally {
    for (const context of contexts) await context.close();
    await t.server.stop('SIGKILL');
  }
  console.log(`${t.wrong.length ? 'FAILED' : 'passed'}  ${c.name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  for (const text of t.wrong) console.log(`       ${text}`);
  return t.wrong.length === 0;
}

async function main() {
  const {chromium} = await import('playwright-core').catch(() => { throw new Error('playwright-core is missing: run client-js/e2e/install.sh'); });
  const executablePath = await engines.chromium.program().catch((err) => { throw new Error(`Chromium is missing (${err.message}): run client-js/e2e/install.sh`); });
  // The longest first, so that it is not left over at the end.
  const chosen = cases.filter((c) => c.name.includes(flags.only)).toSorted((a, b) => !!b.long - !!a.long);
  if (chosen.length === 0) throw new Error('no case has run');
  const programs = await mkdtemp(path.join(tmpdir(), 'everwire-examples-'));
  let done;
  try {
    const build = spawn('go', ['build', '-o', programs + path.sep, './examples/...'], {cwd: root, stdio: ['ignore', 'inherit', 'inherit']});
    const [code] = await once(build, 'exit');
    if (code !== 0) throw new Error(`go build ended with code ${code}`);
    const browser = await chromium.launch({executablePath, args: chromiumFlags});
    try {
      done = await pool(chosen.map((c) => () => run(browser, programs, c)), 4);
    } finally {
      await browser.close();
    }
  } finally {
    await rm(programs, {recursive: true, force: true});
  }
  const passed = done.filter(Boolean).length;
  console.log(`${passed} passed, ${done.length - passed} failed`);
  return passed === done.length;
}

main().then((ok) => process.exit(ok ? 0 : 1), (err) => {
  console.error(err.stack);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
