// What the main build takes from the engine as it is. legacy.js has the same names for engines that lack some of it.

var root = typeof self == 'undefined' ? global : self, legacy = 0, encode = JSON.stringify, decode = JSON.parse;

// engine: a constructor that the engine or the app has.
function engine(name) {
  return env(name);
}

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

function listen(target, name, fn) {
  if (target.addEventListener) target.addEventListener(name, fn, false);
}

function unlisten(target, name, fn) {
  if (target.removeEventListener) target.removeEventListener(name, fn, false);
}
