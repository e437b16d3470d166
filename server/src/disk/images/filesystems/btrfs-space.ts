import type { Observed, SpaceFacts } from "../../facts.ts";
import type { Reading } from "../bytes.ts";
import { u8, u32le, u64le } from "../numbers.ts";
import { type Chunk, chunkItem, chunkOf, type Root, Trees } from "./btrfs-tree.ts";

/**
 * Space of a btrfs on one device as btrfs_statfs counts it (kernel fs/btrfs/super.c): what chunks of data have left, and
 * what is not given to any chunk yet. Trees are never written over, so that those of a superblock hold as of its commit.
 */
export function* readBtrfsSpace(superblock: Uint8Array): Reading<Observed<SpaceFacts>> {
  if (u64le(superblock, 0x88) !== 1) return unknown("unsupported", "it has more than one device");
  const trees = new Trees(superblock);
  const chunks = yield* trees.items({ logical: u64le(superblock, 0x58), level: u8(superblock, 0xc7) });
  if (chunks === null) return changed;
  trees.chunks = chunks
    .filter(({ type, bytes }) => type === chunkItem && bytes.length >= 80)
    .map(({ offset, bytes }) => chunkOf(offset, bytes));
  if (trees.chunks.some(({ flags }) => (flags & otherProfiles) !== 0))
    return unknown("unsupported", "its chunks lie on more than one device");
  const roots = yield* readRoots(trees, superblock);
  if (roots === null) return changed;
  const groups = roots.get(blockGroupTree) ?? roots.get(extentTree);
  if (groups === undefined) return changed;
  const used = new Map<Chunk, number>();
  for (const chunk of trees.chunks) {
    const group = yield* trees.find(groups.root, chunk.logical, blockGroupItem);
    if (group === null || group === "none") return changed;
    used.set(chunk, u64le(group.bytes, 0));
  }
  return spaceOf(superblock, used, reserveOf(superblock, roots));
}

const extentTree = 2;
const checksumTree = 7;
const freeSpaceTree = 10;
const blockGroupTree = 11;
const rootItem = 132;
const blockGroupItem = 192;
/** Kinds of chunks, and the profile that keeps two copies on one device. */
const data = 0x1;
const metadata = 0x4;
const twice = 0x20;
/** All other profiles of several copies or stripes. */
const otherProfiles = 0x8 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400;

type Roots = ReadonlyMap<number, { readonly root: Root; readonly usedBytes: number }>;

/** The trees that count: of extents, checksums, free space, and of block groups where there is one. */
function* readRoots(trees: Trees, superblock: Uint8Array): Reading<Roots | null> {
  const top: Root = { logical: u64le(superblock, 0x50), level: u8(superblock, 0xc6) };
  const roots = new Map<number, { root: Root; usedBytes: number }>();
  for (const tree of [extentTree, checksumTree, freeSpaceTree, blockGroupTree]) {
    const item = yield* trees.find(top, tree, rootItem);
    if (item === null) return null;
    if (item === "none" || item.bytes.length < 239) continue;
    const root = { logical: u64le(item.bytes, 176), level: u8(item.bytes, 238) };
    roots.set(tree, { root, usedBytes: u64le(item.bytes, 192) });
  }
  return roots;
}

/** The reserve for the filesystem's own trees (fs/btrfs/block-rsv.c, btrfs_update_global_block_rsv). */
function reserveOf(superblock: Uint8Array, roots: Roots): number {
  const itemBytes = u32le(superblock, 0x94) * 8 * 2;
  const hasFreeSpaceTree = (u32le(superblock, 0xb4) & 1) !== 0;
  const items = 1 + roots.size + unlinkItems;
  const least = itemBytes * items + itemBytes * unlinkItems * (hasFreeSpaceTree ? 2 : 1);
  const used = [...roots.values()].reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  return Math.min(Math.max(used, least), 512 << 20);
}

/** BTRFS_UNLINK_METADATA_UNITS. */
const unlinkItems = 6;

function spaceOf(superblock: Uint8Array, used: ReadonlyMap<Chunk, number>, reserve: number): Observed<SpaceFacts> {
  let freeData = 0;
  let freeMetadata = 0;
  let isMixed = false;
  let factor = 1;
  let usedBytes = 0;
  for (const [{ flags, length }, inUse] of used) {
    const copies = (flags & twice) !== 0 ? 2 : 1;
    const free = (length - inUse) * copies;
    if ((flags & data) !== 0) {
      freeData += free;
      factor = copies;
      isMixed ||= (flags & metadata) !== 0;
    } else if ((flags & metadata) !== 0) freeMetadata += free;
    usedBytes += inUse * copies;
  }
  const unit = u32le(superblock, 0x90);
  const down = (bytes: number): number => Math.floor(bytes / unit) * unit;
  const totalBytes = down(u64le(superblock, 0x70) / factor);
  const freeBytes = Math.max(0, totalBytes - down(usedBytes / factor) - down(reserve));
  const unallocated = unallocatedBytes(superblock, factor);
  // Where no chunk for metadata can be had any more and the last is nearly full, statfs says that nothing is left.
  const isExhausted = !isMixed && unallocated === 0 && freeMetadata - 4 * 2 ** 20 < reserve;
  const availableBytes = isExhausted ? 0 : down(Math.floor(freeData / factor) + Math.floor(unallocated / factor));
  // What is left may be more than what is free, which is without the reserve, but not more than is not in use.
  const isPossible = availableBytes <= totalBytes && availableBytes <= freeBytes + down(reserve) + 4 * unit;
  if (
    !isPossible ||
    ![totalBytes, freeBytes, availableBytes].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0)
  )
    return changed;
  const value: SpaceFacts = {
    totalBytes,
    freeBytes,
    availableBytes,
    inodes: null,
    asOf: "rest",
    behindSeconds: 0,
  };
  return { state: "seen", value, by: "chunks and block groups" };
}

/** btrfs_calc_avail_data_space: in stripes of 64 KiB, without the first MiB of the device. */
function unallocatedBytes(superblock: Uint8Array, copies: number): number {
  const stripe = 65536;
  const free = u64le(superblock, 0xc9 + 8) - u64le(superblock, 0xc9 + 16);
  const whole = Math.floor(free / stripe) * stripe;
  return whole > (1 << 20) + copies * stripe ? whole - (1 << 20) : 0;
}

const changed: Observed<never> = {
  state: "unreadable",
  reason: "busy",
  detail: "its trees changed while they were read, are damaged, or larger than is read of one image",
};

function unknown(reason: "unsupported", detail: string): Observed<never> {
  return { state: "unreadable", reason, detail };
}
