// A real ext4 image without mkfs: the blocks of one that mkfs.ext4 made, stored without the zeros (examples/images).
// test/host/example-image.test.ts proves that the result equals what mkfs.ext4 writes, byte for byte.
import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "images");

/** Sizes in MiB for which there is a stored image. */
export const exampleSizes = [256, 512, 1024, 2048, 4096];

const blockBytes = 4096;
const blocksPerGroup = 32768;

/** Writes an empty ext4 filesystem as a sparse file. `label` has at most 16 bytes; null or left out: none. */
export async function writeExampleImage({ path, sizeMiB, label = null }) {
  if (!exampleSizes.includes(sizeMiB))
    throw new Error(`no stored image of ${sizeMiB} MiB; there are ${exampleSizes.join(", ")}`);
  const name = Buffer.from(label ?? "");
  if (name.length > 16) throw new Error(`an ext4 label has at most 16 bytes: ${label}`);
  const packed = await readFile(join(folder, `ext4-${sizeMiB}MiB.gz`));
  const stored = unpack(gunzipSync(packed));
  const file = await open(path, "wx", 0o644);
  try {
    await file.truncate(sizeMiB * 1024 * 1024);
    for (const { index, block } of stored) {
      if (index % blocksPerGroup === 0) setLabel(block, index === 0 ? 1024 : 0, name);
      await file.write(block, 0, blockBytes, index * blockBytes);
    }
  } finally {
    await file.close();
  }
}

/** Blocks that are not zero, each behind its number (u32, little-endian). */
export function pack(blocks) {
  const parts = blocks.flatMap(({ index, block }) => {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(index);
    return [number, block];
  });
  return Buffer.concat(parts);
}

function unpack(bytes) {
  const blocks = [];
  for (let at = 0; at < bytes.length; at += 4 + blockBytes) {
    blocks.push({ index: bytes.readUInt32LE(at), block: Buffer.from(bytes.subarray(at + 4, at + 4 + blockBytes)) });
  }
  return blocks;
}

/** The label stands in the superblock and in each of its copies, and is covered by their checksum. */
function setLabel(block, at, name) {
  if (block.readUInt16LE(at + 0x38) !== 0xef53) return;
  block.fill(0, at + 0x78, at + 0x88);
  name.copy(block, at + 0x78);
  block.writeUInt32LE(crc32c(block.subarray(at, at + 0x3fc)), at + 0x3fc);
}

/** CRC-32C as ext4 uses it: started with all ones and not inverted at the end. */
function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc >>> 0;
}
