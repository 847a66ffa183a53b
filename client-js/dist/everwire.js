/*! everwire 0.1.0 MIT */
(function (scope, make) {
  if (typeof exports == 'object') module.exports = make();
  else if (typeof define == 'function' && define.amd) define([], make);
  else scope.everwire = make();
})(this, function () {
  function connect(url, opts) {
    opts = opts || {};

    // What the main build takes from the engine as it is. legacy.js has the same names for engines that lack some of it.

    // Is this the legacy build? The build puts the number in its place.
    var LEGACY = 0;

    var root = typeof self == 'undefined' ? global : self, encode = JSON.stringify, decode = JSON.parse;

    // engine: a constructor that the engine or the app has.
    var engine = env;

    function request() {
      var Request = env('XMLHttpRequest');
      return new Request();
    }

    function toBase64(chars) {
      return btoa(chars);
    }

    function fromBase64(text) {
      return atob(text);
    }

    function listen(target, name, fn, off) {
      off = (off ? 'remove' : 'add') + 'EventListener';
      if (target[off]) target[off](name, fn, false);
    }

    // absolute makes a URL whole, as WebSocket wants it, and gives it its slash.
    function absolute(url) {
      var page = env('document'), Whole, a;
      if (page) {
        a = page.createElement('a');
        a.href = url;
      } else {
        // workers, Node
        Whole = env('URL');
        a = new Whole(url, env('location'));
      }
      return a.href.replace(/\/?$/, '/');
    }

    // The world around the client. Every global that it uses can be handed in as an option of the same name.

    function env(name) {
      return name in opts ? opts[name] : root[name];
    }

    var later = env('setTimeout'), cancel = env('clearTimeout'), random = env('Math').random, Clock = env('Date');

    function now() {
      return +new Clock();
    }

    // Frames: one line of JSON each, the kind first (PROTOCOL.md, 1). Bytes travel as base64, or raw behind their header.

    function fault(code, text) {
      var err = new Error(text || code);
      err.code = code;
      return err;
    }

    // tooDeep: more than 64 levels of arrays and objects, the frame's own the first.
    function tooDeep(text) {
      var i = 65;
      text = text.replace(/\\./g, '').replace(/"[^"]*"|[^[\]{}"]/g, '');
      while (text && --i) text = text.replace(/\[\]|\{\}/g, '');
      return text;
    }

    function isBytes(value) {
      return /(Buffer|\dArray|dArray|View)\]$/.test({}.toString.call(value));
    }

    // toChars: bytes as a string of char codes 0-255.
    function toChars(value) {
      var bytes = new Uint8Array(value.buffer || value, value.byteOffset || 0, value.byteLength), out = '', i;
      for (i = 0; i < bytes.length; i++) out += String.fromCharCode(bytes[i]);
      return out;
    }

    // toBytes: the way back; an engine without typed arrays keeps the string.
    function toBytes(chars) {
      var bytes, i = chars.length;
      if (LEGACY && !env('Uint8Array')) return chars;
      bytes = new Uint8Array(i);
      while (i--) bytes[i] = chars.charCodeAt(i);
      return bytes;
    }

    // frame makes a queue item of a head ([kind, ...]) and a payload. Bytes go up as base64 on every transport (PROTOCOL.md, 9.5).
    function frame(head, payload) {
      var item = { kind_: head[0] };
      if (isBytes(payload)) {
        head[0] = head[0] == 28 ? 29 : head[0] + 4;
        payload = toBase64(toChars(payload));
      }
      if (payload !== undefined) head.push(payload);
      item.text_ = encode(head);
      // bytes in UTF-8
      item.size_ = unescape(encodeURIComponent(item.text_)).length;
      return item;
    }

    // parse reads what one message or body holds; of a body what follows the last line end was cut.
    function parse(data, body) {
      var frames = [], chars, lines, i, f;
      if (typeof data != 'string') {
        chars = toChars(data);
        data = chars.slice(0, chars.indexOf('\n'));
      }
      for (lines = data.split('\n'), i = 0; i < lines.length - !!body; i++) {
        if (lines[i]) {
          f = decode(lines[i]);
          if (!f.push || !(f[0] > 0) || f[0] !== Math.floor(f[0])) throw 0;
          frames.push(f);
        }
      }
      if (chars) f.push(toBytes(chars.slice(data.length + 1)));
      return frames;
    }

    // The session: numbers, the queue of what is not confirmed, what came in (PROTOCOL.md, 4, 7 and 8).
    // Knows connections only by what they carry: down_ and up_, the last counted frame read and written.

    var key, id, auth, ticket,      // who we are; the ticket is good while its attach (ticket.n_) is the newest
      n, r,                         // last attach, last send
      base, queue, size,            // confirmed up to, the frames after it, their bytes
      got, said, fresh,             // received up to, told the server so, bytes since
      rtt = 0, faults = 0,          // the last round trip; faults of the peer without progress between them
      hints = { ping: 25e3, head: 400, max: [65536, 0, 1048576] };

    // begin starts the numbers of a new session.
    function begin() {
      var i = 32, bytes;
      // Firefox before 21 has a crypto without it
      try {
        bytes = env('crypto').getRandomValues(new Uint8Array(i));
      } catch (e) {}
      for (key = ''; i--;) key += ((bytes ? bytes[i] : random() * 16) & 15).toString(16);
      id = ticket = n = r = base = size = got = said = fresh = 0;
      queue = [];
    }

    // push numbers a frame and sends it when it can.
    function push(item) {
      item.seq_ = base + queue.push(item);
      size += item.size_;
      flush();
    }

    function confirm(seq) {
      while (seq > base && queue[0]) {
        faults = 0;
        base++;
        size -= queue.shift().size_;
      }
      if (rt.state == 'closing' && !queue[0]) over();
    }

    // slice gives the first unconfirmed frames after seq, up to room bytes, one at least.
    function slice(seq, room) {
      var out = [], item;
      while (out.length < 1e3 && (item = queue[seq - base + out.length]) && ((room -= item.size_ + 1) > 0 || !out[0])) {
        item.sent_ = 1;
        out.push(item);
      }
      return out;
    }

    // giveUp makes void what can never be carried.
    function giveUp(item) {
      var err = fault('too-large');
      size -= item.size_;
      item.text_ = '[8]';
      item.kind_ = 8;
      item.size_ = 0;
      answered(item.call_, err) || fire('error', err);
    }

    // hello is the first line of a connection or request; with r it is a send, else it attaches with a new number.
    function hello(c, fields) {
      if (id) {
        fields.id = id;
      } else {
        fields.key = key;
        fields.auth = auth;
      }
      if (!fields.r) fields.n = c.n_ = ++n;
      fields.got = said = got;
      fields.seq = base + 1;
      if (LEGACY) fields.flat = 1;
      fresh = 0;
      return encode([20, fields]);
    }

    // receive takes what one message or body brought, in order, up to a fault.
    function receive(c, frames) {
      var mine = key, i;
      depth++;
      for (i = 0; frames[i] && mine == key && c.dead_ != 2; i++) take(c, frames[i]);
      depth--;
      flush();
    }

    function take(c, f) {
      var kind = f[0], info = f[1], i;
      if (kind < 20) {
        // R7: its number is what this connection counts
        c.down_++;
        if (c.down_ == got + 1) {
          got++;
          faults = 0;
          deliver(c, f);
        } else if (!(c.down_ <= got)) {
          ended(c, 4400, 'gap');
        }
      } else if (kind == 21) {
        if (info.n != c.n_ && !info.r) return;
        if (info.id) {
          id = info.id;
          hints = info;
          for (i = 0; queue[i]; i++) if (queue[i].size_ > hints.max[0]) giveUp(queue[i]);
        }
        if (info.ticket) ticket = { text_: info.ticket, n_: c.n_ };
        if (info.seq) c.down_ = info.seq - 1;
        if (info.n) carry(c);
        confirm(info.got);
        if (info.pause) pause(info.pause);
        c.next_ = info.next;
        if (info.at > got) late(c, info.at);
      } else if (kind == 22) {
        // R8: a WebSocket is as before a hello that came too late
        if (f[2] == 'stale' && c == legs[0]) c.greet_();
        else ended(c, info, f[2], f[3]);
      } else if (kind == 23) {
        leave(c, info);
      } else if (kind == 24) {
        pinged(c, info, f[2]);
      } else if (kind == 27) {
        c.down_ = info - 1;
      } else if (kind < 27) {
        confirm(info);
        if (kind < 26) ponged(c, f[2]);
      } else if (kind < 30) {
        deliver(c, f);
      }
    }

    // Requests of the transports that are made of them: POSTs that cause no preflight, and the uploads.

    var sending,                    // the frames that a send or poll has under way (R5: one at a time)
      extras = [],                  // uncounted frames for the next send or poll
      body = 65536,                 // bytes of frames in one request; less where something on the way takes less
      fails = 0, rest, asked;       // sends that failed in a row, the timer of the pause after one, when the last request began

    // post sends text and calls then once with the frames of the answer; [[22, status]] if it is no answer of ours.
    // It returns a function that gives the request up.
    function post(path, text, ms, then) {
      var x = request(), timer = later(end, ms);

      function stop() {
        cancel(timer);
        x.onreadystatechange = nothing;
        if (LEGACY) {
          timer = 0;
          // IE 8: an abort behind the end may throw
          try {
            x.abort();
          } catch (e) {}
        } else x.abort();
      }

      function end() {
        var status = 0, frames = [];
        try {
          status = x.status;
          // 1223 is what IE makes of 204
          if (status % 1019 != 204) {
            frames = parse(x.responseText, 1);
            // 21 or 22
            if (frames[0][0] - 21 >>> 1) throw 0;
          }
        } catch (e) {
          frames = [[22, status || 0]];
        }
        stop();
        then(frames);
      }

      function start() {
        x.open('POST', url + path);
        // an ActiveX object takes no property that it does not have
        if (!LEGACY || opts.credentials && 'withCredentials' in x) x.withCredentials = opts.credentials;
        // what today's engines say of a string by themselves
        if (LEGACY) x.setRequestHeader('Content-Type', 'text/plain;charset=UTF-8');
        x.onreadystatechange = function () {
          if (x.readyState == 4) end();
        };
        x.send(text);
      }

      if (LEGACY) {
        // IE 6-8 throw at open and send when they are offline
        try {
          start();
        } catch (e) {
          if (timer) {
            cancel(timer);
            timer = later(end, 0);
          }
        }
      } else start();
      return stop;
    }

    // lines makes a body.
    function lines(head, list, more) {
      for (var i = 0; list[i]; i++) head += '\n' + list[i].text_;
      return [head].concat(more).join('\n') + '\n';
    }

    // ask is one request of the session for connection c; up: with frames behind its hello, as an opening always is.
    // An attach that fails ends c, unless failed(error frame) is there to say otherwise; then(whether anything came) else.
    function ask(c, path, fields, up, then, failed) {
      var head = hello(c, fields), more = [], start = asked = now(), mine = key,
        list = up || !id ? slice(base, body) : more, i = list.length;
      if (id && up) {
        more = extras;
        extras = [];
        sending = list;
        if (fields.n) c.list_ = list;
      }
      head = lines(head, list, more);
      path = post(path, head, 1e4 + (fields.wait || 0) + head.length / 16, function (frames) {
        var first = frames[0];
        // an answer to a session that is gone
        if (mine != key) return;
        if (sending == list) sending = 0;
        // 204: nothing to say, which is no answer to an opening or to frames
        if (!first) first = !id || i ? [22, 200] : 0;
        else if (first[0] == 21 && (first[1].n != fields.n || first[1].r != fields.r)) first = [22];
        if (first && first[0] == 22) {
          // 413: half of it, then a void in place of what is too large alone, then it is the hello
          if (verdict(first[1]) == SPLIT && i && list[0].kind_ != 8) {
            if (i > 1) body = head.length / 2;
            else giveUp(list[0]);
            first = [22, 0, 'split'];
          }
          if (failed) failed(first);
          else ended(c, first[1], first[2], first[3]);
        } else {
          c.sent_ = start;
          if (!fields.wait) rtt = now() - start;
          if (!first && fields.n) carry(c);
          receive(c, frames);
          if (fields.r || !c.dead_) then(frames[1] || i);
        }
      });
      if (fields.n) c.close_ = path;
    }

    // upload sends what waits; tell: also when only a confirm does.
    function upload(c, tell) {
      if (!id || sending || rest || !(queue[0] || extras[0] || tell)) return;
      ask(c, 'send', { r: ++r }, 1, function () {
        fails = 0;
        flush();
      }, function (error) {
        var what = verdict(error[1], error[2]);
        pause(error[2] == 'split' ? 0 : backoff(error[3], fails++));
        // what is more than a failure ends the connection, too; a proxy that answers in our place is met twice
        if (c == live && what && (what != FOREIGN || fails > 1)) ended(c, error[1], error[2]);
      });
    }

    // pause: nothing goes up over HTTP for so long.
    function pause(ms) {
      cancel(rest);
      rest = later(function () {
        rest = 0;
        flush();
      }, ms);
    }

    // backoff: a full-jitter wait after k failures in a row, up to 30 s.
    function backoff(after, k) {
      return Math.max(after || 0, random() * (468 << Math.min(k, 6)));
    }

    // websocket: a stream both ways, with messages of one frame up and of all that waits down.

    var websocket = {
      name_: 'websocket',

      needs_: 'WebSocket',

      open_: function (c) {
        var Socket = engine('WebSocket'), ws = new Socket(url.replace(/^http/, 'ws') + 'websocket', 'everwire.1'),
          bin = !LEGACY || typeof Uint8Array != 'undefined' && typeof ws.binaryType == 'string';

        // write sends what waits behind what this stream has written, with a mark over what was confirmed elsewhere (R6)
        function write() {
          var list, i;
          if (c.up_ < base && queue[0]) {
            c.up_ = base;
            c.send_(encode([27, base + 1]));
          }
          for (list = slice(c.up_, id ? 1e9 : body), i = 0; list[i]; c.up_++) c.send_(list[i++]);
        }

        ws.binaryType = 'arraybuffer';
        c.socket_ = ws;
        c.send_ = function (item) {
          ws.send(item.text_ || item);
        };
        c.greet_ = function () {
          c.send_(hello(c, { bin: +bin, lines: 1 }));
          c.up_ = base;
          arm(c, id ? patience(2e3) : 1e4);
          // a session that is gone would leave what is sent ahead with an unknown outcome
          if (!id) write();
        };
        c.flush_ = function (tell) {
          if (tell) {
            c.send_(encode([26, said = got]));
            fresh = 0;
          }
          write();
        };
        c.close_ = function () {
          ws.onopen = ws.onmessage = ws.onclose = ws.onerror = nothing;
          ws.close();
        };
        ws.onopen = function () {
          prove(c);
        };
        ws.onmessage = function (e) {
          heard(c, e.data);
        };
        ws.onclose = function (e) {
          ended(c, e.code, e.reason, 0, c.pings_ ? null : 2);
        };
        ws.onerror = nothing;
        arm(c, 1e4);
      }
    };

    // sse: an EventSource stream down, POSTs up. A ticket, asked for by a POST, stands for the session in its URL.

    var sse = {
      name_: 'sse',

      needs_: 'EventSource',

      open_: function (c) {
        var Source = env('EventSource'), es;

        // sure: a failure speaks against the stream, as nothing else can be wrong
        function stream(query, sure, onmessage) {
          try {
            es = new Source(url + 'sse?' + query + (LEGACY || marks[1].weight > 1 ? '&pad=1' : ''), { withCredentials: opts.credentials });
          } catch (e) {
            // PhantomJS 1.9, Safari 5: another origin
            return ended(c, 0, 'failed', 0, 2);
          }
          es.onmessage = onmessage;
          // the browser must not reconnect by itself: which rung comes next is the ladder's to say
          es.onerror = function () {
            ended(c, 0, '', 0, sure && !c.heard_ ? 2 : null);
          };
          c.close_ = function () {
            es.onmessage = es.onerror = nothing;
            es.close();
          };
          arm(c, patience(1500));
        }

        function attach(sure) {
          stream('t=' + ticket.text_ + '&n=' + (c.n_ = ++n) + '&got=' + (said = got), sure, function (e) {
            heard(c, e.data);
          });
        }

        function begin() {
          c.close_();
          if (ticket && ticket.n_ == n) {
            attach();
          } else {
            ask(c, 'polling', { ticket: 1 }, 0, function () {
              // a newer attach is under way, and the ticket is dead or soon will be: that one carries, or this begins anew
              if (ticket.n_ == n) attach(1);
              else c.timer_ = later(begin, patience(500));
            });
          }
        }

        c.flush_ = function (tell) {
          upload(c, tell);
        };
        // while something else carries: prove that a stream gets through, then attach
        if (live && live.rung_ > 1) stream('', 1, begin);
        else begin();
      }
    };

    // longpoll: a POST that the server holds until it has frames; POSTs of their own up.

    var longest = 25e3, cutAt = 0,  // the hold that gets through here; the age at which a poll was cut
      longpoll = {
        name_: 'longpoll',

        needs_: 'XMLHttpRequest',

        open_: function (c) {
          c.flush_ = function () {
            upload(c);
          };

          c.poll_ = function () {
            // the first is answered at once: the proof
            var start = now(), wait = c.since_ ? Math.min(longest, hints.wait) : 1;
            // a leg has asked for the session since the last poll: another one would take it back
            if (c.n_ < n && busy(0)) c.timer_ = later(c.poll_, 500);
            else ask(c, 'longpoll', { wait: wait }, 0, function (news) {
              // an answer that nobody held is not asked for again in haste
              c.timer_ = later(c.poll_, news || wait == 1 || now() - start > wait / 2 ? 0 : 1e3);
            }, function (error) {
              var age = now() - start, weight;
              // cut again at about the same age: something on the way has had enough
              if (!error[2] && age > 3e3) {
                weight = 0;
                if (Math.abs(age - cutAt) < age / 5) longest = Math.min(longest, age * .75 | 0);
                if (longest < 5e3) weight = 2;
                cutAt = age;
              }
              ended(c, error[1], error[2], error[3], weight);
            });
          };
          c.poll_();
        }
      };

    // polling: a POST now and then, with frames both ways.

    var polling = {
      name_: 'polling',

      needs_: 'XMLHttpRequest',

      open_: function (c) {
        var interval = 0, asking;

        // ready: there is something to send that may be sent
        function ready() {
          return !(sending || rest || !(queue[0] || extras[0]));
        }

        function poll() {
          cancel(c.timer_);
          // a leg has asked for the session since the last poll: another one would take it back
          if (c.n_ < n && busy(0)) {
            c.timer_ = later(poll, 500);
            return;
          }
          c.next_ = 0;
          asking = 1;
          ask(c, 'polling', {}, c.since_ && !sending && !rest, function (news) {
            var bounds = hints.poll;
            asking = 0;
            interval = news ? bounds[0] : Math.min(interval * 1.5 || bounds[0], bounds[1]);
            c.timer_ = later(poll, ready() ? 0 : c.next_ || (hidden() ? bounds[1] : interval));
          });
        }

        c.flush_ = function () {
          if (!asking && ready()) poll();
        };
        poll();
      }
    };

    // The ladder: which transport carries, by evidence (PROTOCOL.md, 10, 11 and 14).
    // A leg is a connection that has not been welcomed; live is the one that carries.

    // The classes of an end; the build puts the numbers in their place.
    var RETRY = 0, ONCE = 1, OPEN = 2, DOWN = 3, AGAIN = 4, REPLACED = 5, SPLIT = 6, FINAL = 7, FOREIGN = 8;

    var ladder = [websocket, sse, longpoll, polling],
      legs = [], live, marks = [], log = [],
      headStart, again, todo,       // the timers of the ladder, and what the second will do
      tries, stales;                // rounds that failed; attaches in a row that came second to a twin of their own (R1)

    // verdict: the class of an end (PROTOCOL.md, 14): an HTTP status without a frame, a WebSocket close code, or our code.
    function verdict(code, word) {
      return code < 1e3 ? code == 413 ? SPLIT : !code || code == 408 || code == 429 || code > 499 ? RETRY : FOREIGN :
        code < 4e3 ? code == 1009 ? SPLIT : /(0[237]|15)$/.test(code) ? DOWN : RETRY :
        word == 'stale' ? AGAIN :
        word == 'closed' || code > 4413 && code < 4500 && code != 4429 ? FINAL :
        +'17772337052776'.charAt(code - 4400);      // the numbers above, for 4400 to 4413
    }

    // A mark weighs what spoke against a rung, half of it gone after five minutes; above 1.5 the rung is left alone for a while.
    function strike(i, weight) {
      var mark = marks[i], time = now();
      mark.weight = mark.weight / (1 + (time - mark.at) / 3e5) + weight;
      mark.at = time;
      if (mark.weight > 1.5) mark.until = time + Math.min(3e5, 5e3 << mark.weight - .9);
    }

    // usable: the app, the server and the engine have it. No name is part of another.
    function usable(i) {
      var name = new RegExp(ladder[i].name_);
      return name.test(opts.transport || name) && name.test(hints.transports || name) && engine(ladder[i].needs_);
    }

    // pick: the best rung from i on that nothing speaks against, else the last one.
    function pick(i) {
      for (var last; i < 4; i++) {
        if (usable(i) && marks[last = i].until <= now()) break;
      }
      return last;
    }

    // busy: is there a leg from rung i on? As text a leg is "[object Object]".
    function busy(i) {
      return /o/.test(legs.slice(i));
    }

    // patience: how long an answer may take here.
    function patience(ms) {
      return Math.max(ms, 4 * rtt);
    }

    function arm(c, ms) {
      cancel(c.timer_);
      c.timer_ = later(function () {
        ended(c, 0, 'silent', 0, 2);
      }, ms);
    }

    // note keeps what explain() tells.
    function note(c, verdict) {
      log = log.slice(-49).concat({ transport: c.name_, verdict: verdict, at: c.at_, ms: now() - c.at_ });
    }

    function open(i) {
      var c = { rung_: i, at_: now(), pings_: 0, close_: nothing };
      if (i >= 0 && !legs[i]) {
        c.name_ = ladder[i].name_;
        legs[i] = c;
        try {
          ladder[i].open_(c);
        } catch (e) {
          ended(c, 0, 'failed', 0, 2);
        }
      }
    }

    // start: the best rung at once, and if that is a WebSocket, HTTP beside it after the head start.
    function start() {
      var best = pick(0);
      stopTimers();
      if (best == null) return over(0, 'no-transport');
      if (!best) headStart = later(beside, legs[0] ? 0 : hints.head);
      open(best);
    }

    function stopTimers() {
      cancel(again);
      cancel(headStart);
      again = headStart = 0;
    }

    function beside() {
      cancel(headStart);
      headStart = 0;
      if (!live) open(pick(1));
    }

    // prove: a WebSocket is there, or its pong. While something else carries it proves itself before it attaches,
    // and after two more seconds again if it is in bad repute.
    function prove(c) {
      var age = now() - c.at_, k = ++c.pings_;
      if (live && live.rung_ && (k < 2 || k < 3 && marks[0].weight > 1)) {
        arm(c, 2e3 * k);
        later(function () {
          if (!c.dead_) c.send_(encode([24, 0, k]));
        }, 2e3 * (k - 1));
      } else {
        // this far away its welcome takes as long again
        if (headStart && 2 * age > hints.head) {
          cancel(headStart);
          headStart = later(beside, age);
        }
        c.greet_();
      }
    }

    // carry: c was welcomed, or proved once more. The old connection goes only now (R11).
    function carry(c) {
      var old = live, name = c.name_, from = rt.transport;
      cancel(c.timer_);
      // a poll that was answered is whole, a hold only behind the first; a stream may yet die young, and so may a session
      if (rt.state != 'opening' && c.rung_ > 1 + !c.since_) tries = 0;
      c.since_ = now();
      stales = 0;
      if (old && old.n_ > c.n_) {
        // the server has it the other way round by now; a better rung comes again
        kill(c);
        return c.rung_ < old.rung_ && open(c.rung_);
      }
      if (old != c) {
        kill(old);
        legs[c.rung_] = 0;
        live = c;
        drop(c.rung_);
        stopTimers();
      }
      // SSE before its stream: the POST that asked for the ticket
      if (c.rung_ == 1 && !c.heard_) name = old ? from : 'polling';
      else if (!c.ok_) note(c, 'ok'), c.ok_ = 1;
      rt.transport = name;
      if (rt.state == 'opening') {
        rt.state = 'live';
        fire('connect', { resumed: false, transport: name, reason: reason, unknown: unknown });
        unknown = 0;
      } else if (rt.state == 'resuming') {
        rt.state = 'live';
        fire('resume', { transport: name });
      }
      if (from != name) fire('transport', name);
    }

    function kill(c) {
      if (c && !c.dead_) {
        c.dead_ = 1;
        cancel(c.timer_);
        if (legs[c.rung_] == c) legs[c.rung_] = 0;
        if (sending == c.list_) sending = 0;
        c.close_();
      }
    }

    // drop gives the legs from rung i on up.
    function drop(i) {
      for (; i < 4; i++) kill(legs[i]);
    }

    // retry comes back after a full-jitter pause; what is start or enter.
    function retry(after, what) {
      if (!again) again = later(todo = what, backoff(after, tries++));
    }

    // leave: the server wants this stream to go; the next one is made first.
    function leave(c, after) {
      if (c.rung_ < 2) {
        c.away_ = 1;
        later(function () {
          if (c == live) open(c.rung_);
        }, after);
      }
    }

    // ended: connection c came to its end, or failed to begin. weight: how much that speaks against its rung, if known.
    function ended(c, code, word, after, weight) {
      var i = c.rung_, age = c.since_ ? now() - c.since_ : 0, what = verdict(code, word);
      if (c.dead_) return;
      note(c, word || code || 'closed');
      kill(c);
      c.dead_ = 2;
      said = -1;
      if (live == c) live = 0;
      if (what == REPLACED) {
        if (c.n_ == n) return over(code, 'taken');
        c.away_ = 1;
      }
      if (what == FINAL || what == ONCE && faults++ || what == SPLIT && !c.since_ && word) return over(code, word);
      // lost while it was carried: not in haste, the next one may go the same way (servers by turns)
      if (what == OPEN && id && !live) return over(code, word, 1 + (rt.state == 'live'));
      if (weight == null) weight = what == DOWN ? word ? 6 : 2 : what == OPEN ? 2 :
        what == FOREIGN || !word && age < 15e3 ? 1 + (marks[i].weight > .5) : 0;
      // only beside something that works, or an answer, a failure speaks against a rung
      if (weight && (live || c.since_ || what)) strike(i, weight);
      if (age > 5e3) tries = 0;
      // what was replaced or sent away waits for the leg that did it
      if (!live && !(c.away_ && busy())) {
        if (rt.state == 'live' && what != AGAIN) rt.state = 'resuming';
        if (headStart && !i) beside();
        // a WebSocket that hangs holds nobody up
        if (!headStart && !busy(1)) {
          if (what == AGAIN && stales++ < 2) start();
          // what carried is made anew at once, and what an answer speaks against is passed over; a network that fails is given time
          else if (!after && tries < 4 && (c.since_ || what && pick(0) != i)) tries++, start();
          else retry(after, start);
        }
      }
    }

    // Liveness: pings, confirms that are due, sleep, and streams that come too late to be called streams (PROTOCOL.md, 11).

    var ticker, ticked,
      checking,                     // the token of the ping that is out
      calm, sends;                  // ticks since something went up or down; the last send that a tick made

    // heard takes a message of a stream.
    function heard(c, data) {
      var frames, idle;
      c.heard_ = now();
      fresh += data.length || data.byteLength;
      try {
        frames = parse(data);
      } catch (e) {
        return ended(c, 4400, 'frame');
      }
      receive(c, frames);
      // a confirm is due, or the server would take the stream of a session that asks for nothing for dead
      idle = c.rung_ && c.heard_ - asked > 1.5 * hints.ping;
      if (idle) sends = r + 1;
      if (c == live && (idle || got - said >= (c.rung_ ? 256 : 64) || fresh >= hints.max[2] / 16)) c.flush_(1);
    }

    function pinged(c, seq, token) {
      var early = now() - c.pinged_ < hints.ping / 2;
      c.pinged_ = now();
      if (c.rung_ < 2 && seq != c.down_) {
        ended(c, 4400, 'count');
      } else {
        // two at once: something held them back, or this page slept
        if (c.rung_ && early) check();
        if (!c.rung_ || token) extra(c, encode([25, c.rung_ ? got : said = got].concat(token || [])));
      }
    }

    // extra sends an uncounted frame: at once on a WebSocket, else with the next request.
    function extra(c, text) {
      if (c.rung_) {
        extras.push(text);
        c.flush_();
      } else {
        c.send_(text);
      }
    }

    function ponged(c, token) {
      if (c == legs[0] && c.up_ == null) prove(c);
      else if (token == checking) checking = 0;
    }

    // late: the server has written up to at on this stream; by now it should be here.
    function late(c, at) {
      later(function () {
        if (c == live && got < at) check();
      }, patience(2e3));
    }

    // check asks for a sign of life: over HTTP by a POST, to be answered on what is held.
    function check() {
      var c = live, token = now();
      if (!c || checking) return;
      checking = token;
      extra(c, encode([24, c.rung_ ? 0 : c.up_, token]));
      later(function () {
        if (checking == token) {
          checking = 0;
          if (c == live) ended(c, 0, 'silent', 0, c.rung_ && c.sent_ >= token ? 2 : 1);
        }
      }, patience(3e3));
    }

    function tick() {
      var c = live, time = now(), gap = time - ticked - 5e3, quiet, i;
      ticked = time;
      ticker = later(tick, 5e3);
      // slept, or the clock was set back: what was heard last may lie ahead
      if (Math.abs(gap) > hints.ping) {
        awake();
      } else if (c) {
        quiet = time - c.heard_;
        if (quiet > hints.ping + 1e4) return ended(c, 0, 'silent', 0, 1);
        if (!c.rung_ && queue[0] && quiet > 5e3) check();
        // what a stream may owe: a proxy can hold the last frames of a burst, and only an upload's answer tells that they were written
        if (r != sends || got > said) calm = 0;
        if (c.rung_ < 2 && (got > said || c.rung_ && calm++ < 2)) {
          sends = r + 1;
          c.flush_(1);
        }
        if (time - c.since_ > 5e3) remember(c.rung_);
        // climb again
        i = pick(0);
        if (i < c.rung_ && !busy()) open(i);
      }
    }

    // awake: the page or the machine slept, or the network changed.
    function awake() {
      if (live) {
        pause(0);
        check();
      } else if (again) {
        tries = 0;
        todo();
      }
    }

    // Page life, and what is remembered of an origin from one page to the next.

    function hidden() {
      return (env('document') || 0).hidden;
    }

    // watch looks out for what happens to the page, or no more.
    function watch(off) {
      var names = ['online', 'pageshow', 'offline', 'pagehide', 'visibilitychange'], i, net = (env('navigator') || 0).connection;
      for (i = 0; i < 5; i++) listen(env('window') || root, names[i], turn, off);
      if (net) listen(net, 'change', turn, off);
    }

    // turn: something happened to the page or its network.
    function turn(e) {
      var nav = env('navigator') || 0, list, i;
      if (e.type == 'pagehide') {
        // the last emits, and a close unless the page may come back from the browser's cache, which most never do
        if (id && nav.sendBeacon) {
          list = slice(base, 6e4);
          nav.sendBeacon(url + 'send', lines(hello({}, { r: ++r }), list, e.persisted || queue[list.length] ? [] : ['[9,4000,"leave"]']));
        }
      } else if (!hidden()) {
        for (i = 0; i < 4; i++) if (/^(on|p|c)/.test(e.type)) marks[i].until = 0;
        awake();
      }
    }

    // remember keeps the rung that carries for a day.
    function remember(i) {
      try {
        env('localStorage').setItem('everwire ' + url, (now() + 864e5) * 4 + i);
      } catch (e) {}
    }

    // recall: what carried yesterday starts, and what is above it is tried soon after.
    function recall() {
      var best = 0, i;
      try {
        i = env('localStorage').getItem('everwire ' + url);
        if (i > now() * 4) best = i % 4;
      } catch (e) {}
      for (i = 4; i--;) marks[i] = { transport: ladder[i].name_, weight: +(i < best), at: now(), until: (i < best) * (now() + 4e3) };
    }

    // The client that an app holds: events, emits and their acks, open and close.

    var rt = { state: 'closed', transport: '' },
      handlers = {}, calls = {}, callID = 0,
      reason, unknown,              // why the last session was lost, and how many of its emits have an unknown outcome
      waiting = 0,                  // calls without an answer
      depth = 0, closer;

    function nothing() {}

    // raise throws where it breaks nothing of ours.
    function raise(err) {
      later(function () { throw err; }, 0);
    }

    // promised hands on a value, or what a promise comes to.
    function promised(value, then) {
      if (value && typeof value.then == 'function') {
        value.then(function (value) {
          then(null, value);
        }, function (err) {
          then(err || fault('failed'));
        });
      } else {
        then(null, value);
      }
    }

    // fire calls the handlers of a name. With an ack, what a handler returns is the answer;
    // one that takes a second argument answers in its own time.
    function fire(name, value, ack) {
      var list = handlers[' ' + name] || [], i, fn, back, waits;
      for (i = 0; list[i]; i++) {
        fn = list[i].fn_;
        if (list[i].once_) rt.off(name, fn);
        try {
          back = fn(value, ack);
          if (ack && back !== undefined) promised(back, ack);
          waits = waits || back !== undefined || fn.length > 1;
        } catch (e) {
          raise(e);
          if (ack) ack(e);
        }
      }
      if (ack && !waits) ack(i ? null : fault('no-handler'));
    }

    // deliver hands a frame to the app: in order, each once.
    function deliver(c, f) {
      var kind = f[0], call = kind == 2 || kind == 6, who = f[1], payload = f[call ? 3 : 2], mine = key, done;
      if (kind == 29 || kind > 4 && kind < 8) {
        kind -= kind > 7 ? 28 : 4;
        if (typeof payload == 'string') payload = toBytes(fromBase64(payload));
      }
      if (kind < 3 || kind == 28) {
        fire(call ? f[2] : who, payload, call && function (err, value) {
          var item;
          if (done || mine != key) return;
          item = err ? frame([4, who, '' + (err.code || 'failed'), '' + (err.message || err)]) : frame([3, who], value);
          done = 1;
          push(item.size_ > hints.max[0] ? frame([4, who, 'too-large', '']) : item);
        });
      } else if (kind < 5) {
        if (calls[who]) confirm(calls[who].seq_);
        answered(who, kind > 3 ? fault(f[2], f[3]) : null, payload);
      } else if (kind == 9) {
        // it is confirmed before the connection goes
        if (c.rung_) post('send', hello(c, { r: ++r }) + '\n', 1e4, nothing);
        else c.send_(encode([26, got]));
        over(who, payload || 'closed', who == 4503 && 2);
      }
    }

    // answered settles a call; it tells whether there was one.
    function answered(id, err, value) {
      var call = calls[id];
      if (call) {
        delete calls[id];
        waiting--;
        cancel(call.timer_);
        try {
          call.then_(err, value);
        } catch (e) {
          raise(e);
        }
      }
      return call;
    }

    function flush() {
      if (live && !depth) live.flush_();
    }

    // enter opens a session: auth is asked for once, then the ladder starts.
    function enter() {
      var mine = key, value;
      function go(err, value) {
        if (mine != key) return;
        mine = 0;
        if (err) {
          fire('error', fault('auth', err.message));
          retry(0, enter);
        } else {
          auth = value;
          start();
        }
      }
      stopTimers();
      if (typeof opts.auth == 'function') {
        try {
          value = opts.auth(go);
          if (value !== undefined) promised(value, go);
        } catch (e) {
          go(e);
        }
      } else {
        go(null, opts.auth);
      }
    }

    // over ends the session. Its emits that no connection has seen move on to the next one, if there is to be one;
    // those that were written may have been handled, so they are not sent again: that is told.
    function over(code, word, reopen) {
      var list = queue || [], lost = calls, i, item, told = rt.transport;
      drop(0);
      kill(live);
      stopTimers();
      cancel(rest);
      if (rt.state == 'closing') {
        // the server's word for it confirms all that was before
        if (word == 'closed') list = [];
        code = 4000;
        word = 'closed';
        reopen = 0;
      }
      live = sending = rest = checking = 0;
      extras = [];
      calls = {};
      begin();
      for (i = 0; list[i]; i++) {
        item = list[i];
        if (item.kind_ < 3) {
          if (item.sent_) {
            unknown++;
          } else if (reopen) {
            if (lost[item.call_]) calls[item.call_] = item;
            delete lost[item.call_];
            push(item);
          }
        }
      }
      rt.state = reopen ? 'opening' : 'closed';
      rt.transport = '';
      reason = word;
      if (!reopen) {
        cancel(ticker);
        cancel(closer);
        watch(1);
        if (!(code > 3999 && code < 4400) && word != 'closed') {
          item = fault(word);
          item.status = code;
          fire('error', item);
        }
      }
      if (told) fire('disconnect', { code: code, reason: word, unknown: unknown });
      for (i in lost) {
        if (lost[i].then_) {
          calls[i] = lost[i];
          answered(i, fault(lost[i].sent_ ? 'unknown-outcome' : 'closed'));
        }
      }
      if (reopen > 1) retry(0, enter);
      else if (reopen) enter();
    }

    rt.on = function (name, fn, once) {
      handlers[' ' + name] = (handlers[' ' + name] || []).concat({ fn_: fn, once_: once });
      return function () {
        rt.off(name, fn);
      };
    };

    rt.once = function (name, fn) {
      return rt.on(name, fn, 1);
    };

    rt.off = function (name, fn) {
      var list = handlers[' ' + name] || [], left = [], i;
      for (i = 0; list[i]; i++) if (fn && list[i].fn_ != fn) left.push(list[i]);
      if (left[0]) handlers[' ' + name] = left;
      else delete handlers[' ' + name];
    };

    // emit sends an event; with a callback it is a call, whose ack comes back as (err, answer).
    rt.emit = function (name, payload, how, then) {
      var item, id, err;
      if (typeof how == 'function') then = how;
      how = how || {};
      if (how.ack && !then) return rt.call(name, payload, how);
      id = then && ++callID;
      item = frame(then ? [2, id, name] : [how['volatile'] ? 28 : 1, name], payload);
      err = item.kind_ < 3 && /^c/.test(rt.state) ? 'closed' :
        !name || !name.charAt || name.length > 128 ? 'name' :
        tooDeep(item.text_) ? 'too-deep' :
        then && waiting > 1023 ? 'busy' :
        item.size_ > hints.max[0] ? 'too-large' :
        item.kind_ < 3 && size + item.size_ > hints.max[2] ? 'queue-full' : 0;
      if (err) {
        err = fault(err);
        if (!then) throw err;
        later(function () {
          then(err);
        }, 0);
      } else if (item.kind_ > 2) {
        // worthless later: now or never
        if (live && !live.rung_) {
          // behind what a handler has emitted before it
          live.flush_();
          // a socket that does not keep up
          if (!(live.socket_.bufferedAmount > 65536)) live.send_(item);
        } else if (live && extras.length < 64) {
          extras.push(item.text_);
          flush();
        }
      } else {
        if (then) {
          waiting++;
          calls[item.call_ = id] = item;
          item.then_ = then;
          err = how.timeout || opts.timeout;
          item.timer_ = err && later(function () {
            answered(id, fault('timeout'));
          }, err);
        }
        push(item);
      }
    };

    // call is emit with an ack: a Promise of the answer.
    rt.call = function (name, payload, how) {
      var Promise = env('Promise');
      return new Promise(function (resolve, reject) {
        rt.emit(name, payload, how, function (err, answer) {
          if (err) reject(err);
          else resolve(answer);
        });
      });
    };

    // explain says why this transport: what was tried, when, for how long, with what verdict, and what is held against whom.
    rt.explain = function () {
      return { transport: rt.transport, state: rt.state, tried: log, marks: marks };
    };

    // close ends the session behind everything that was emitted.
    rt.close = function () {
      if (!/^c/.test(rt.state)) {
        rt.state = 'closing';
        closer = later(over, 5e3);
        push(frame([9, 4000, 'close']));
      }
    };

    // connect opens again after close or a final error.
    rt.connect = function () {
      if (rt.state == 'closed') {
        rt.state = 'opening';
        reason = undefined;
        unknown = tries = 0;
        begin();
        recall();
        watch();
        tick();
        // in a turn of its own, when the app has its handlers on
        again = later(todo = enter, 0);
      }
    };

    url = absolute(url);
    rt.connect();
    return rt;
  }

  var everwire = { connect: connect, version: '0.1.0' };

  return everwire;
});
