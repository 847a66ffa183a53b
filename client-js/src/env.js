// The world around the client. Every global that it uses can be handed in as an option of the same name.

function env(name) {
  return name in opts ? opts[name] : root[name];
}

var later = env('setTimeout'), cancel = env('clearTimeout'), random = env('Math').random, Clock = env('Date');

function now() {
  return +new Clock();
}
