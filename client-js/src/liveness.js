// Liveness: pings, confirms that are due, sleep, and streams that come too late to be called streams (PROTOCOL.md, 11).

var ticker, ticked, checking, tokens = 0;

// heard takes a message of a stream.
function heard(c, data) {
  var frames;
  c.heard_ = now();
  fresh += data.length || data.byteLength;
  try {
    frames = parse(data);
  } catch (e) {
    return ended(c, 4400, 'frame');
  }
  receive(c, frames);
  // a confirm is due, or the server would take the stream of a session that asks for nothing for dead
  if (c == live && (got - said >= (c.rung_ ? 256 : 64) || fresh >= Math.min(65536 << c.rung_, hints.max[2] / 4) ||
      c.rung_ && c.heard_ - asked > 1.5 * hints.ping)) c.flush_(1);
}

function pinged(c, seq, token) {
  var early = now() - c.pinged_ < hints.ping / 2, pong = token ? ',' + token + ']' : ']';
  c.pinged_ = now();
  if (c.rung_ < 2 && seq != c.down_) {
    ended(c, 4400, 'count');
  } else if (!c.rung_) {
    c.send_('[25,' + (said = got) + pong);
  } else {
    // two at once: something held them back, or this page slept
    if (early) check();
    if (token) {
      extras.push('[25,' + got + pong);
      c.flush_();
    }
  }
}

function ponged(c, token) {
  if (c == legs[0] && !c.met_) prove(c);
  else if (token == checking) checking = 0;
}

// late: the server has written up to at on this stream; by now it should be here.
function late(c, at) {
  later(function () {
    if (c == live && got < at) check();
  }, patience(2e3));
}

// check asks for a sign of life: over SSE and long-poll by a POST, to be answered on what is held.
function check() {
  var c = live, from = now(), token, text;
  if (!c || checking) return;
  if (c.rung_ > 2) return c.flush_(1);
  token = checking = ++tokens;
  text = '[24,' + (c.rung_ ? 0 : c.up_) + ',' + token + ']';
  if (c.rung_) {
    extras.push(text);
    c.flush_();
  } else {
    c.send_(text);
  }
  later(function () {
    if (checking == token) {
      checking = 0;
      if (c == live) ended(c, 0, 'silent', 0, c.rung_ && c.sent_ >= from ? 2 : 1);
    }
  }, patience(3e3));
}

function tick() {
  var c = live, time = now(), gap = time - ticked - 5e3, quiet, i;
  ticked = time;
  ticker = later(tick, 5e3);
  if (gap > hints.ping) {
    awake();
  } else if (c) {
    quiet = time - c.heard_;
    if (quiet > hints.ping + 1e4) return ended(c, 0, 'silent', 0, 1);
    if (!c.rung_ && queue[0] && quiet > 5e3) check();
    if (c.rung_ < 2 && got > said) c.flush_(1);
    if (time - c.since_ > 5e3) remember(c.rung_);
    // climb again
    for (i = 0; i < c.rung_ && !busy(); i++) {
      if (usable(i) && marks[i].until <= time) open(i);
    }
  }
}

// awake: the page or the machine slept, or the network changed.
function awake() {
  if (live) {
    check();
  } else if (again) {
    tries = 0;
    todo();
  }
}
