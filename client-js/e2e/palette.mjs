// Makes a screenshot small: an RGB PNG becomes one with a palette of at most 256 of its colours, every other pixel taking the
// nearest of them (PNG specification, 4.1.2 and 6).
import zlib from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

// palette returns the PNG with at most 256 colours; it must be 8-bit RGB without interlacing, as browsers write it.
export function palette(png) {
  const {width, height, pixels} = decode(png);
  const uses = new Map();
  for (const colour of pixels) uses.set(colour, (uses.get(colour) || 0) + 1);
  const kept = choose([...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a)));
  const index = new Map(kept.map((colour, i) => [colour, i]));
  const rows = Buffer.alloc((width + 1) * height); // each begins with filter 0
  for (let i = 0; i < pixels.length; i++) {
    if (!index.has(pixels[i])) index.set(pixels[i], nearest(kept, pixels[i]));
    rows[i + Math.floor(i / width) + 1] = index.get(pixels[i]);
  }
  const head = Buffer.from(png.subarray(16, 29));
  head[9] = 3; // colour type: palette
  return Buffer.concat([signature, chunk('IHDR', head), chunk('PLTE', Buffer.from(kept.flatMap((c) => [c >> 16, c >> 8 & 255, c & 255]))),
    chunk('IDAT', zlib.deflateSync(rows, {level: 9})), chunk('IEND', Buffer.alloc(0))]);
}

// choose takes the most frequent colours, and after them the first of each region of the colour space: what is rare and red
// must not turn brown.
function choose(frequent) {
  const kept = new Set(frequent.slice(0, 128)), regions = new Set();
  for (const colour of frequent) {
    if (kept.size === 256) break;
    if (regions.has(colour & 0xe0e0e0)) continue;
    regions.add(colour & 0xe0e0e0);
    kept.add(colour);
  }
  return [...kept];
}

function nearest(kept, colour) {
  let best = 0, least = Infinity;
  kept.forEach((c, i) => {
    const d = [16, 8, 0].reduce((sum, shift) => sum + ((c >> shift & 255) - (colour >> shift & 255)) ** 2, 0);
    if (d < least) [best, least] = [i, d];
  });
  return best;
}

function decode(png) {
  const width = png.readUInt32BE(16), height = png.readUInt32BE(20);
  if (png.readUInt32BE(24) !== 0x08020000) throw new Error('not an 8-bit RGB PNG');
  const data = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = zlib.inflateSync(Buffer.concat(data)), line = width * 3;
  let above = Buffer.alloc(line);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)], row = raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1));
    for (let x = 0; x < line; x++) {
      const a = x < 3 ? 0 : row[x - 3], b = above[x], c = x < 3 ? 0 : above[x - 3];
      row[x] += [0, a, b, a + b >> 1, paeth(a, b, c)][filter];
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = row.readUIntBE(x * 3, 3);
    above = row;
  }
  return {width, height, pixels};
}

function paeth(a, b, c) {
  const pa = Math.abs(b - c), pb = Math.abs(a - c), pc = Math.abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(zlib.crc32(body), body.length + 4);
  return out;
}
