/** Numbers out of bytes. A place outside the array reads as zero; 64-bit values above 2^53 become Infinity. */

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function u16le(bytes: Uint8Array, at: number): number {
  return u8(bytes, at) | (u8(bytes, at + 1) << 8);
}

export function u32le(bytes: Uint8Array, at: number): number {
  // Superblocks are full of these: one look at the length is cheaper than four.
  if (at >= 0 && at + 4 <= bytes.length) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    return (low | ((bytes[at + 3] as number) << 24)) >>> 0;
  }
  return (u16le(bytes, at) | (u16le(bytes, at + 2) << 16)) >>> 0;
}

export function u64le(bytes: Uint8Array, at: number): number {
  return join(u32le(bytes, at + 4), u32le(bytes, at));
}

export function u16be(bytes: Uint8Array, at: number): number {
  return (u8(bytes, at) << 8) | u8(bytes, at + 1);
}

export function u32be(bytes: Uint8Array, at: number): number {
  return ((u16be(bytes, at) << 16) | u16be(bytes, at + 2)) >>> 0;
}

export function u64be(bytes: Uint8Array, at: number): number {
  return join(u32be(bytes, at), u32be(bytes, at + 4));
}

/** True when the bytes at `at` are the (Latin-1) characters of `text`. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** True for 1, 2, 4, 8 … */
export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isSafeInteger(value) && Number.isInteger(Math.log2(value));
}

function join(high: number, low: number): number {
  return high > 0x1fffff ? Number.POSITIVE_INFINITY : high * 0x100000000 + low;
}
