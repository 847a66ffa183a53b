// Chat 3: the browser reads the stream, and comes back to it with the last id when it breaks.
var last = 0;

function listen() {
  var stream = new EventSource('sse/stream');
  stream.onopen = function () { setStatus('Reads a stream'); };
  stream.onmessage = function (e) {
    var m = JSON.parse(e.data);
    if (m.number <= last) clearLog(); // all again: a new stream, or the server was restarted and counts anew
    show(m);
    last = m.number;
  };
  stream.onerror = function () {
    setStatus('The stream broke');
    // It gives up for good when it is answered with an error: then a new one, which knows no last id.
    if (stream.readyState === 2) setTimeout(listen, 2000);
  };
}

onSay(post('sse/say'));
listen();
