// The browser engines of the end-to-end tests: where they are, how one is started on a URL, how it is ended.
// No WebDriver: an engine opens the URL, the page reports to its own server, and the engine's process group is killed.
import {spawn} from 'node:child_process';
import {access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {brotliDecompressSync} from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const prepared = path.join(here, '.engines');
const modules = path.join(here, 'node_modules');
const opener = path.join(here, 'pages', 'phantom-open.js');

export const chromiumFlags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

// Firefox looks for updates, portals and settings on the network at every start unless told not to.
const firefoxPrefs = {
  'app.normandy.enabled': false, 'app.update.enabled': false, 'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.downloads.enabled': false, 'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false, 'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false, 'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.healthreport.uploadEnabled': false, 'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.systemAddon.update.enabled': false, 'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true, 'network.prefetch-next': false,
  'services.settings.server': 'data:,', 'toolkit.telemetry.unified': false,
};

const otherNames = {
  'libssl.so': 'libxsl.no', 'libcrypto.so': 'libcrxpto.no', 'libssl.*': 'libxsl.q', 'libcrypto.*': 'libcrxpto.q',
};

// PhantomJS 1.9.8 loads the system's libssl if it is there and dies of it. A copy that looks for libraries of other
// names finds none and runs.
async function preparePhantom19() {
  const to = path.join(prepared, 'phantomjs-1.9.8');
  let bytes = (await readFile(path.join(modules, 'phantom19/bin/linux/x64/phantomjs'))).toString('latin1');
  for (const [name, other] of Object.entries(otherNames)) bytes = bytes.replaceAll(name, other);
  await install(to, Buffer.from(bytes, 'latin1'));
  return to;
}

async function prepareChromium64() {
  const to = path.join(prepared, 'chromium-64');
  await install(to, () => readFile(path.join(modules, 'chrome64/bin/chromium.br')).then(brotliDecompressSync));
  return to;
}

// prepare makes the executables that have to be made, one after the other. install.sh does it: while a process is being
// started, a file that is being written cannot be run (ETXTBSY).
export async function prepare() {
  await preparePhantom19();
  await prepareChromium64();
}

// install writes an executable unless it is there already; a half-written one never has the name. Whoever asks meanwhile
// waits for the same file.
const installing = new Map();
function install(to, bytes) {
  if (!installing.has(to)) installing.set(to, write(to, bytes));
  return installing.get(to);
}

async function write(to, bytes) {
  if (await exists(to)) return;
  await mkdir(prepared, {recursive: true});
  const part = `${to}.${process.pid}`;
  await writeFile(part, typeof bytes === 'function' ? await bytes() : bytes);
  await chmod(part, 0o755);
  await rename(part, to);
}

const exists = (file) => access(file).then(() => true, () => false);

async function first(...files) {
  for (const file of files) if (await exists(file)) return file;
  throw new Error(`none of ${files.join(', ')} is there`);
}

const chromiumPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// Each engine: its title, `program()` that finds or makes the executable, and the rest of its command line.
export const engines = {
  phantom19: {title: 'PhantomJS 1.9.8', program: preparePhantom19, args: (url) => [opener, url]},
  phantom21: {
    title: 'PhantomJS 2.1.1', args: (url) => [opener, url], env: {OPENSSL_CONF: '/dev/null', QT_QPA_PLATFORM: undefined},
    program: () => first(path.join(modules, 'phantom21/bin/linux/x64/phantomjs')),
  },
  chromium64: {
    title: 'Chromium 64', program: prepareChromium64,
    // Without the debugging port its headless mode ends as soon as the page has loaded.
    args: (url, dir) => ['--headless', '--remote-debugging-port=0', ...chromiumFlags, `--user-data-dir=${dir}`, url],
  },
  chromium: {
    title: 'Chromium', program: () => first(...chromiumPaths),
    args: (url, dir) => ['--headless', ...chromiumFlags, `--user-data-dir=${dir}`, url],
  },
  firefox: {
    title: 'Firefox ESR', program: () => first('/usr/bin/firefox-esr', '/usr/bin/firefox'), prefs: firefoxPrefs,
    args: (url, dir) => ['--headless', '--no-remote', '--profile', dir, url],
  },
};

// An engine has a process group of its own, so it would outlive a test run that is ended by a signal.
const running = new Set();
process.on('exit', () => { for (const child of running) kill(child); });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (err) {
    if (err.code !== 'ESRCH') throw err;
  }
}

// start opens url in an engine. The result's `ended` resolves with a line about how the process ended, and `stop` kills
// its process group and returns when it is gone.
export async function start(name, url) {
  const engine = engines[name];
  let program;
  try {
    program = await engine.program();
  } catch (err) {
    throw new Error(`${engine.title} is missing (${err.message}): run client-js/e2e/install.sh`);
  }
  const dir = await mkdtemp(path.join(tmpdir(), `everwire-${name}-`));
  if (engine.prefs) {
    const lines = Object.entries(engine.prefs).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`);
    await writeFile(path.join(dir, 'user.js'), lines.join(''));
  }
  const env = {...process.env, HOME: dir, ...engine.env};
  for (const key of Object.keys(env)) if (env[key] === undefined) delete env[key];
  const child = spawn(program, engine.args(url, dir), {cwd: dir, env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
  if (child.pid) running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { said = (said + data).slice(-2000); });
  const ended = new Promise((resolve) => {
    child.on('error', (err) => resolve(`${engine.title} did not start: ${err.message}`));
    child.on('exit', (code, signal) => resolve(`${engine.title} ended by itself (${signal || `code ${code}`}): ${said.trim().slice(-400)}`));
  });
  return {
    ended,
    said: () => said,
    async stop() {
      if (child.pid) kill(child);
      await ended;
      running.delete(child);
      await rm(dir, {recursive: true, force: true, maxRetries: 5});
    },
  };
}
