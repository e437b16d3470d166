/** Checksums that filesystems put beside their structures. */

/** CRC-32C (Castagnoli, reflected) as the kernel's crc32c(): no inversion at the beginning or the end. */
export function crc32c(seed: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = seed >>> 0;
  let at = start;
  // Eight bytes at once, whose tables do not wait for each other: "slicing by 8".
  for (; at + 8 <= end; at += 8) {
    crc ^= fourAt(bytes, at);
    const next = fourAt(bytes, at + 4);
    crc =
      slice(7, crc) ^
      slice(6, crc >>> 8) ^
      slice(5, crc >>> 16) ^
      slice(4, crc >>> 24) ^
      slice(3, next) ^
      slice(2, next >>> 8) ^
      slice(1, next >>> 16) ^
      slice(0, next >>> 24);
  }
  for (; at < end; at++) crc = (table32[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return crc >>> 0;
}

/** CRC-16 (polynomial 0x8005, reflected) as the kernel's crc16(). */
export function crc16(seed: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = seed & 0xffff;
  for (let at = start; at < end; at++) crc = (table16[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return crc & 0xffff;
}

function fourAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** What a byte becomes when so many bytes come behind it. */
function slice(behind: number, byte: number): number {
  return slices[(behind << 8) | (byte & 255)] as number;
}

const table32 = tableOf(0x82f63b78);
const table16 = tableOf(0xa001);
const slices = slicesOf(table32);

function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, value) => {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
    return crc;
  });
}

function slicesOf(table: Int32Array): Int32Array {
  const all = new Int32Array(8 << 8);
  all.set(table);
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256] as number;
    all[at] = (table[before & 255] as number) ^ (before >>> 8);
  }
  return all;
}
