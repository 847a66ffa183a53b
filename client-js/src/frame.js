// Frames: one line of JSON each, the kind first (PROTOCOL.md, 1). Bytes travel as base64, or raw behind their header.

function fault(code, text) {
  var err = new Error(text || code);
  err.code = code;
  return err;
}

// tooDeep: more than 64 levels of arrays and objects, the frame's own the first.
function tooDeep(text) {
  var i = 65;
  text = text.replace(/\\./g, '').replace(/"[^"]*"|[^[\]{}"]/g, '');
  while (text && --i) text = text.replace(/\[]|{}/g, '');
  return text;
}

function isBytes(value) {
  return /(Buffer|\dArray|dArray|View)]$/.test({}.toString.call(value));
}

// toChars: bytes as a string of char codes 0-255.
function toChars(value) {
  var bytes = new Uint8Array(value.buffer || value, value.byteOffset || 0, value.byteLength), out = '', i;
  for (i = 0; i < bytes.length; i++) out += String.fromCharCode(bytes[i]);
  return out;
}

// toBytes: the way back; an engine without typed arrays keeps the string.
function toBytes(chars) {
  var bytes, i = chars.length;
  if (typeof Uint8Array == 'undefined') return chars;
  bytes = new Uint8Array(i);
  while (i--) bytes[i] = chars.charCodeAt(i);
  return bytes;
}

// frame makes a queue item of a head ([kind, ...]) and a payload.
function frame(head, payload) {
  var item = { kind_: head[0] }, text, chars;
  if (isBytes(payload)) {
    chars = toChars(payload);
    head[0] = head[0] == 28 ? 29 : head[0] + 4;
    text = encode(head);
    item.raw_ = text.replace(/[^\x00-\x7f]/g, function (c) {
      return '\\u' + (c.charCodeAt(0) + 65536).toString(16).slice(1);
    }) + '\n' + chars;
    item.text_ = text.slice(0, -1) + ',"' + toBase64(chars) + '"]';
  } else {
    if (payload !== undefined) head.push(payload);
    item.text_ = encode(head);
  }
  // bytes in UTF-8
  item.size_ = unescape(encodeURIComponent(item.text_)).length;
  return item;
}

// parse reads what one message or body holds; a body's last line, if it was cut, is the caller's to drop.
function parse(data) {
  var frames = [], lines = '', i = 0, bytes, f;
  if (typeof data != 'string') {
    bytes = new Uint8Array(data);
    while (i < bytes.length && bytes[i] != 10) lines += String.fromCharCode(bytes[i++]);
    data = lines;
  }
  for (lines = data.split('\n'), data = 0; data < lines.length; data++) {
    if (lines[data]) {
      f = decode(lines[data]);
      if (!f.push || !(f[0] > 0) || f[0] !== Math.floor(f[0])) throw 0;
      frames.push(f);
    }
  }
  if (bytes) {
    if (bytes[i] != 10) throw 0;
    f.push(bytes.subarray(i + 1));
  }
  return frames;
}
