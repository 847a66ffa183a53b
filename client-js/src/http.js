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
