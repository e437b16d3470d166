// Pictures as PNG files have them (W3C PNG, 3rd edition), as far as screenshots go: 8 bits, colours without a palette.
import { deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Reads a picture: `pixels` has three bytes for each pixel. Throws for other kinds of PNG. */
export function decode(file) {
  let header;
  const data = [];
  for (let at = signature.length; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header = body;
    if (type === "IDAT") data.push(body);
    at += length + 12;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, kind, , , interlace] = header.subarray(8);
  if (depth !== 8 || (kind !== 2 && kind !== 6) || interlace !== 0) throw new Error("not a screenshot");
  const bytes = kind === 2 ? 3 : 4;
  const rows = unfiltered(inflateSync(Buffer.concat(data)), width * bytes, height, bytes);
  if (bytes === 3) return { width, height, pixels: rows };
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) rows.copy(pixels, i * 3, i * 4, i * 4 + 3);
  return { width, height, pixels };
}

function unfiltered(raw, stride, height, bytes) {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const value = raw[y * (stride + 1) + 1 + x];
      const left = x >= bytes ? out[y * stride + x - bytes] : 0;
      const up = y > 0 ? out[(y - 1) * stride + x] : 0;
      const corner = x >= bytes && y > 0 ? out[(y - 1) * stride + x - bytes] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * stride + x] = value + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Takes away the last two bits of each colour: nobody sees it, and half of the bytes go. */
function calmed(pixels) {
  return pixels.map((value) => Math.min(255, (value & 0xfc) | (value >> 6)));
}

/**
 * A picture that moves, as APNG, which is shown by browsers, GitHub and marketplaces, and as its first frame by everything
 * else. Frames have the same size; of each only what differs from the one before is kept. `ms`: how long it is seen.
 */
export function moving(frames) {
  const [{ picture: first }] = frames;
  const { width, height } = first;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const control = Buffer.alloc(8);
  control.writeUInt32BE(frames.length, 0);
  const chunks = [chunk("IHDR", header), chunk("acTL", control)];
  let number = 0;
  let before = null;
  for (const { picture, ms } of frames) {
    const pixels = calmed(picture.pixels);
    const box = before === null ? { x: 0, y: 0, width, height } : changed(before, pixels, width, height);
    const about = Buffer.alloc(26);
    for (const [index, value] of [number++, box.width, box.height, box.x, box.y].entries())
      about.writeUInt32BE(value, index * 4);
    about.writeUInt16BE(ms, 20);
    about.writeUInt16BE(1000, 22);
    chunks.push(chunk("fcTL", about));
    const data = compressed(pixels, width, box);
    if (before === null) chunks.push(chunk("IDAT", data));
    else {
      const order = Buffer.alloc(4);
      order.writeUInt32BE(number++, 0);
      chunks.push(chunk("fdAT", Buffer.concat([order, data])));
    }
    before = pixels;
  }
  return Buffer.concat([signature, ...chunks, chunk("IEND", Buffer.alloc(0))]);
}

/** The smallest box that holds every pixel that differs. */
function changed(before, after, width, height) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let i = 0; i < width * height; i++) {
    const at = i * 3;
    if (before[at] === after[at] && before[at + 1] === after[at + 1] && before[at + 2] === after[at + 2]) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  return right < 0
    ? { x: 0, y: 0, width: 1, height: 1 }
    : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Rows differ little from those above: what is stored is the difference (filter 2, "up"). */
function compressed(pixels, width, box) {
  const stride = box.width * 3;
  const rows = Buffer.alloc((stride + 1) * box.height);
  for (let y = 0; y < box.height; y++) {
    rows[y * (stride + 1)] = y === 0 ? 0 : 2;
    const from = ((box.y + y) * width + box.x) * 3;
    for (let x = 0; x < stride; x++)
      rows[y * (stride + 1) + 1 + x] = pixels[from + x] - (y === 0 ? 0 : pixels[from - width * 3 + x]);
  }
  return deflateSync(rows, { level: 9, memLevel: 9 });
}

function chunk(type, body) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(type, 4, "latin1");
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc(Buffer.concat([head.subarray(4), body])), 0);
  return Buffer.concat([head, body, tail]);
}

const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
