// The server's half of the protocol, for tests: strict about numbers, and it keeps a history of all it took.
import assert from 'node:assert/strict';

const RUNGS = ['websocket', 'sse', 'longpoll', 'polling'];

class Session {
  constructor(server, id, key) {
    Object.assign(this, {
      server, id, key, n: 0, r: 0, base: 0, queue: [], got: 0, carrier: null, ticket: '', idSeen: false,
      taken: [], acks: [], calls: new Map(), callID: 0, ended: '', volatiles: []
    });
  }

  get last() { return this.base + this.queue.length; }

  push(frame) {
    if (this.ended) return;
    this.queue.push(frame);
    this.carrier?.wake();
  }

  emit(name, payload) { this.push(payload === undefined ? [1, name] : [1, name, payload]); }

  volatile(name, payload) { this.carrier?.loose?.([28, name, payload]); }

  call(name, payload) {
    const id = ++this.callID;
    return new Promise((resolve) => {
      this.calls.set(id, resolve);
      this.push([2, id, name, payload]);
    });
  }

  close(code = 4000, text = 'bye') { this.push([9, code, text]); }

  confirm(g = 0) {
    assert(g <= this.last, `confirm ${g} above ${this.last}`);
    while (this.base < g) {
      this.base++;
      const f = this.queue.shift();
      if (f[0] === 9) this.end('closed', true);
    }
  }

  // one counted frame from below with its number
  take(num, f) {
    if (num <= this.got) return;
    assert.equal(num, this.got + 1, 'gap from the client');
    this.got = num;
    const kind = f[0];
    this.taken.push(f);
    if (kind === 2 || kind === 6) {
      const handler = this.server.handlers[f[2]];
      if (handler) handler(this, f[3], (v) => this.push(v === undefined ? [3, f[1]] : [3, f[1], v]), f[1]);
      else this.push([4, f[1], 'no-handler', '']);
    } else if (kind === 1 || kind === 5) {
      this.server.handlers[f[1]]?.(this, f[2]);
    } else if (kind === 3 || kind === 4 || kind === 7) {
      this.acks.push(f);
      this.calls.get(f[1])?.(f);
    } else if (kind === 9) {
      this.end('closed');
    }
  }

  attach(n, got, carrier) {
    this.n = n;
    this.ticket = '';
    this.confirm(got);
    const old = this.carrier;
    this.carrier = carrier;
    old?.replaced();
  }

  end(word, mine) {
    this.ended = word;
    const c = this.carrier;
    this.carrier = null;
    c?.ended(word, mine);
  }
}

export class Server {
  constructor(clock, options = {}) {
    this.clock = clock;
    this.handlers = {};
    this.sessions = new Map();
    this.keys = new Map();
    this.ids = 0;
    this.tickets = 0;
    this.openings = 0;
    this.log = [];
    this.confirmUp = true;
    Object.assign(this, {
      transports: RUNGS, ping: 25000, wait: 25000, poll: [500, 10000], head: 400, window: 120000,
      max: [65536, 262144, 1048576], authorize: () => null, beforeWelcome: () => {}, pause: 0
    }, options);
  }

  get only() {
    assert.equal(this.sessions.size, 1);
    return [...this.sessions.values()][0];
  }

  // restart forgets every session.
  restart() {
    for (const s of this.sessions.values()) {
      const c = s.carrier;
      s.carrier = null;
      c?.gone();
    }
    this.old = [...(this.old || []), ...this.sessions.values()];
    this.sessions.clear();
    this.keys.clear();
  }

  // hello finds or makes the session: {session} or {code, word}.
  hello(h, attach) {
    if (!h || typeof h !== 'object' || (h.key === undefined) === (h.id === undefined)) return { code: 4400, word: 'hello' };
    assert(!attach || h.n >= 1, 'attach without n');
    if (h.key !== undefined) {
      assert.match(h.key, /^[\w-]{22,64}$/);
      assert((h.v || 1) === 1);
      let s = this.keys.get(h.key);
      if (!s) {
        const no = this.authorize(h.auth);
        if (no) return no;
        s = new Session(this, 'session' + String(++this.ids).padStart(15, '0'), h.key);
        this.keys.set(h.key, s);
        this.sessions.set(s.id, s);
        this.openings++;
        this.onconnect?.(s);
      }
      if (s.ended) return { code: 4410, word: s.ended };
      if (s.idSeen || h.n <= s.n) return { code: 4409, word: 'stale' };
      return { session: s, opening: true };
    }
    const s = this.sessions.get(h.id);
    if (!s) return { code: 4404, word: 'unknown' };
    if (s.ended) return { code: 4410, word: s.ended };
    if (attach && h.n <= s.n) return { code: 4409, word: 'stale' };
    s.idSeen = true;
    return { session: s };
  }

  welcome(s, h, opening, more) {
    this.beforeWelcome(s);
    return [21, {
      ...(opening ? {
        v: 1, id: s.id, resumed: false, transports: this.transports, ping: this.ping, wait: this.wait, poll: this.poll,
        head: this.head, window: this.window, max: this.max
      } : {}),
      n: h.n, got: s.got, ...more
    }];
  }

  // post handles a POST; answer(status, text) once. It returns what to call when the client went away.
  post(path, text, answer) {
    const fail = (e) => answer(e.code - 4000, JSON.stringify([22, e.code, e.word, ...(e.after ? [e.after] : [])]) + '\n');
    const name = path.split('?')[0];
    if (!text.endsWith('\n')) return fail({ code: 4400, word: 'frame' });
    const lines = text.split('\n').filter(Boolean).map((l) => JSON.parse(l));
    const h = lines.shift()?.[1];
    this.log.push({ path: name, h, frames: lines });
    if (name !== 'send' && !this.transports.includes(name)) return fail({ code: 4406, word: 'transport' });
    const bodySize = text.length - text.indexOf('\n') - 1;
    if (bodySize > this.max[1] || lines.length > 1024) return fail({ code: 4413, word: 'size' });
    const found = this.hello(h, name !== 'send');
    if (!found.session) return fail(found);
    const s = found.session;
    if (h.got > s.last) return fail({ code: 4400, word: 'confirm' });
    let pong, partial;
    const up = () => {
      let num = (h.seq || 1) - 1, counted = 0;
      const fresh = name !== 'send' || h.r > s.r;
      for (const f of lines) {
        if (f[0] < 20) {
          counted++;
          num++;
          if (num > s.got + 1) break;
          if (s.ended) break;
          if (this.limit && num > this.limit) { partial = true; break; }
          s.take(num, f);
        } else if (f[0] === 24 && fresh) {
          pong = [25, s.got, f[2]];
        } else if (f[0] === 25 || f[0] === 26) {
          s.confirm(f[1]);
        } else if ((f[0] === 28 || f[0] === 29) && fresh) {
          s.volatiles.push(f);
        }
      }
      return counted;
    };
    if (name === 'send') {
      s.confirm(h.got);
      const counted = up();
      if (h.r > s.r) s.r = h.r;
      if (pong) s.carrier?.loose?.(pong);
      if (!counted && !(s.carrier?.written > h.got)) return answer(204, '');
      return answer(200, JSON.stringify([21, {
        r: h.r, got: s.got, ...(s.carrier?.written !== undefined ? { at: s.carrier.written } : {}), ...(partial ? { pause: this.pause } : {})
      }]) + '\n');
    }
    // an attach by POST
    let over = false, timer;
    const carrier = {
      extra: [],
      wake: () => { if (ready) finish(); },
      loose: (f) => { carrier.extra.push(f); if (ready) finish(); },
      replaced: () => { if (!over) { over = true; this.clock.clearTimeout(timer); fail({ code: 4409, word: 'replaced' }); } },
      ended: (word) => { if (!over) { over = true; this.clock.clearTimeout(timer); fail({ code: 4410, word }); } },
      gone: () => { if (!over) { over = true; this.clock.clearTimeout(timer); answer(0, ''); } }
    };
    let ready = false;
    s.attach(h.n, h.got, carrier);
    const counted = up();
    if (pong) carrier.extra.push(pong);
    const finish = () => {
      if (over) return;
      over = true;
      this.clock.clearTimeout(timer);
      if (s.carrier === carrier) s.carrier = null;
      const frames = [];
      let size = 0;
      for (const f of s.queue) {
        const line = JSON.stringify(f);
        size += line.length + 1;
        if (frames.length && size > this.max[1]) break;
        frames.push(line);
      }
      const more = {};
      if (frames.length) more.seq = s.base + 1;
      if (h.ticket) more.ticket = s.ticket = 'ticket' + ++this.tickets;
      if (partial) more.pause = this.pause;
      if (!frames.length && !carrier.extra.length && !found.opening && !counted && !h.ticket && !h.flat) return answer(204, '');
      answer(200, [JSON.stringify(this.welcome(s, h, found.opening, more)), ...carrier.extra.map((f) => JSON.stringify(f)), ...frames].join('\n') + '\n');
    };
    ready = true;
    const hold = name === 'longpoll' && !found.opening && !counted && !h.ticket ? Math.min(h.wait || this.wait, this.wait) : counted || found.opening ? 20 : 0;
    if (s.queue.length || carrier.extra.length || !hold) finish();
    else timer = this.clock.setTimeout(finish, hold);
    return () => { over = true; this.clock.clearTimeout(timer); if (s.carrier === carrier) s.carrier = null; };
  }

  // stream: what both kinds of stream do. write(...frames) and end() are the connection's.
  stream(s, h, write, end, name) {
    let next = 0, stopped = false, beat;
    const carrier = {
      name,
      get written() { return name === 'sse' ? next - 1 : undefined; },
      begin: () => {
        next = s.base + 1;
        carrier.beat();
      },
      wake: () => {
        if (stopped) return;
        const frames = [];
        if (next <= s.base && s.last > s.base) {
          next = s.base + 1;
          frames.push([27, next]);
        }
        while (next <= s.last) frames.push(s.queue[next++ - s.base - 1]);
        write(...frames);
      },
      loose: (f) => { if (!stopped) write(f); },
      beat: () => {
        beat = this.clock.setTimeout(() => {
          if (stopped) return;
          write([24, next - 1]);
          carrier.beat();
        }, this.ping);
      },
      stop: () => { stopped = true; this.clock.clearTimeout(beat); if (s.carrier === carrier) s.carrier = null; },
      replaced: () => { if (!stopped) { carrier.stop(); end(4409, 'replaced'); } },
      ended: (word, mine) => { if (!stopped) { carrier.stop(); mine ? end(1000, '') : end(4410, word); } },
      gone: () => { carrier.stop(); end(0, ''); }
    };
    return carrier;
  }

  // sse handles a GET; out: {open, data(text), end()}. It returns what to call when the client went away.
  sse(query, out) {
    const q = new URLSearchParams(query);
    this.log.push({ path: 'sse', q: Object.fromEntries(q) });
    if (!this.transports.includes('sse')) return void out.refuse();
    if (!q.has('t')) {
      out.data('[21,{}]');
      const t = this.clock.setTimeout(() => out.end(), 2000);
      return () => this.clock.clearTimeout(t);
    }
    const s = [...this.sessions.values()].find((s) => s.ticket && s.ticket === q.get('t')), n = +q.get('n');
    if (!s || s.ended || n <= s.n) return void out.refuse();
    s.idSeen = true;
    const carrier = this.stream(s, {}, (...frames) => frames.forEach((f) => out.data(JSON.stringify(f))), (code, word) => {
      if (word) out.data(JSON.stringify([22, code, word]));
      out.end();
    }, 'sse');
    s.attach(n, +q.get('got') || 0, carrier);
    s.ticket = 'ticket' + ++this.tickets;
    out.data(JSON.stringify([21, { n, seq: s.base + 1, got: s.got, ticket: s.ticket }]));
    carrier.begin();
    carrier.wake();
    return () => carrier.stop();
  }

  // websocket handles a connection; out: {send(text), close(code, reason)}. It returns {message, closed}.
  websocket(out) {
    let s, carrier, num, pings = 0, said = 0, beat;
    const bye = (code, word) => {
      if (word) out.send(JSON.stringify([22, code, word]));
      out.close(code, word);
    };
    const message = (data) => {
      for (const line of typeof data === 'string' ? data.split('\n').filter(Boolean) : [data]) {
        let f;
        if (typeof line === 'string') {
          f = JSON.parse(line);
        } else {
          const bytes = Buffer.from(line), at = bytes.indexOf(10);
          assert.match(bytes.subarray(0, at).toString('latin1'), /^[\x20-\x7f]+$/);
          f = [...JSON.parse(bytes.subarray(0, at).toString()), bytes.subarray(at + 1).toString('base64')];
        }
        if (!carrier) {
          if (f[0] === 24) {
            assert.equal(f[1], 0);
            if (++pings > 3) return bye(4400, 'hello');
            out.send(JSON.stringify([25, 0, f[2]]));
          } else if (f[0] === 20) {
            const h = f[1];
            this.log.push({ path: 'websocket', h });
            const found = this.hello(h, true);
            if (!found.session) {
              if (found.word === 'stale' || found.word === 'unknown') { out.send(JSON.stringify([22, found.code, found.word])); pings = 0; continue; }
              return bye(found.code, found.word);
            }
            s = found.session;
            carrier = this.stream(s, h, (...frames) => {
              let lines = [];
              const flush = () => {
                if (lines.length) out.send(lines.join('\n'));
                lines = [];
              };
              for (const f of frames) {
                if (h.bin && (f[0] === 5 || f[0] === 6 || f[0] === 7 || f[0] === 29)) {
                  flush();
                  out.send(Uint8Array.from([...Buffer.from(JSON.stringify(f.slice(0, -1)) + '\n'), ...Buffer.from(f.at(-1), 'base64')]).buffer);
                } else {
                  lines.push(JSON.stringify(f));
                  if (!h.lines) flush();
                }
              }
              flush();
            }, bye, 'websocket');
            num = (h.seq || 1) - 1;
            said = s.got;
            s.attach(h.n, h.got, carrier);
            out.send(JSON.stringify(this.welcome(s, h, found.opening, { seq: s.base + 1 })));
            carrier.begin();
            carrier.wake();
            const tell = () => {
              if (s.carrier !== carrier) return;
              if (said < s.got) out.send(JSON.stringify([26, said = s.got]));
              beat = this.clock.setTimeout(tell, 10000);
            };
            beat = this.clock.setTimeout(tell, 10000);
          }
          // frames behind a refused hello are dropped
          continue;
        }
        if (s.carrier !== carrier) continue;
        if (f[0] < 20) {
          num++;
          if (num > s.got + 1) return bye(4400, 'gap');
          s.take(num, f);
          if (s.ended) { out.send(JSON.stringify([26, s.got])); return; }
          if (s.got - said >= 64) out.send(JSON.stringify([26, said = s.got]));
        } else if (f[0] === 24) {
          out.send(JSON.stringify([25, said = s.got, ...(f[2] ? [f[2]] : [])]));
        } else if (f[0] === 25 || f[0] === 26) {
          s.confirm(f[1]);
        } else if (f[0] === 27) {
          num = f[1] - 1;
        } else if (f[0] === 28 || f[0] === 29) {
          s.volatiles.push(f);
        } else if (f[0] === 20) {
          return bye(4400, 'hello');
        }
      }
    };
    return { message, closed: () => { this.clock.clearTimeout(beat); carrier?.stop(); } };
  }
}
