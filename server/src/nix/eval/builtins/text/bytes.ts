import { Buffer } from "node:buffer";
import { chargeText } from "../../budget.ts";

/** Length in bytes of UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The bytes from `start` to before `end` as text; null when that is not whole characters. */
export function byteSlice(text: string, start: number, end: number): string | null {
  if (isAscii(text)) return text.slice(start, Math.min(end, text.length));
  return fromBytes(toBytes(text).slice(start, end));
}

/** The text as one character per byte of its UTF-8, for algorithms that work on bytes. */
export function toBytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** The inverse of {@link toBytes}; null when the bytes are not UTF-8. */
export function fromBytes(bytes: string): string | null {
  if (isAscii(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    return null;
  }
}

export function isAscii(text: string): boolean {
  chargeText(text.length);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
