// The world around the client. Every global that it uses can be handed in as an option of the same name.

function env(name) {
  return name in opts ? opts[name] : root[name];
}

var later = env('setTimeout'), cancel = env('clearTimeout'), random = env('Math').random, Clock = env('Date');

function now() {
  return +new Clock();
}

// absolute makes a URL whole, as an old WebSocket wants it, and gives it its slash.
function absolute(url) {
  var at = /^(\w+:)(\/\/[^\/?#]*)([^?#]*\/)?/.exec((env('location') || {}).href);
  return (/^\w+:/.test(url) ? '' : /^\/\//.test(url) ? at[1] : at[1] + at[2] + (/^\//.test(url) ? '' : at[3] || '/')) + url.replace(/\/?$/, '/');
}
