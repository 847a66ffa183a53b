// The world around the client. Every global that it uses can be handed in as an option of the same name.

function env(name) {
  return name in opts ? opts[name] : root[name];
}

function now() {
  var Clock = env('Date');
  return +new Clock();
}

function later(ms, fn) {
  var set = env('setTimeout');
  return set(fn, ms);
}

function cancel(timer) {
  var clear = env('clearTimeout');
  clear(timer);
}

function random() {
  return env('Math').random();
}

// absolute makes a URL whole, as an old WebSocket wants it, and gives it its slash.
function absolute(url) {
  var doc = env('document'), at = env('location'),
    base = /^(\w+:)(\/\/[^\/?#]*)([^?#]*\/)?/.exec(doc && doc.baseURI || at && at.href) || [];
  if (!/\/$/.test(url)) url += '/';
  return /^\w+:/.test(url) ? url :
    base[1] + (/^\/\//.test(url) ? url : base[2] + (/^\//.test(url) ? url : (base[3] || '/') + url));
}
