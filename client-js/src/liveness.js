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
