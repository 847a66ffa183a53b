/* The page's half of the conversation. ES3: the oldest engines run it, too.
   It judges nothing: it writes down what the app saw, and the test compares that with the server's truth. */
/* global everwire */
var TEXT = 'F\u00fc\u00dfe \u2713 \ud83d\ude00 "quoted" \\ line\nfeed\u2028 <\/script>';

/* converse(o) connects and talks. o: transport, ups, downs, every (ms between two events each way), calls (each so many
   ups and downs want an ack), hold (ups before a pause that resume() ends), bytes (echo a binary event), spoil (a defect
   that the test must find). The state that it returns is what it has seen so far. */
function converse(o) {
  var seen = {
    first: -1, downs: 0, last: 0, wrong: [], garbled: 0, ups: 0, asked: 0, answered: 0, told: [], bytes: '', transport: '',
    events: [], held: false
  };
  var start = new Date().getTime(), held = 0, ticking = 0, swapped, options = {};

  function at() { return new Date().getTime() - start; }

  function note(what, detail) {
    if (seen.events.length < 200) { seen.events.push({at: at(), what: what, detail: detail === undefined ? '' : detail}); }
  }

  function down(n) {
    seen.last = Math.max(seen.last, n);
    if (n === seen.downs + 1) { seen.downs = n; } else if (seen.wrong.length < 20) { seen.wrong.push(n); }
  }

  function spoiled(n) {
    if (o.spoil === 'down twice' && n === 7) { down(n); }
    if (o.spoil === 'down lost' && n === 7) { return; }
    if (o.spoil === 'down swapped' && n === 7) { swapped = n; return; }
    down(n);
    if (swapped) { n = swapped; swapped = 0; down(n); }
  }

  function up(n) {
    if (o.spoil === 'up lost' && n === 7) { return; }
    if (o.spoil === 'up swapped' && n === 7) { n = 8; } else if (o.spoil === 'up swapped' && n === 8) { n = 7; }
    if (o.calls && n % o.calls === 0) {
      seen.asked++;
      rt.emit('up', {n: n, text: TEXT}, function (err, answer) {
        if (err) { seen.told.push([n, String(err.code || err)]); } else if (answer === n) { seen.answered++; } else { seen.wrong.push('answer ' + answer); }
      });
    } else {
      rt.emit('up', {n: n, text: TEXT});
    }
    if (o.spoil === 'up twice' && n === 7) { rt.emit('up', {n: n, text: TEXT}); }
  }

  /* By the clock, not by the count of timers: a throttled or frozen page catches up. */
  function tick() {
    var due = Math.min(o.ups, Math.floor((at() - held) / o.every) + 1);
    if (o.hold && !seen.resumed) {
      due = Math.min(due, o.hold);
      if (seen.ups === o.hold) { seen.held = true; }
    }
    while (seen.ups < due) { seen.ups++; up(seen.ups); }
    if (seen.ups >= o.ups) {
      clearInterval(ticking);
      rt.emit('end'); /* handled behind all ups, so the server knows that there are no more */
    }
  }

  seen.resume = function () {
    held = at() - o.hold * o.every;
    seen.resumed = true;
  };

  if (o.transport) { options.transport = o.transport; }
  var rt = everwire.connect(o.url || '/everwire/', options);
  seen.rt = rt;
  rt.on('first', function () { if (seen.first < 0) { seen.first = at(); } });
  rt.on('down', function (m) {
    if (m.text !== TEXT) { seen.garbled++; }
    spoiled(m.n);
    return m.n;
  });
  rt.on('bytes', function (b) {
    var i, a = new Uint8Array(b), s = [];
    for (i = 0; i < a.length; i++) { s.push(a[i]); }
    seen.bytes += s.join(' ') + ';';
  });
  rt.on('connect', function (e) {
    note('connect', rt.transport + (e && e.reason ? ' ' + e.reason : ''));
    rt.emit('begin', {have: seen.downs, down: o.downs, every: o.every, calls: o.calls || 0});
  });
  rt.on('transport', function (name) { note('transport', name); });
  rt.on('resume', function () { note('resume', rt.transport); });
  rt.on('disconnect', function (e) { note('disconnect', e && (e.reason || e.code)); });
  rt.on('error', function (e) { note('error', e && (e.code + ' ' + (e.message || ''))); });
  if (o.bytes) { rt.emit('bytes', new Uint8Array([0, 10, 13, 127, 128, 255])); }
  if (o.spoil === 'disconnect') { setTimeout(function () { note('disconnect', 'made up'); }, 300); }
  ticking = setInterval(tick, o.every);
  tick();
  return seen;
}

/* complete(seen, o) tells whether everything has been said and the last event heard; which were, the test judges. */
function complete(seen, o) {
  return seen.last >= o.downs && seen.ups >= o.ups && seen.answered + seen.told.length >= seen.asked;
}

/* report(seen) is a copy of what was seen, fit for JSON. */
function report(seen) {
  var r = {}, key;
  for (key in seen) {
    if (typeof seen[key] !== 'function' && key !== 'rt') { r[key] = seen[key]; }
  }
  r.transport = seen.rt.transport;
  r.explain = seen.rt.explain();
  return r;
}
