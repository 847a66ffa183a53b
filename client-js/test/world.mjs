// A world for the client: virtual time, a fake server behind a network that can do what networks do,
// and the engine's WebSocket, EventSource and XMLHttpRequest on top of it.
import { build } from '../build.mjs';
import { Clock, rng } from './clock.mjs';
import { Server } from './server.mjs';

const built = build();
const loaded = new Map();

// load evaluates a build as a script of CommonJS and returns its exports.
export function load(name = 'everwire.js') {
  if (!loaded.has(name)) {
    const module = { exports: {} };
    new Function('module', 'exports', built[name])(module, module.exports);
    loaded.set(name, module.exports);
  }
  return loaded.get(name);
}

export class World {
  // net: what happens to traffic. Every function may be replaced by a test.
  constructor({ seed = 1, server = {}, build: name = 'everwire.js', ...net } = {}) {
    this.random = rng(seed);
    this.clock = new Clock();
    this.server = new Server(this.clock, server);
    this.everwire = load(name);
    this.sockets = new Set();
    this.streams = new Set();
    this.requests = [];
    this.opened = [];           // every connection, by kind, in order
    this.store = new Map();
    this.events = [];
    this.listeners = {};
    this.net = {
      delay: () => 10,          // one way, ms
      websocket: () => 'ok',    // 'ok', 'refuse', 'hang' (no 101), 'mute' (101, then nothing)
      sse: () => 'ok',          // 'ok', 'refuse', 'hang' (buffered whole), 'mute'
      post: () => 'ok',         // 'ok', 'lose' (never arrives), 'drop' (answer lost), 'double', 'fail', or [status, text]
      ...net
    };
    const world = this;
    this.globals = {
      setTimeout: this.clock.setTimeout,
      clearTimeout: this.clock.clearTimeout,
      Date: this.clock.Date,
      Math: { random: this.random },
      localStorage: { getItem: (k) => this.store.get(k) ?? null, setItem: (k, v) => this.store.set(k, v) },
      window: {
        addEventListener: (name, fn) => { (this.listeners[name] ||= new Set()).add(fn); },
        removeEventListener: (name, fn) => { this.listeners[name]?.delete(fn); }
      },
      document: undefined,
      navigator: undefined,
      location: { href: 'http://app.test/page', toString() { return this.href; } },
      WebSocket: class { static CLOSING = 2; constructor(url, protocol) { world.socket(this, url, protocol); } },
      EventSource: class { constructor(url) { world.source(this, url); } },
      XMLHttpRequest: class { constructor() { world.xhr(this); } }
    };
  }

  connect(opts = {}) {
    const rt = this.everwire.connect('/everwire/', { ...this.globals, ...opts });
    for (const name of ['connect', 'disconnect', 'resume', 'transport', 'error']) {
      rt.on(name, (info) => this.events.push([name, info]));
    }
    return rt;
  }

  names() { return this.events.map(([name]) => name); }

  fire(name, event = {}) { for (const fn of this.listeners[name] || []) fn(event); }

  run(ms, done) { return this.clock.run(ms, done); }

  // trace keeps what was on the wire, for whoever looks into a failure (TRACE=1).
  trace(...words) {
    if (process.env.TRACE) (this.wire ||= []).push([this.clock.time - 1.7e12, ...words].join(' '));
  }

  soon(fn, ms = this.net.delay()) { return this.clock.setTimeout(fn, ms); }

  // a pipe delivers in order
  pipe() {
    let last = 0; // whole milliseconds, so that equal times stay equal
    return (fn) => {
      last = Math.max(last, this.clock.time + this.net.delay());
      this.clock.setTimeout(fn, last - this.clock.time);
    };
  }

  xhr(x) {
    let done = false, url, gone;
    Object.assign(x, {
      readyState: 0, status: 0, responseText: '', onreadystatechange: null,
      open: (method, u) => { url = new URL(u, 'http://app.test/'); },
      setRequestHeader: () => {},
      send: (text) => {
        const path = url.pathname.replace('/everwire/', '') + url.search, what = this.net.post(path, text);
        this.requests.push({ path, text, at: this.clock.time, what });
        this.opened.push('post');
        this.trace('post', path, text);
        const answer = (status, body) => {
          if (what === 'drop' || (this.net.answer && !this.net.answer(path, status, body))) return;
          if (this.net.cutAnswer) body = this.net.cutAnswer(body);
          this.soon(() => {
            if (done) return;
            done = true;
            this.trace('answer', path, status, body);
            Object.assign(x, { readyState: 4, status, responseText: body });
            x.onreadystatechange?.();
          });
        };
        if (Array.isArray(what)) return answer(...what);
        if (what === 'fail') return this.soon(() => answer(0, ''));
        if (what === 'lose') return;
        const arrive = () => { const back = this.server.post(path, text, answer); gone = typeof back === 'function' ? back : gone; };
        this.soon(arrive);
        if (what === 'double') this.soon(arrive);
        x.cut = () => { if (!done) { gone?.(); answer(0, ''); } };
        this.streams.add(x);
      },
      abort: () => { done = true; this.soon(() => gone?.()); }
    });
  }

  source(es, url) {
    const u = new URL(url, 'http://app.test/'), what = this.net.sse(u), down = this.pipe();
    let open = true, gone;
    this.opened.push('sse');
    const fail = () => { if (open) { open = false; es.onerror?.({}); } };
    es.close = () => { if (open) { open = false; this.soon(() => gone?.()); } this.streams.delete(es); };
    es.cut = () => { this.streams.delete(es); this.soon(() => gone?.()); this.soon(fail); };
    if (what === 'refuse') return void this.soon(fail);
    this.streams.add(es);
    this.soon(() => {
      gone = this.server.sse(u.search, {
        data: (text) => {
          if (what === 'hang' || es.muted) return;
          down(() => { if (open && !es.muted) { this.trace('sse', text); es.onmessage?.({ data: text }); } });
        },
        end: () => down(fail),
        refuse: () => this.soon(fail)
      });
    });
  }

  socket(ws, url, protocol) {
    const what = this.net.websocket(url), up = this.pipe(), down = this.pipe();
    let open = true, conn;
    this.opened.push('websocket');
    ws.url = url;
    ws.protocol = protocol;
    ws.binaryType = 'blob';
    ws.bufferedAmount = 0;
    ws.readyState = 0;
    const closed = (code, reason = '') => {
      if (!open) return;
      open = false;
      ws.readyState = 3;
      this.sockets.delete(ws);
      ws.onclose?.({ code, reason });
    };
    ws.close = () => { open = false; ws.readyState = 3; this.sockets.delete(ws); this.soon(() => conn?.closed()); };
    ws.send = (data) => {
      if (ws.readyState === 0) throw new Error('InvalidStateError');
      if (ws.readyState === 3) return;
      (ws.sent ||= []).push(data);
      this.trace('ws >', data);
      if (what !== 'mute' && !ws.muted && !ws.broken) up(() => { if (!ws.muted && !ws.half) conn?.message(data); });
    };
    // cut: each end notices when it likes
    ws.cut = (code = 1006) => { ws.broken = true; if (this.random() < 0.5) ws.half = true; this.soon(() => conn?.closed()); this.soon(() => closed(code)); };
    this.sockets.add(ws);
    if (what === 'hang') return;
    if (what === 'refuse') return void this.soon(() => closed(1006));
    this.soon(() => {
      if (!open) return;
      conn = this.server.websocket({
        send: (data) => { if (what !== 'mute' && !ws.muted) down(() => { if (open && !ws.muted && !ws.half) { this.trace('ws <', data); ws.onmessage?.({ data }); } }); },
        close: (code, reason) => down(() => closed(code || 1006, reason))
      });
      this.soon(() => {
        if (!open) return;
        ws.readyState = 1;
        ws.onopen?.({});
      });
    }, 2 * this.net.delay());
  }

  // cutAll breaks every connection that is open.
  cutAll() {
    for (const s of [...this.sockets]) s.cut();
    for (const s of [...this.streams]) s.cut();
  }
}
