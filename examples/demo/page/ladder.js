/* The fifth panel: a client that may take any transport, the faults before it, and what it makes of them. ES3. */
(function () {
  /* The client listens for events of the page and its network on this. It passes the window's on, and takes an
     "online" of our own, which is what a browser sends when the network has changed. */
  var listeners = {};

  demo.ladderWindow = {
    addEventListener: function (name, fn) {
      (listeners[name] = listeners[name] || []).push(fn);
      if (window.addEventListener) window.addEventListener(name, fn, false);
    },
    removeEventListener: function (name, fn) {
      var list = listeners[name] || [], left = [], i;
      for (i = 0; i < list.length; i++) if (list[i] !== fn) left.push(list[i]);
      listeners[name] = left;
      if (window.removeEventListener) window.removeEventListener(name, fn, false);
    }
  };

  function networkChanged() {
    var list = listeners.online || [], i;
    for (i = 0; i < list.length; i++) list[i]({ type: 'online' });
  }

  /* What each button does to the fault proxy, and which open connections it hits at once. */
  var faults = {
    refuse: { set: function (f) { f.webSocket.refuse = 403; }, cut: ['websocket'] },
    kill: { set: function (f) { f.webSocket.resetAfter = 3000; }, cut: ['websocket'] },
    hole: { set: function (f) { f.webSocket.silent = true; } },
    buffer: { set: function (f) { f.sse.whole = true; } },
    cut: { set: function (f) { f.cut = { after: 2000, status: 504 }; }, cut: ['sse', 'longpoll'] },
    drop: { set: function (f) { f.drops = [{ endpoint: 'longpoll', when: 'after', every: 3 }, { endpoint: 'polling', when: 'after', every: 3 }]; } },
    latency: { set: function (f) { f.latency = 300; } }
  };

  function Ladder(url, base) {
    var self = this, list, i;
    demo.Panel.call(self, 'ladder', url);
    self.base = base;
    self.on = {};
    self.carried = [];
    self.told = null;             /* the last connection of explain() that the moves have told */
    self.cause = null;            /* the last thing that the person did, and when */
    self.sent = 0;
    self.buttons = [];
    list = document.getElementById('faults').getElementsByTagName('button');
    for (i = 0; i < list.length; i++) if (list[i].getAttribute('data-fault')) self.button(list[i]);
    document.getElementById('restart').onclick = function () { self.reset([], 'Reset its connections'); };
    document.getElementById('heal').onclick = function () {
      self.on = {};
      self.set('Mended everything');
    };
    list = document.getElementById('rungs').getElementsByTagName('li');
    self.rungs = {};
    for (i = 0; i < list.length; i++) self.rungs[list[i].getAttribute('data-transport')] = list[i];
    self.rt.on('connect', function (e) { self.moved(e.transport, e.reason ? 'a new session, the old one was lost: ' + e.reason : ''); });
    self.rt.on('resume', function (e) {
      self.broke();
      self.moved(e.transport, '');
    });
    self.rt.on('transport', function (name) { self.moved(name, ''); });
    self.rt.on('disconnect', function (e) { self.line('', 'Session lost', e.reason); });
  }

  function Base() {}
  Base.prototype = demo.Panel.prototype;
  Ladder.prototype = new Base();

  Ladder.prototype.button = function (b) {
    var self = this, name = b.getAttribute('data-fault');
    b.title_ = b.getElementsByTagName('b')[0].innerHTML;
    self.buttons.push(b);
    b.onclick = function () {
      self.on[name] = !self.on[name];
      self.set((self.on[name] ? '' : 'No more: ') + b.title_, self.on[name] && faults[name].cut);
    };
  };

  /* set sends all faults that are on to the proxy. Where one was taken away the client hears that its network changed. */
  Ladder.prototype.set = function (what, cut) {
    var self = this, f = { webSocket: {}, sse: {} }, name, i, fewer = !cut && /^(No more|Mended)/.test(what);
    for (name in faults) if (self.on[name]) faults[name].set(f);
    for (i = 0; i < self.buttons.length; i++) {
      self.buttons[i].setAttribute('aria-pressed', self.on[self.buttons[i].getAttribute('data-fault')] ? 'true' : 'false');
    }
    demo.change('PUT', self.base + '/faults', JSON.stringify(f), function (err) {
      self.line('', err ? 'The proxy refused' : what, err || (fewer ? 'the client is told that its network changed, as a browser would' : ''));
      self.cause = { what: what, at: demo.serverNow() };
      if (cut) self.reset(cut);
      if (fewer) networkChanged();
    });
  };

  Ladder.prototype.reset = function (endpoints, what) {
    var self = this, query = endpoints.length ? '?endpoint=' + endpoints.join('&endpoint=') : '';
    if (what) self.cause = { what: what, at: demo.serverNow() };
    demo.change('DELETE', self.base + '/faults' + query, null, function (err, answer) {
      if (what) self.line('', what, err || JSON.parse(answer).cut + ' reset');
    });
  };

  /* broke notes when the connection ended that carried last. */
  Ladder.prototype.broke = function () {
    var list = this.rt.explain().tried, last = this.carried[this.carried.length - 1], i, ended;
    if (!last || last.to) return;
    for (i = list.length - 1; i >= 0 && !ended; i--) {
      if (list[i].transport === last.name && list[i].verdict !== 'ok') ended = list[i].at + list[i].ms;
    }
    last.to = ended ? ended + demo.serverNow() - new Date().getTime() : demo.serverNow();
  };

  /* moved is called when a transport has begun to carry. */
  Ladder.prototype.moved = function (name, why) {
    var list = this.carried, now = demo.serverNow(), last = list[list.length - 1], gap = 0;
    if (last) {
      gap = last.to ? now - last.to : 0;
      if (!last.to && last.name === name) return;
      last.to = last.to || now;
    }
    list.push({ name: name, from: now, to: 0 });
    if (list.length > 100) list.shift();
    this.line(name, (last ? last.name === name ? 'Back on ' : this.better(name, last.name) ? 'Up to ' : 'Down to ' : 'Began on ') + this.titles[name],
      (this.cause && now - this.cause.at < 90000 && last ? demo.duration(now - this.cause.at) + ' after \u201c' + this.cause.what + '\u201d' : '') +
      (last ? (gap > 1 ? ', without a connection for ' + demo.duration(gap) : ', without a break') : '') + (why ? '; ' + why : '') + this.tried());
    this.draw = true;
  };

  var order = ['polling', 'longpoll', 'sse', 'websocket'];

  Ladder.prototype.better = function (a, b) {
    var i, ia = 0, ib = 0;
    for (i = 0; i < 4; i++) {
      if (order[i] === a) ia = i;
      if (order[i] === b) ib = i;
    }
    return ia > ib;
  };

  /* tried tells what explain() has to say since it was last asked: each attempt, its verdict and its time. */
  Ladder.prototype.tried = function () {
    var list = this.rt.explain().tried, i = list.length, t, parts = [];
    while (i && list[i - 1] !== this.told) i--;
    for (; i < list.length; i++) {
      t = this.told = list[i];
      parts.push(this.titles[t.transport] + (t.verdict === 'ok' ? ' worked' : ' ended (' + t.verdict + ')') + ' after ' + demo.duration(t.ms));
    }
    parts = parts.slice(-4);
    return parts.length ? '. Tried: ' + parts.join('; ') : '';
  };

  Ladder.prototype.line = function (name, head, why) {
    var log = document.getElementById('moves'), li = document.createElement('li'), parts = [['time', clock()], ['b', head], ['span', why.replace(/^[,.;] */, '')]], i, e;
    if (name) li.setAttribute('data-transport', name);
    for (i = 0; i < 3; i++) {
      if (!parts[i][1]) continue;
      e = document.createElement(parts[i][0]);
      e.appendChild(document.createTextNode(parts[i][1]));
      li.appendChild(e);
    }
    log.insertBefore(li, log.firstChild);
    while (log.childNodes.length > 60) log.removeChild(log.lastChild);
  };

  function clock() {
    function two(n) { return (n < 10 ? '0' : '') + n; }
    var d = new Date();
    return two(d.getHours()) + ':' + two(d.getMinutes()) + ':' + two(d.getSeconds());
  }

  /* show: the panel's numbers, and the rungs. */
  Ladder.prototype.show = function () {
    var t, list, i, mark, li, now = new Date().getTime(), carries = this.rt.state === 'live' ? this.rt.transport : '', word, last;
    demo.Panel.prototype.show.call(this);
    this.state.setAttribute('data-transport', carries);
    last = this.carried[this.carried.length - 1];
    if (this.rt.state !== 'live') this.broke();
    list = this.rt.explain().marks;
    for (i = 0; i < list.length; i++) {
      mark = list[i];
      li = this.rungs[mark.transport];
      word = mark.transport === carries ? 'carries the session' :
        mark.until > now ? 'left alone for ' + Math.ceil((mark.until - now) / 1000) + ' s' :
        mark.weight > 0.05 ? 'distrusted a little' : 'stands by';
      li.className = mark.transport === carries ? 'now' : mark.until > now ? 'held' : '';
      li = li.getElementsByTagName('span')[0];
      if (li.word_ !== word) {
        li.word_ = word;
        li.innerHTML = word;
      }
    }
    t = this.truth;
    if (!t) return;
    i = this.sent - t.above.received - t.above.lost;
    demo.text(this, 'above', String(t.above.received));
    demo.text(this, 'sent', String(this.sent));
    demo.text(this, 'verdictUp', t.above.lost || t.above.repeated ? t.above.lost + ' lost, ' + t.above.repeated + ' repeated' :
      i > 0 ? '\u00b7 ' + i + ' on the way' : this.sent ? '\u2713 all, once' : '').className = t.above.lost || t.above.repeated ? 'bad' : i > 0 ? 'wait' : '';
  };

  /* rise sends a numbered event up. */
  Ladder.prototype.rise = function () {
    if (this.rt.state !== 'closed' && this.rt.state !== 'closing') this.rt.emit('up', ++this.sent);
  };

  demo.Ladder = Ladder;
})();
