/** Checksums that filesystems put beside their structures. */

/** CRC-32C (Castagnoli, reflected) as the kernel's crc32c(): no inversion at the beginning or the end. */
export function crc32c(seed: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = seed >>> 0;
  for (let at = start; at < end; at++) crc = (table32[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return crc >>> 0;
}

/** CRC-16 (polynomial 0x8005, reflected) as the kernel's crc16(). */
export function crc16(seed: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = seed & 0xffff;
  for (let at = start; at < end; at++) crc = (table16[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return crc & 0xffff;
}

const table32 = tableOf(0x82f63b78);
const table16 = tableOf(0xa001);

function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, value) => {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
    return crc;
  });
}
