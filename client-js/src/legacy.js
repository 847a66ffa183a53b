// Workarounds for old engines, each with the engine and the symptom; the same names as in native.js.
// Nothing of the engine's is patched: what is missing is answered here and used here only.

// Errors come as status 200 ("flat"): XDomainRequest shows neither status nor body of an error.
var LEGACY = 1;

var root = typeof self == 'undefined' ? global : self,
  JSON = root.JSON,
  // MooTools of 2007 has a JSON of its own, with other names
  encode = JSON && JSON.stringify || toJSON,
  decode = JSON && JSON.parse || fromJSON;

function engine(name) {
  var found = env(name);
  if (name == 'WebSocket') {
    // Firefox 6-10: the constructor has a prefix. developer.mozilla.org/docs/Web/API/WebSocket#browser_compatibility
    found = found || env('MozWebSocket');
    // Safari 5, Opera 11, Android browsers, PhantomJS 1.9: hixie-76, which no server of today speaks. They know no CLOSING.
    if (found && !found.CLOSING) found = 0;
  } else if (name == 'XMLHttpRequest') {
    // IE 6: an ActiveX object, which the app's administrator may have switched off
    found = found || env('ActiveXObject');
  }
  return found;
}

function request() {
  var Request = env('XMLHttpRequest'), Domain = env('XDomainRequest'), x = Request && new Request(), names, i;
  // IE 8, 9: XMLHttpRequest throws on another origin, XDomainRequest does not
  if (Domain && x && !('withCredentials' in x) && foreign()) return domainRequest(new Domain());
  if (x) return x;
  // IE 6; the order is the vendor's advice of 2006: 6.0, else 3.0, never the ones between
  Request = env('ActiveXObject');
  for (names = ['MSXML2.XMLHTTP.6.0', 'MSXML2.XMLHTTP.3.0', 'Microsoft.XMLHTTP'], i = 0; i < 3; i++) {
    try {
      return new Request(names[i]);
    } catch (e) {}
  }
  // ActiveX is switched off: a request that fails
  return {};
}

// foreign: is the server on another origin than the page?
function foreign() {
  var at = env('location');
  return at && url.indexOf(at.protocol + '//' + at.host + '/');
}

// domainRequest gives an XDomainRequest the shape of an XMLHttpRequest.
function domainRequest(x) {
  var out = { setRequestHeader: nothing, onreadystatechange: nothing };

  function done(status) {
    return function () {
      out.status = status;
      out.responseText = x.responseText;
      out.readyState = 4;
      out.onreadystatechange();
    };
  }

  out.open = function (method, url) {
    x.open(method, url);
    // IE 9: a request whose handlers are not all set, or that is sent before they are seen, may be aborted
    x.onprogress = nothing;
    x.onload = done(200);
    x.onerror = x.ontimeout = done(0);
    x.timeout = 6e4;
  };
  out.send = function (text) {
    later(function () {
      // nobody waits for a request that was given up
      if (out.onreadystatechange != nothing) x.send(text);
    }, 0);
  };
  out.abort = function () {
    x.abort();
  };
  return out;
}

function listen(target, name, fn, off) {
  if (target.addEventListener) target[off ? 'removeEventListener' : 'addEventListener'](name, fn, false);
  // IE 6-8
  else if (target.attachEvent) target[off ? 'detachEvent' : 'attachEvent']('on' + name, fn);
}

// IE 6-9: no btoa, no atob.
var digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(chars) {
  var out = '', i, three;
  for (i = 0; i < chars.length; i += 3) {
    three = chars.charCodeAt(i) << 16 | chars.charCodeAt(i + 1) << 8 | chars.charCodeAt(i + 2);
    out += digits.charAt(three >> 18) + digits.charAt(three >> 12 & 63) +
      (i + 1 < chars.length ? digits.charAt(three >> 6 & 63) : '=') + (i + 2 < chars.length ? digits.charAt(three & 63) : '=');
  }
  return out;
}

function fromBase64(text) {
  var out = '', held = 0, i;
  text = text.replace(/=/g, '');
  for (i = 0; i < text.length; i++) {
    held = held << 6 | digits.indexOf(text.charAt(i));
    if (i % 4) out += String.fromCharCode(held >> (3 - i % 4) * 2 & 255);
  }
  return out;
}

// IE 6, 7: no JSON.
function quote(text) {
  return '"' + text.replace(/["\\\x00-\x1f\u2028\u2029\ud800-\udfff]/g, function (c) {
    var at = '"\\\b\t\n\f\r'.indexOf(c);
    return at < 0 ? '\\u' + (c.charCodeAt(0) + 65536).toString(16).slice(1) : '\\' + '"\\btnfr'.charAt(at);
  }) + '"';
}

// asked: value is what its toJSON gave (ECMA-262 5.1, 15.12.3). Strings have one where json2.js or Prototype came first.
function toJSON(value, asked) {
  var out = [], type = typeof value, text, i;
  if (value && type == 'object' && !asked && typeof value.toJSON == 'function') return toJSON(value.toJSON(), 1);
  // own typeof for boxed values
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return toJSON(value.valueOf());
  if (type == 'string') return quote(value);
  if (/^[uf]/.test(type)) return undefined;
  if (!value || type != 'object') return type == 'number' && !isFinite(value) ? 'null' : '' + value;
  if (value instanceof Date) {
    return ('"' + value.getUTCFullYear() + '-' + (value.getUTCMonth() + 1) + '-' + value.getUTCDate() + 'T' + value.getUTCHours() +
      ':' + value.getUTCMinutes() + ':' + value.getUTCSeconds() + 'Z"').replace(/\D(?=\d\D)/g, '$&0');
  }
  if ({}.toString.call(value) == '[object Array]') {
    for (i = 0; i < value.length; i++) out.push(toJSON(value[i]) || 'null');
    return '[' + out.join(',') + ']';
  }
  for (i in value) {
    if ({}.hasOwnProperty.call(value, i)) {
      text = toJSON(value[i]);
      if (text) out.push(quote(i) + ':' + text);
    }
  }
  return '{' + out.join(',') + '}';
}

function fromJSON(text) {
  // what is left of JSON without its strings, numbers and words is punctuation
  var rest = text.replace(/\\./g, '').replace(/"[^"\x00-\x1f]*"/g, '0').replace(/-?\d+(\.\d+)?([eE][+\-]?\d+)?|true|false|null/g, '0');
  if (!/^[\[\]{},:\s0]*$/.test(rest)) throw fault('frame');
  // legal in JSON strings, line ends in ES3 source
  text = text.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
  return new Function('return(' + text + ')')();
}

// absolute makes a URL whole, as an old WebSocket wants it, and gives it its slash.
function absolute(url) {
  var at = /^(\w+:)(\/\/[^\/?#]*)([^?#]*\/)?/.exec((env('location') || {}).href);
  return (/^\w+:/.test(url) ? '' : /^\/\//.test(url) ? at[1] : at[1] + at[2] + (/^\//.test(url) ? '' : at[3] || '/')) + url.replace(/\/?$/, '/');
}
