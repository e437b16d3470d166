import { optionalBytesAt, type Reading } from "../bytes.ts";
import { u16le, u32le } from "../numbers.ts";

/** Blocks of a file that follow each other on the disk. */
export interface Extent {
  /** First block within the file. */
  readonly from: number;
  readonly length: number;
  /** First block on the disk. */
  readonly at: number;
}

/** A journal in more pieces than this was made to confuse. */
const maxExtents = 4096;

/**
 * The extents of a file out of the 60 bytes of its inode's block map: a tree of extents, or direct and indirect blocks.
 * Null: the map makes no sense.
 */
export function* extentsOf(map: Uint8Array, blocks: number, blockBytes: number): Reading<readonly Extent[] | null> {
  const extents: { from: number; length: number; at: number }[] = [];
  let last = { from: -1, length: 0, at: -1 };
  const add = (from: number, length: number, at: number): boolean => {
    if (last.from + last.length === from && last.at + last.length === at) last.length += length;
    else {
      last = { from, length, at };
      extents.push(last);
    }
    return extents.length <= maxExtents;
  };
  const whole =
    u16le(map, 0) === extentMagic
      ? yield* addTree(map, u16le(map, 6), blockBytes, add)
      : yield* addIndirect(map, blocks, blockBytes, add);
  return whole ? extents : null;
}

const extentMagic = 0xf30a;

type Add = (from: number, length: number, at: number) => boolean;

/** A node of the tree: a header of 12 bytes and entries of 12 bytes (fs/ext4/ext4_extents.h). */
function* addTree(node: Uint8Array, depth: number, blockBytes: number, add: Add): Reading<boolean> {
  if (u16le(node, 0) !== extentMagic || u16le(node, 6) !== depth || depth > 5) return false;
  const entries = u16le(node, 2);
  if (12 + entries * 12 > node.length) return false;
  for (let at = 12; at < 12 + entries * 12; at += 12) {
    if (depth === 0) {
      const length = u16le(node, at + 4);
      if (length === 0 || length > 32768) return false;
      const start = u16le(node, at + 6) * 2 ** 32 + u32le(node, at + 8);
      if (!add(u32le(node, at), length, start)) return false;
    } else {
      const child = yield* optionalBytesAt(
        (u16le(node, at + 8) * 2 ** 32 + u32le(node, at + 4)) * blockBytes,
        blockBytes,
      );
      if (!(yield* addTree(child, depth - 1, blockBytes, add))) return false;
    }
  }
  return true;
}

/** Twelve blocks, and then blocks of pointers, one, two and three levels deep. */
function* addIndirect(map: Uint8Array, blocks: number, blockBytes: number, add: Add): Reading<boolean> {
  let from = 0;
  for (; from < 12 && from < blocks; from++) {
    if (!add(from, 1, u32le(map, from * 4))) return false;
  }
  for (let level = 1; level <= 3 && from < blocks; level++) {
    const next: number = yield* addPointers(u32le(map, (11 + level) * 4), level, from, blocks, blockBytes, add);
    if (next < 0) return false;
    from = next;
  }
  return from >= blocks;
}

/** The first block of the file that comes behind; negative: it makes no sense. */
function* addPointers(
  block: number,
  level: number,
  start: number,
  blocks: number,
  blockBytes: number,
  add: Add,
): Reading<number> {
  let from = start;
  if (block === 0) return -1;
  const pointers = yield* optionalBytesAt(block * blockBytes, blockBytes);
  for (let at = 0; at < blockBytes && from < blocks; at += 4) {
    const pointer = u32le(pointers, at);
    if (pointer === 0) return -1;
    if (level === 1) {
      if (!add(from, 1, pointer)) return -1;
      from++;
    } else {
      from = yield* addPointers(pointer, level - 1, from, blocks, blockBytes, add);
      if (from < 0) return -1;
    }
  }
  return from;
}
