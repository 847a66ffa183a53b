/* Drawings on plain canvas: the latencies of the last events, and the strip of a panel's connections.
   Where there is no canvas there is nothing, the numbers stand beside. ES3. */
(function () {
  var colours = {}, dark = '', plain = { websocket: '#0d7a72', sse: '#6a4bc4', longpoll: '#a65f00', polling: '#b3356b', faint: '#ece8df', bad: '#b3261e', ink: '#1c2226' };

  /* colour reads a colour of the style sheet; it changes with the scheme. */
  function colour(name) {
    var scheme = window.matchMedia && matchMedia('(prefers-color-scheme: dark)').matches ? 'd' : 'l';
    if (scheme !== dark) {
      dark = scheme;
      colours = {};
    }
    if (!colours[name]) {
      /* an engine without custom properties gives null */
      colours[name] = String(window.getComputedStyle && getComputedStyle(document.documentElement, null).getPropertyValue('--' + name) || plain[name] || '#5d666b').replace(/\s/g, '');
    }
    return colours[name];
  }

  /* begin returns a context to draw in CSS pixels on a cleared canvas, or nothing. */
  function begin(canvas) {
    var ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight, g;
    if (!canvas.getContext || !w) return null;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    g = canvas.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    g.w_ = w;
    g.h_ = h;
    return g;
  }

  function line(g, x1, y1, x2, y2) {
    g.beginPath();
    g.moveTo(x1, y1);
    g.lineTo(x2, y2);
    g.stroke();
  }

  function disc(g, x, y, r) {
    g.beginPath();
    g.arc(x, y, r, 0, 7, false);
    g.fill();
  }

  function cross(g, x, y, r) {
    line(g, x - r, y - r, x + r, y + r);
    line(g, x - r, y + r, x + r, y - r);
  }

  /* spark: one dot an event on a scale of powers of ten, the same for all panels, from 0.1 ms to 10 s. */
  function spark(canvas, latencies, name, median) {
    var g = begin(canvas), top = 7, bottom, scale, i, n = 100, from, x;
    if (!g) return;
    bottom = g.h_ - 6;
    function y(ms) {
      return bottom - (bottom - top) * Math.max(0, Math.min(1, (Math.log(Math.max(ms, 0.1)) / Math.LN10 + 1) / 5));
    }
    g.font = '10px system-ui, sans-serif';
    g.textBaseline = 'middle';
    g.textAlign = 'right';
    scale = [[1, '1 ms'], [100, '100 ms'], [10000, '10 s']];
    g.lineWidth = 1;
    for (i = 0; i < scale.length; i++) {
      g.strokeStyle = colour('faint');
      line(g, 0, y(scale[i][0]), g.w_ - 42, y(scale[i][0]));
      g.fillStyle = colour('soft');
      g.fillText(scale[i][1], g.w_, y(scale[i][0]));
    }
    g.fillStyle = g.strokeStyle = colour(name);
    from = Math.max(0, latencies.length - n);
    for (i = from; i < latencies.length; i++) {
      x = 3 + (g.w_ - 50) * (i - from + n - Math.min(n, latencies.length)) / (n - 1);
      g.globalAlpha = 0.65;
      disc(g, x, y(latencies[i]), 1.7);
    }
    g.globalAlpha = 0.9;
    if (latencies.length) line(g, 0, y(median), g.w_ - 42, y(median));
    g.globalAlpha = 1;
  }

  /* way draws events: a dot where it was emitted, and a line to where it arrived. */
  function ways(g, p, emits, x, top, low) {
    var i, a, many = demo.view && demo.view.controls.rate > 10;
    g.strokeStyle = colour('soft');
    g.lineWidth = 1;
    for (i = p.arrivals.length - 1; i >= 0; i--) {
      a = p.arrivals[i];
      if (x(a.at) < -2) break;
      g.strokeStyle = g.fillStyle = colour(p.colour(a.by));
      g.globalAlpha = many ? 0.2 : 0.55;
      line(g, x(a.emit), top, x(a.at), low(a.by));
      g.globalAlpha = 1;
      disc(g, x(a.at), low(a.by), many ? 1.2 : 2);
      if (a.say) {
        g.lineWidth = 1.5;
        g.beginPath();
        g.arc(x(a.at), low(a.by), 5, 0, 7, false);
        g.stroke();
        g.lineWidth = 1;
      }
    }
    for (i = emits.length - 1; i >= 0; i--) {
      if (x(emits[i].at) < -2) break;
      g.fillStyle = g.strokeStyle = colour('soft');
      if (emits[i].n > p.last) {
        g.beginPath();
        g.arc(x(emits[i].at), top, 2.5, 0, 7, false);
        g.stroke();
      } else {
        disc(g, x(emits[i].at), top, many ? 1.2 : 2.2);
      }
    }
  }

  /* strip: the connections of a pinned panel, each in a lane of its own, above them the events. */
  function strip(canvas, p, emits, now, seconds) {
    var g = begin(canvas), lanes = [], top = 12, mid = 56, i, j, c, r, y, from;
    if (!g) return;
    function x(t) {
      return g.w_ - 8 - (now - t) * (g.w_ - 8) / (seconds * 1000);
    }
    from = now - seconds * 1000;
    for (i = 0; i < p.conns.length; i++) {
      c = p.conns[i];
      if (c.close && c.close < from) continue;
      for (j = 0; lanes[j] && lanes[j] > c.open; j++) {}
      lanes[j] = c.close ? c.close + 300 : Infinity;
      y = mid + 12 + Math.min(j, 4) * 10;
      g.strokeStyle = g.fillStyle = colour(p.name);
      g.lineWidth = 1;
      g.globalAlpha = 0.6;
      line(g, Math.max(0, x(c.open)), y, x(c.close || now), y);
      g.globalAlpha = 1;
      if (c.open > from) disc(g, x(c.open), y, 2.6);
      for (j = 0; j < c.asks.length; j++) {
        r = c.asks[j];
        if (r.to && r.to < from) continue;
        g.fillStyle = colour(r.what === 'send' ? 'send' : p.name);
        bar(g, Math.max(-4, x(r.from)), x(r.to || c.close || now), y);
      }
      if (c.close) {
        g.lineWidth = 1.6;
        g.strokeStyle = colour('ink');
        cross(g, x(c.close), y, 3);
      }
    }
    ways(g, p, emits, x, top, function () { return mid; });
  }

  /* bar is at least visible, and keeps a gap to the next one. */
  function bar(g, from, to, y) {
    var w = Math.max(2.5, to - from - 1.2);
    g.fillRect(from, y - 3, w, 6);
  }

  var rows = ['websocket', 'sse', 'longpoll', 'polling'], titles = ['WebSocket', 'SSE', 'Long-polling', 'Polling'];

  /* ladder: a row for each transport with its requests, and the one that carries as a path through them. */
  function ladder(canvas, p, emits, now, seconds) {
    var g = begin(canvas), top = 13, left = 88, i, j, c, r, y, from = now - seconds * 1000, at, before;
    if (!g) return;
    function x(t) {
      return Math.max(left - 3, g.w_ - 8 - (now - t) * (g.w_ - 8 - left) / (seconds * 1000));
    }
    function row(name) {
      for (var k = 0; k < 4; k++) if (rows[k] === name) return 48 + k * (g.h_ - 62) / 3.45;
      return 48 + 3.45 * (g.h_ - 62) / 3.45 + 6;
    }
    g.font = '11.5px system-ui, sans-serif';
    g.textBaseline = 'middle';
    g.fillStyle = colour('soft');
    g.fillText('emitted', 8, top);
    for (i = 0; i < 4; i++) {
      g.fillStyle = colour(rows[i]);
      g.fillText(titles[i], 8, row(rows[i]));
      g.strokeStyle = colour('faint');
      g.lineWidth = 1;
      line(g, left, row(rows[i]), g.w_, row(rows[i]));
    }
    /* what carries */
    for (i = 0; i < p.carried.length; i++) {
      c = p.carried[i];
      at = c.to || now;
      if (at < from || !c.name) continue;
      g.fillStyle = colour(c.name);
      g.globalAlpha = 0.2;
      g.fillRect(x(c.from), row(c.name) - 12, Math.max(1, x(at) - x(c.from)), 24);
      g.globalAlpha = 1;
      if (before && c.from > from) {
        g.strokeStyle = colour('ink');
        g.lineWidth = 1.3;
        line(g, x(c.from), row(before), x(c.from), row(c.name));
      }
      before = c.name;
    }
    for (i = 0; i < p.conns.length; i++) {
      c = p.conns[i];
      for (j = 0; j < c.asks.length; j++) {
        r = c.asks[j];
        at = r.to || c.close || now;
        if (at < from) continue;
        y = row(r.what) + (r.what === 'other' ? 0 : 6);
        g.fillStyle = colour(r.what === 'send' || !p.titles[r.what] ? 'send' : r.what);
        bar(g, x(r.from), x(at), y);
        if (r.fault && r.fault > from) {
          g.strokeStyle = colour('bad');
          g.lineWidth = 2;
          cross(g, x(r.fault), y, 4);
        }
      }
    }
    g.save();
    g.beginPath();
    g.rect(left - 6, 0, g.w_ - left + 6, g.h_);
    g.clip();
    ways(g, p, emits, function (t) {
      return g.w_ - 8 - (now - t) * (g.w_ - 8 - left) / (seconds * 1000);
    }, top, function (by) { return row(by) - 5; });
    g.restore();
  }

  demo.chart = { spark: spark, strip: strip, ladder: ladder };
})();
