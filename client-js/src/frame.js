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
  while (text && --i) text = text.replace(/\[\]|\{\}/g, '');
  return text;
}

function isBytes(value) {
  return /(Buffer|\dArray|dArray|View)\]$/.test({}.toString.call(value));
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
  if (LEGACY && !env('Uint8Array')) return chars;
  bytes = new Uint8Array(i);
  while (i--) bytes[i] = chars.charCodeAt(i);
  return bytes;
}

// frame makes a queue item of a head ([kind, ...]) and a payload. Bytes go up as base64 on every transport (PROTOCOL.md, 9.5).
function frame(head, payload) {
  var item = { kind_: head[0] };
  if (isBytes(payload)) {
    head[0] = head[0] == 28 ? 29 : head[0] + 4;
    payload = toBase64(toChars(payload));
  }
  if (payload !== undefined) head.push(payload);
  item.text_ = encode(head);
  // bytes in UTF-8
  item.size_ = unescape(encodeURIComponent(item.text_)).length;
  return item;
}

// parse reads what one message or body holds; of a body what follows the last line end was cut.
function parse(data, body) {
  var frames = [], chars, lines, i, f;
  if (typeof data != 'string') {
    chars = toChars(data);
    data = chars.slice(0, chars.indexOf('\n'));
  }
  for (lines = data.split('\n'), i = 0; i < lines.length - !!body; i++) {
    if (lines[i]) {
      f = decode(lines[i]);
      if (!f.push || !(f[0] > 0) || f[0] !== Math.floor(f[0])) throw 0;
      frames.push(f);
    }
  }
  if (chars) f.push(toBytes(chars.slice(data.length + 1)));
  return frames;
}
