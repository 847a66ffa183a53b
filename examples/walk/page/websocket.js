// Chat 4: one connection, both ways. When it breaks there is a new one, and a hole.
var socket;

function connect() {
  socket = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/websocket/');
  socket.onopen = function () { setStatus('Connected'); };
  socket.onmessage = function (e) { show(JSON.parse(e.data)); };
  socket.onclose = function () {
    setStatus('The connection broke: what is said now is lost');
    setTimeout(connect, 2000); // all pages of a server that was restarted do so at the same moment
  };
}

onSay(function (name, text, done) {
  if (socket.readyState !== 1) return done('there is no connection');
  socket.send(JSON.stringify({ name: name, text: text }));
  done(''); // it is on its way; whether it arrives nobody will say
});
connect();
