/* A panel: one client of the server and what it has received, beside what the server says of it. ES3. */
(function () {
  var keepLatencies = 300, keepArrivals = 1600, windowMs = 30000;

  /* emits: every event of which any panel has heard, for the strips. */
  demo.emits = [];

  function emitted(n, at) {
    var list = demo.emits, last = list.length ? list[list.length - 1].n : 0;
    if (n > last) list.push({ n: n, at: at });
    if (list.length > keepArrivals) list.splice(0, 400);
  }

  function text(panel, name, value) {
    var e = panel.fields[name];
    if (e && e.seen_ !== value) {
      e.seen_ = value;
      e.innerHTML = '';
      e.appendChild(document.createTextNode(value));
    }
    return e;
  }

  function Panel(name, url) {
    var self = this, all, i, options = { localStorage: null };
    self.name = name;
    self.root = document.getElementById(name);
    self.fields = {};
    all = self.root.getElementsByTagName('*');
    for (i = 0; i < all.length; i++) if (all[i].getAttribute('data-v')) self.fields[all[i].getAttribute('data-v')] = all[i];
    all = self.root.getElementsByTagName('canvas');
    self.spark = all[0];
    self.strip = all[1];
    self.state = self.fields.state.parentNode;
    self.last = -1;               /* number of the newest event */
    self.received = self.lost = self.repeated = 0;
    self.latencies = [];
    self.arrivals = [];
    self.conns = [];
    self.byID = {};
    self.cursor = 0;
    self.samples = [];
    self.truth = null;
    self.wasLive = false;
    /* one without withCredentials is from before CORS: it cannot ask at another port */
    if (window.EventSource && !('withCredentials' in EventSource.prototype)) options.EventSource = null;
    if (name !== 'ladder') options.transport = name;
    if (name === 'ladder') options.window = demo.ladderWindow;
    self.rt = everwire.connect(url, options);
    self.rt.on('joined', function (m) { if (self.last < 0) self.last = m.from; });
    self.rt.on('event', function (m) { self.take(m); });
  }

  Panel.prototype.titles = { websocket: 'WebSocket', sse: 'SSE', longpoll: 'Long-polling', polling: 'Polling' };

  Panel.prototype.colour = function (by) { return this.name === 'ladder' ? by : this.name; };

  /* take judges an event by its number alone: they rise by one. */
  Panel.prototype.take = function (m) {
    var now = demo.serverNow(), at = m.t / 1000, ms = Math.max(0, now - at);
    emitted(m.n, at);
    if (m.n <= this.last) {
      this.repeated++;
      return;
    }
    this.lost += m.n - this.last - 1;
    this.received++;
    this.last = m.n;
    this.latencies.push(ms);
    if (this.latencies.length > keepLatencies) this.latencies.shift();
    this.arrivals.push({ n: m.n, emit: at, at: now, by: this.rt.transport, say: m.say });
    if (this.arrivals.length > keepArrivals) this.arrivals.splice(0, 400);
    this.fresh = true;
    if (m.say) this.hear(m, ms);
  };

  Panel.prototype.hear = function (m, ms) {
    var e = this.fields.said, small = document.createElement('small');
    e.innerHTML = '';
    e.appendChild(document.createTextNode(m.say + ' '));
    small.appendChild(document.createTextNode('by ' + (m.from || 'page') + ', after ' + duration(ms)));
    e.appendChild(small);
    e.className = 'said there';
  };

  /* look takes what the server says: its counts, and the marks of the connections. */
  Panel.prototype.look = function (r, now) {
    var i, m, c, s = this.samples;
    this.truth = r;
    this.cursor = r.next;
    for (i = 0; i < r.marks.length; i++) {
      m = r.marks[i];
      c = this.byID[m.c];
      if (!c) {
        c = this.byID[m.c] = { id: m.c, open: m.t, close: 0, asks: [] };
        this.conns.push(c);
      }
      if (m.a === 'ask') c.asks.push({ from: m.t, to: 0, what: m.d, fault: 0 });
      else if (m.a === 'answer' && c.asks.length) c.asks[c.asks.length - 1].to = m.t;
      else if (m.a === 'fault' && c.asks.length) c.asks[c.asks.length - 1].fault = m.t;
      else if (m.a === 'close') c.close = m.t;
    }
    this.forget(now - 40000);
    s.push({ at: now, requests: r.requests, up: r.up, down: r.down, emitted: r.emitted, payload: r.payload });
    while (s.length > 2 && now - s[0].at > windowMs) s.shift();
  };

  /* forget drops what no strip shows any more. */
  Panel.prototype.forget = function (before) {
    var i, kept = [], c;
    for (i = 0; i < this.conns.length; i++) {
      c = this.conns[i];
      if (c.close && c.close < before) {
        delete this.byID[c.id];
      } else {
        kept.push(c);
        while (c.asks.length > 1 && c.asks[0].to && c.asks[0].to < before) c.asks.shift();
      }
    }
    this.conns = kept;
  };

  /* anew: the controls have changed, what is measured per minute begins again. */
  Panel.prototype.anew = function () {
    this.samples = [];
    this.latencies = [];
  };

  Panel.prototype.quantile = function (q) {
    var list = this.latencies.slice(0).sort(function (a, b) { return a - b; });
    return list.length ? list[Math.min(list.length - 1, Math.floor(q * list.length))] : -1;
  };

  /* show writes the numbers; a few times a second. */
  Panel.prototype.show = function () {
    var t = this.truth, s = this.samples, a, b, ms, n, waits;
    this.showState();
    text(this, 'p50', duration(this.median = this.quantile(0.5)));
    text(this, 'p99', duration(this.quantile(0.99)));
    text(this, 'received', count(this.received));
    text(this, 'lost', count(this.lost)).parentNode.className = this.lost ? 'bad' : '';
    text(this, 'repeated', count(this.repeated)).parentNode.className = this.repeated ? 'bad' : '';
    if (!t) return;
    n = Math.max(t.emitted, this.received + this.lost);
    waits = n - this.received - this.lost;
    text(this, 'emitted', count(n));
    text(this, 'verdict', waits ? '\u00b7 ' + count(waits) + ' on the way' : n && !this.lost ? '\u2713 all' : '').className = waits ? 'wait' : '';
    text(this, 'requests', count(t.requests));
    text(this, 'connections', count(t.connections));
    text(this, 'open', count(t.open) + ' open');
    text(this, 'down', bytes(t.down));
    text(this, 'up', bytes(t.up));
    a = s[0];
    b = s[s.length - 1];
    ms = b ? b.at - a.at : 0;
    if (ms < 1500) {
      text(this, 'requestsMin', '');
      text(this, 'downMin', '');
      text(this, 'upMin', '');
      text(this, 'overhead', '\u2013');
      text(this, 'payload', '');
      return;
    }
    text(this, 'requestsMin', count(Math.round((b.requests - a.requests) * 60000 / ms)) + '/min');
    text(this, 'downMin', bytes((b.down - a.down) * 60000 / ms) + '/min');
    text(this, 'upMin', bytes((b.up - a.up) * 60000 / ms) + '/min');
    n = b.emitted - a.emitted;
    text(this, 'overhead', n ? bytes(Math.max(0, (b.down + b.up - a.down - a.up - b.payload + a.payload) / n)) : '\u2013');
    text(this, 'payload', n ? 'on ' + bytes((b.payload - a.payload) / n) : 'no events');
  };

  Panel.prototype.showState = function () {
    var rt = this.rt, live = rt.state === 'live', tried, word = 'opening';
    this.wasLive = this.wasLive || live;
    if (live) {
      word = this.name === 'ladder' ? this.titles[rt.transport] + ' carries it' : 'live';
    } else if (this.wasLive) {
      word = rt.state === 'resuming' ? 'nothing carries it' : rt.state;
    } else {
      tried = rt.explain().tried;
      if (tried.length || rt.state === 'closed') word = 'not in this browser';
    }
    text(this, 'state', word);
    this.state.className = 'state ' + (live ? 'on' : word === 'opening' ? '' : 'off');
  };

  /* describe keeps the canvases' words for those who do not see them. */
  Panel.prototype.describe = function () {
    if (!this.truth) return;
    this.spark.setAttribute('aria-label', 'Latency of the last ' + this.latencies.length + ' events: median ' + duration(this.median) + ', 99 of 100 within ' + duration(this.quantile(0.99)));
    this.strip.setAttribute('aria-label', this.truth.open + ' open connections, ' + this.truth.requests + ' requests so far');
  };

  function count(n) {
    return String(n).replace(/(\d)(?=(\d{3})+$)/g, '$1,');
  }

  function duration(ms) {
    return ms < 0 ? '\u2013' : ms < 9.95 ? ms.toFixed(1) + ' ms' : ms < 999.5 ? ms.toFixed(0) + ' ms' : (ms / 1000).toFixed(ms < 9950 ? 2 : 1) + ' s';
  }

  function bytes(n) {
    return n < 9999.5 ? count(Math.round(n)) + ' B' : n < 999500 ? (n / 1000).toFixed(n < 99950 ? 1 : 0) + ' kB' : (n / 1000000).toFixed(2) + ' MB';
  }

  demo.Panel = Panel;
  demo.duration = duration;
  demo.text = text;
})();
