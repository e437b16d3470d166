import { decodeUtf8 } from "../base/utf8.ts";
import { u8 } from "./images/numbers.ts";

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

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
