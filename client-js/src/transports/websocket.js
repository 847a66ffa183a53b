// websocket: a stream both ways, one frame a message.

var websocket = {
  name_: 'websocket',

  can_: function () {
    return engine('WebSocket');
  },

  open_: function (c) {
    var Socket = engine('WebSocket'), ws = new Socket(url.replace(/^http/, 'ws') + 'websocket', 'everwire.1'),
      bin = typeof Uint8Array != 'undefined' && typeof ws.binaryType == 'string';

    // write sends what waits behind what this stream has written, with a mark over what was confirmed elsewhere (R6)
    function write(room) {
      var list, i;
      if (c.up_ < base && queue[0]) {
        c.up_ = base;
        c.send_('[27,' + (base + 1) + ']');
      }
      for (list = slice(c.up_, room), i = 0; list[i]; c.up_++) c.send_(list[i++]);
    }

    ws.binaryType = 'arraybuffer';
    c.send_ = function (item) {
      ws.send(item.raw_ && bin ? toBytes(item.raw_).buffer : item.text_ || item);
    };
    // an event that is worthless later is dropped when the socket does not keep up
    c.loose_ = function (item) {
      if (!(ws.bufferedAmount > 65536)) c.send_(item);
    };
    c.greet_ = function () {
      c.send_(hello(c, { bin: +bin }));
      c.met_ = c.n_;
      c.up_ = base;
      arm(c, id ? patience(2e3) : 1e4);
      // a session that is gone would leave what is sent ahead with an unknown outcome
      if (!id) write(65536);
    };
    c.flush_ = function (tell) {
      if (tell) {
        c.send_('[26,' + (said = got) + ']');
        fresh = 0;
      }
      write(1e9);
    };
    c.close_ = function () {
      ws.onopen = ws.onmessage = ws.onclose = ws.onerror = nothing;
      ws.close();
    };
    ws.onopen = function () {
      c.open_ = 1;
      prove(c);
    };
    ws.onmessage = function (e) {
      heard(c, e.data);
    };
    ws.onclose = function (e) {
      ended(c, e && e.code, e && e.reason, 0, c.open_ ? undefined : 2);
    };
    ws.onerror = nothing;
    arm(c, 1e4);
  }
};
