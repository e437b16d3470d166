import { u8 } from "./numbers.ts";

/**
 * A label: the bytes up to the first NUL, without blanks at the end (as libblkid reports it and udev's links are named;
 * blanks in front stay there), null when nothing is left. A byte that is not UTF-8 becomes U+DC00 + byte, so that nothing
 * is lost.
 */
export function labelAt(bytes: Uint8Array, at: number, length: number): string | null {
  let end = at;
  const limit = Math.min(at + length, bytes.length);
  while (end < limit && bytes[end] !== 0) end++;
  while (end > at && isBlank(u8(bytes, end - 1))) end--;
  return end > at ? textAt(bytes, at, end) : null;
}

/** The bytes from `start` up to `end` as {@link decodeUtf8} does, without a view of them in the usual case. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return asciiOf(bytes, start, end) ?? decodeUtf8(bytes.subarray(start, end));
}

/** UTF-8 with every wrong byte kept as a lone surrogate U+DC80…U+DCFF. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeBroken(bytes);
  }
}

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; null when all 16 bytes are zero. */
export function uuidAt(bytes: Uint8Array, at: number): string | null {
  let any = 0;
  for (let i = 0; i < 16; i++) {
    const byte = u8(bytes, at + i);
    any |= byte;
    const to = 2 * i + (hyphensBefore[i] as number);
    uuidText[to] = hexDigits[byte >> 4] as number;
    uuidText[to + 1] = hexDigits[byte & 15] as number;
  }
  return any === 0 ? null : uuidText.toString("latin1", 0, 36);
}

const hexDigits = Buffer.from("0123456789abcdef");
/** One flat string at the end is cheaper than many that are joined, and stays so as long as the facts live. */
const uuidText = Buffer.alloc(36, "-");
const hyphensBefore = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4];

/** Most labels and paths are ASCII, and short: asking a decoder costs more than reading them. */
function asciiOf(bytes: Uint8Array, start: number, end: number): string | null {
  const length = end - start;
  if (length > asciiText.length) return null;
  let isLast = length === lastAscii.length;
  for (let i = 0; i < length; i++) {
    const byte = u8(bytes, start + i);
    if (byte > 127) return null;
    if (asciiText[i] !== byte) {
      isLast = false;
      lastAscii = "";
      asciiText[i] = byte;
    }
  }
  // Many volumes have the same label: they share one text.
  if (!isLast) lastAscii = asciiText.toString("latin1", 0, length);
  return lastAscii;
}
const asciiText = Buffer.alloc(64);
/** The text that {@link asciiText} begins with; emptied before its bytes change. */
let lastAscii = "";
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function decodeBroken(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(u8(bytes, at));
    const part = bytes.subarray(at, at + length);
    const good = length > 0 && part.length === length ? tryDecode(part) : null;
    text += good ?? String.fromCharCode(0xdc00 + u8(bytes, at));
    at += good === null ? 1 : length;
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

function tryDecode(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
