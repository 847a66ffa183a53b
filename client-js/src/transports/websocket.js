// websocket: a stream both ways, with messages of one frame up and of all that waits down.

var websocket = {
  name_: 'websocket',

  needs_: 'WebSocket',

  open_: function (c) {
    var Socket = engine('WebSocket'), ws = new Socket(url.replace(/^http/, 'ws') + 'websocket', 'everwire.1'),
      bin = !LEGACY || typeof Uint8Array != 'undefined' && typeof ws.binaryType == 'string';

    // write sends what waits behind what this stream has written, with a mark over what was confirmed elsewhere (R6)
    function write() {
      var list, i;
      if (c.up_ < base && queue[0]) {
        c.up_ = base;
        c.send_(encode([27, base + 1]));
      }
      for (list = slice(c.up_, id ? 1e9 : body), i = 0; list[i]; c.up_++) c.send_(list[i++]);
    }

    ws.binaryType = 'arraybuffer';
    c.socket_ = ws;
    c.send_ = function (item) {
      ws.send(item.text_ || item);
    };
    c.greet_ = function () {
      c.send_(hello(c, { bin: +bin, lines: 1 }));
      c.up_ = base;
      arm(c, id ? patience(2e3) : 1e4);
      // a session that is gone would leave what is sent ahead with an unknown outcome
      if (!id) write();
    };
    c.flush_ = function (tell) {
      if (tell) {
        c.send_(encode([26, said = got]));
        fresh = 0;
      }
      write();
    };
    c.close_ = function () {
      ws.onopen = ws.onmessage = ws.onclose = ws.onerror = nothing;
      ws.close();
    };
    ws.onopen = function () {
      prove(c);
    };
    ws.onmessage = function (e) {
      heard(c, e.data);
    };
    ws.onclose = function (e) {
      ended(c, e.code, e.reason, 0, c.pings_ ? null : 2);
    };
    ws.onerror = nothing;
    arm(c, 1e4);
  }
};
