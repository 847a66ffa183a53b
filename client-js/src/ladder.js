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
