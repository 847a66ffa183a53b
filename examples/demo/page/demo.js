/* The page: asks for a stage, connects its panels, and keeps them fresh. ES3. */
(function () {
  var perf = window.performance, fine = perf && perf.now && perf.timeOrigin, base, panels = [], ladder,
    samples = [], commands = [], offset = 0, away = 0, ended = false,
    still = window.matchMedia && matchMedia('(prefers-reduced-motion: reduce)').matches;

  function $(id) { return document.getElementById(id); }

  function localNow() { return fine ? perf.timeOrigin + perf.now() : new Date().getTime(); }

  /* serverNow is the server's clock, as well as this page knows it. */
  demo.serverNow = function () { return localNow() + offset; };

  /* ask makes a plain request to the page's own address; done(err, text, status). */
  demo.ask = function (method, path, body, done) {
    var x = new XMLHttpRequest();
    x.open(method, path, true);
    if (method === 'POST') x.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    x.onreadystatechange = function () {
      if (x.readyState !== 4) return;
      if (x.status >= 200 && x.status < 300) done(null, x.responseText, x.status);
      else done(x.status ? x.responseText.replace(/\s+$/, '') : 'the server does not answer', '', x.status);
    };
    x.send(body);
  };

  /* change is ask for what changes something: one after the other, in the order of the calls. A browser sends two requests
     at once on two connections, and the older of two settings could come last. */
  demo.change = function (method, path, body, done) {
    commands.push([method, path, body, done]);
    if (commands.length === 1) command();
  };

  function command() {
    var c = commands[0];
    demo.ask(c[0], c[1], c[2], function (err, text, status) {
      commands.shift();
      if (commands.length) command();
      c[3](err, text, status);
    });
  }

  function status(text, bad) {
    var e = $('status');
    if (e.text_ === text) return;
    e.text_ = text;
    e.innerHTML = '';
    e.appendChild(document.createTextNode(text));
    e.className = bad ? 'bad' : '';
    /* who listens is told only of what is wrong: the counts would never be silent */
    $('alert').innerHTML = '';
    if (bad) $('alert').appendChild(document.createTextNode(text));
  }

  /* settle takes one comparison of the clocks; the quickest of the last ones counts, it cannot be wrong by more than half
     of its round trip. */
  function settle(from, to, server) {
    var best, i;
    samples.push({ trip: to - from, offset: server - (from + to) / 2 });
    if (samples.length > 60) samples.shift();
    best = samples[0];
    for (i = 1; i < samples.length; i++) if (samples[i].trip < best.trip) best = samples[i];
    offset = best.offset;
    $('clock').innerHTML = demo.duration(Math.max(best.trip / 2, 0.1));
  }

  function look() {
    var since = [], i, from = localNow();
    if (ended) return;
    for (i = 0; i < panels.length; i++) since.push(panels[i].cursor);
    demo.ask('GET', base + '?since=' + since.join(','), null, function (err, answer, code) {
      var v, j;
      if (err) {
        if (code === 404) ended = true;
        status(ended ? 'This page was away for too long. Reload it.' : 'The server does not answer', true);
        for (i = 0; i < panels.length; i++) panels[i].show();
        setTimeout(look, 1000);
        return;
      }
      v = JSON.parse(answer);
      settle(from, localNow(), v.now);
      for (j = 0; j < panels.length; j++) panels[j].look(v.panels[j], v.now);
      for (j = 0; j < panels.length; j++) panels[j].show();
      tell(v);
      demo.view = v;
      setTimeout(look, 250);
    });
  }

  /* tell is the one line that says whether all is well. */
  function tell(v) {
    var i, lost = 0, repeated = 0, names = [];
    for (i = 0; i < panels.length; i++) {
      lost += panels[i].lost;
      repeated += panels[i].repeated;
      if (panels[i].rt.state !== 'live') names.push(panels[i].name);
    }
    if (lost || repeated) status(lost + ' lost, ' + repeated + ' repeated', true);
    else status(v.emitted + ' events emitted \u00b7 0 lost \u00b7 0 repeated');
    /* one numbered event a second goes up the ladder while there are events */
    if (v.controls.rate && (!ladder.rose || v.now - ladder.rose > 1000)) {
      ladder.rose = v.now;
      ladder.rise();
    }
  }

  function anew() {
    for (var i = 0; i < panels.length; i++) panels[i].anew();
  }

  function send(what, form) {
    demo.change('POST', base + '/' + what, form, function (err) {
      if (err) status(err, true);
      anew();
    });
  }

  function controls() {
    var names = ['rate', 'size', 'poll'], i;
    function changed() { send('set', this.name + '=' + this.value); }
    for (i = 0; i < names.length; i++) $(names[i]).onchange = changed;
    $('set').onsubmit = function () { return false; };
    $('burst').onclick = function () { send('burst', 'count=50'); };
    var plain = false;
    $('plain').onclick = function () { plain = true; };
    $('say').onsubmit = function () {
      var text = $('text').value;
      if (plain) { /* the browser posts it, into a frame that nobody sees */
        plain = false;
        this.target = 'answer';
        setTimeout(function () { $('text').value = ''; }, 0);
        return true;
      }
      if (ladder && text) {
        ladder.rt.emit('say', text, function (err) { if (err) status('Not said: ' + err.message, true); });
        $('text').value = '';
      }
      return false;
    };
  }

  /* draw follows the screen's frames: the strips move with time, thirty times a second, the latencies with their events. */
  var frame = window.requestAnimationFrame || function (fn) { setTimeout(fn, 100); }, drawn = 0;

  function visible(e) {
    var r;
    if (!e.getBoundingClientRect) return true;
    r = e.getBoundingClientRect();
    return r.bottom > 0 && r.top < (window.innerHeight || 1e4);
  }

  function draw() {
    var now = demo.serverNow(), i, p;
    frame(draw);
    if (now - drawn < (still ? 1000 : 30)) return;
    drawn = now;
    for (i = 0; i < panels.length; i++) {
      p = panels[i];
      /* what the server tells of the connections comes a little later than the events */
      if (visible(p.strip)) (p === ladder ? demo.chart.ladder : demo.chart.strip)(p.strip, p, demo.emits, now - 400, p === ladder ? 30 : 10);
      if (visible(p.spark) && (p.fresh || now - (p.drawn || 0) > 1000)) {
        demo.chart.spark(p.spark, p.latencies, p === ladder ? 'ink' : p.name, p.median);
        p.fresh = false;
        p.drawn = now;
      }
    }
  }

  function leave(e) {
    if (ended || e && e.persisted) return;
    if (window.navigator.sendBeacon) navigator.sendBeacon(base + '/end', '');
  }

  demo.ask('POST', '/stages', '', function (err, answer) {
    var v, i;
    if (err) return status(err, true);
    v = JSON.parse(answer);
    base = '/stages/' + v.id;
    demo.base = base;
    demo.panels = panels;
    offset = v.now - localNow();
    for (i = 0; i < v.panels.length; i++) {
      panels.push(v.panels[i].name === 'ladder' ? new demo.Ladder(v.panels[i].url, base) : new demo.Panel(v.panels[i].name, v.panels[i].url));
    }
    ladder = panels[panels.length - 1];
    controls();
    look();
    setInterval(function () { for (var j = 0; j < panels.length; j++) panels[j].describe(); }, 5000);
    frame(draw);
    if (window.addEventListener) window.addEventListener('pagehide', leave, false);
  });
})();
