// What the main build takes from the engine as it is. legacy.js has the same names for engines that lack some of it.

// Is this the legacy build? The build puts the number in its place.
var LEGACY = 0;

var root = typeof self == 'undefined' ? global : self, encode = JSON.stringify, decode = JSON.parse;

// engine: a constructor that the engine or the app has.
var engine = env;

function request() {
  var Request = env('XMLHttpRequest');
  return new Request();
}

function toBase64(chars) {
  return btoa(chars);
}

function fromBase64(text) {
  return atob(text);
}

function listen(target, name, fn, off) {
  off = (off ? 'remove' : 'add') + 'EventListener';
  if (target[off]) target[off](name, fn, false);
}

// absolute makes a URL whole, as WebSocket wants it, and gives it its slash.
function absolute(url) {
  var page = env('document'), Whole, a;
  if (page) {
    a = page.createElement('a');
    a.href = url;
  } else {
    // workers, Node
    Whole = env('URL');
    a = new Whole(url, env('location'));
  }
  return a.href.replace(/\/?$/, '/');
}
