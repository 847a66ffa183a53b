// What the Node servers share: the page's files, the order to emit, and their end.
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {createServer} from 'node:http';
import path from 'node:path';

const site = process.argv[2];
const types = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8'};
const filler = 'abcdefghijklmnopqrstuvwxyz'.repeat(5);

// event is the nth event: 128 bytes of JSON, as the Go servers make it.
export function event(n) {
  const head = `{"n":${n},"at":1700000000000,"text":""}`;
  return {n, at: 1700000000000, text: filler.slice(0, 128 - head.length)};
}

// serve answers the page's files and POST /run?events=N&rate=R, which emits N events, R a second or, if R is 0, all in
// one turn. transport() says what carries the one session that there is. `attach` gets the http.Server, `handle` what
// is not answered here. It prints {"port":N} and ends with standard input.
export function serve({attach, handle, emit, transport}) {
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://localhost');
    if (url.pathname.startsWith('/site/')) return file(url.pathname, res);
    if (url.pathname === '/run') {
      run(Number(url.searchParams.get('events')), Number(url.searchParams.get('rate')), emit);
      res.setHeader('Content-Type', 'application/json');
      return res.end(JSON.stringify({transport: transport()}));
    }
    if (handle) handle(req, res, url);
    else if (!attach) res.writeHead(404).end();
  });
  attach?.(server);
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({port: server.address().port})));
  process.stdin.on('end', () => process.exit()).resume();
}

async function file(pathname, res) {
  const name = path.join(site, path.basename(pathname));
  try {
    await stat(name);
  } catch {
    return res.writeHead(404).end();
  }
  res.writeHead(200, {'Content-Type': types[path.extname(name)] || 'application/octet-stream', 'Cache-Control': 'no-store'});
  createReadStream(name).pipe(res);
}

function run(events, rate, emit) {
  const start = performance.now();
  let n = 0;
  function turn() {
    const due = rate ? Math.min(events, Math.floor((performance.now() - start) / 1000 * rate)) : events;
    while (n < due) emit(event(++n));
    if (n < events) setTimeout(turn, 1);
  }
  setTimeout(turn, 1);
}

