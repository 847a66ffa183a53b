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
