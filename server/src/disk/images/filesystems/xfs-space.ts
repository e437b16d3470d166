import type { Observed, SpaceFacts } from "../../facts.ts";
import { optionalBytesAt, type Reading, soon } from "../bytes.ts";
import { crc32c } from "../checksums.ts";
import { hasText, isPowerOfTwo, u8, u16be, u32be, u32le, u64be } from "../numbers.ts";
import { writebackSeconds } from "./ext-space.ts";

/**
 * Space of an xfs filesystem as xfs_fs_statfs counts it: the free blocks of all allocation groups, without what the
 * kernel keeps back from everybody. Headers of groups are written about 30 s after a change, so that this holds for
 * a mounted one too; the superblock's own counters do not.
 */
export function* readXfsSpace(head: Uint8Array, atRest: boolean): Reading<Observed<SpaceFacts>> {
  const layout = layoutOf(head);
  if (layout === null) return unknown("malformed", "its superblock makes no sense");
  if (layout.isUnknown) return unknown("unsupported", "it has features whose reserves are not known");
  if (layout.groups > maxGroups)
    return unknown("unsupported", "it has more allocation groups than are read of one image");
  yield* foreseeHeaders(layout);
  let counted = { free: 0, inodes: 0, freeInodes: 0 };
  for (let number = 0; number < layout.groups; number++) {
    const group = yield* readGroup(layout, number);
    if (typeof group === "string") return unknown(group === "changed" ? "busy" : "malformed", detailOf(number, group));
    if (group === null) return unknown("unsupported", "its tree of free inodes is deeper than is read");
    counted = {
      free: counted.free + group.free,
      inodes: counted.inodes + group.inodes,
      freeInodes: counted.freeInodes + group.freeInodes,
    };
  }
  return spaceOf(head, layout, counted, atRest);
}

/** Period of the worker that writes the log, and then what the log holds (fs.xfs.xfssyncd_centisecs). */
const syncSeconds = 30;
function* foreseeHeaders({ groups, groupBlocks, blockBytes, sectorBytes }: Layout): Reading<void> {
  for (let number = 0; number < groups; number++) {
    yield* soon(number * groupBlocks * blockBytes + sectorBytes, 2 * sectorBytes);
  }
}

/** Headers that are read of one image, 4 KiB each. */
const maxGroups = 512;

interface Layout {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly groups: number;
  readonly groupBlocks: number;
  readonly sectorBytes: number;
  readonly inodesPerBlock: number;
  readonly logBlocks: number;
  /** Group that the log lies in; null: it is on another device. */
  readonly logGroup: number | null;
  readonly hasChecksums: boolean;
  readonly hasFreeInodeTree: boolean;
  readonly hasTreeSizes: boolean;
  readonly hasReverseMap: boolean;
  readonly hasReferences: boolean;
  /** Features that keep back what we know nothing of. */
  readonly isUnknown: boolean;
}

/** Features of `sb_features_incompat` up to parent pointers; later ones have other reserves. */
const knownIncompat = 0xff;
const knownReadOnlyCompat = 0xf;

function layoutOf(head: Uint8Array): Layout | null {
  const version = u16be(head, 100) & 15;
  const logStart = u64be(head, 48);
  const groupBits = u8(head, 124);
  const readOnlyCompat = version === 5 ? u32be(head, 212) : 0;
  const incompat = version === 5 ? u32be(head, 216) : 0;
  const isLazy = version === 5 || ((u16be(head, 100) & 0x8000) !== 0 && (u32be(head, 200) & 2) !== 0);
  const layout: Layout = {
    blockBytes: u32be(head, 4),
    blocks: u64be(head, 8),
    groups: u32be(head, 88),
    groupBlocks: u32be(head, 84),
    sectorBytes: u16be(head, 102),
    inodesPerBlock: u16be(head, 106),
    logBlocks: u32be(head, 96),
    logGroup: logStart === 0 || groupBits > 31 ? null : Math.floor(logStart / 2 ** groupBits),
    hasChecksums: version === 5,
    hasFreeInodeTree: (readOnlyCompat & 1) !== 0,
    hasReverseMap: (readOnlyCompat & 2) !== 0,
    hasReferences: (readOnlyCompat & 4) !== 0,
    hasTreeSizes: (readOnlyCompat & 8) !== 0,
    isUnknown: !isLazy || (readOnlyCompat & ~knownReadOnlyCompat) !== 0 || (incompat & ~knownIncompat) !== 0,
  };
  const { groups, groupBlocks, blocks, sectorBytes, inodesPerBlock } = layout;
  const fits = groups > 0 && groupBlocks > 0 && (groups - 1) * groupBlocks < blocks && blocks <= groups * groupBlocks;
  if (!fits || !isPowerOfTwo(sectorBytes) || sectorBytes < 512 || sectorBytes > 32768) return null;
  return isPowerOfTwo(inodesPerBlock) ? layout : null;
}

interface Group {
  /** Free blocks, without what the group keeps back; in blocks. */
  readonly free: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

/** One group's headers of free space and of inodes (AGF and AGI). Null: a tree would have to be walked through. */
function* readGroup(layout: Layout, number: number): Reading<Group | "changed" | "makes no sense" | null> {
  const { blockBytes, groupBlocks, sectorBytes, hasChecksums, hasReverseMap } = layout;
  const at = number * groupBlocks * blockBytes;
  const headers = yield* optionalBytesAt(at + sectorBytes, 2 * sectorBytes);
  const space = headers.subarray(0, sectorBytes);
  const inodes = headers.subarray(sectorBytes);
  if (!hasText(space, 0, "XAGF") || !hasText(inodes, 0, "XAGI") || inodes.length < sectorBytes) return "makes no sense";
  if (u32be(space, 8) !== number || u32be(inodes, 8) !== number) return "makes no sense";
  if (hasChecksums && !(isProven(space, 216) && isProven(inodes, 312))) return "changed";
  const length = u32be(space, 12);
  if (length > groupBlocks || u32be(space, 52) > length || u32be(space, 48) > length) return "makes no sense";
  const kept = yield* keptBack(layout, number, length, space, inodes);
  if (kept === null) return null;
  // Blocks of the two trees of free space are free by the books, but not to be had (xfs_fdblocks_unavailable).
  const reverseMap = hasReverseMap ? Math.max(0, u32be(space, 80) - 1) : 0;
  const free = u32be(space, 52) + u32be(space, 48) + reverseMap;
  return { free: free - keptPerGroup - kept, inodes: u32be(inodes, 16), freeInodes: u32be(inodes, 28) };
}

/** xfs_alloc_set_aside: four blocks for the lists of free blocks, four for splits of trees. */
const keptPerGroup = 8;

/** What a group keeps back for trees that may grow (libxfs/xfs_ag_resv.c), less what they have taken. */
function* keptBack(
  layout: Layout,
  number: number,
  length: number,
  space: Uint8Array,
  inodes: Uint8Array,
): Reading<number | null> {
  const { blockBytes, inodesPerBlock, hasChecksums } = layout;
  // The log lies in its group for good.
  const usable = Math.max(0, length - (layout.logGroup === number ? layout.logBlocks : 0));
  const room = blockBytes - (hasChecksums ? 56 : 16);
  const treeBlocks = (record: number, key: number, records: number): number =>
    sizeOfTree(Math.floor(room / record / 2), Math.floor(room / (key + 4) / 2), records);
  let asked = 0;
  let taken = 0;
  if (layout.hasReferences) {
    asked += treeBlocks(12, 4, usable);
    taken += u32be(space, 84);
  }
  if (layout.hasFreeInodeTree) {
    const blocks = yield* freeInodeTreeBlocks(layout, number, inodes);
    if (blocks === null) return null;
    asked += treeBlocks(16, 4, Math.floor((usable * inodesPerBlock) / 64));
    taken += blocks;
  }
  const reverse = layout.hasReverseMap ? Math.max(Math.floor(usable / 100), treeBlocks(24, 40, usable)) : 0;
  return Math.max(0, asked - taken) + Math.max(reverse, layout.hasReverseMap ? u32be(space, 80) : 0);
}

/** Blocks of a tree whose blocks are as empty as they may be (xfs_btree_calc_size). */
function sizeOfTree(leafRecords: number, nodeRecords: number, records: number): number {
  if (leafRecords < 2 || nodeRecords < 2) return 0;
  let blocks = 0;
  for (let level = records, each = leafRecords; level > 1; each = nodeRecords) {
    level = Math.ceil(level / each);
    blocks += level;
  }
  return blocks;
}

/** Kept in the header since inobtcount; before, two levels are counted. */
function* freeInodeTreeBlocks(layout: Layout, number: number, inodes: Uint8Array): Reading<number | null> {
  if (layout.hasTreeSizes) return u32be(inodes, 340);
  const levels = u32be(inodes, 332);
  if (levels < 2) return levels;
  if (levels > 2) return null;
  const root = yield* optionalBytesAt((number * layout.groupBlocks + u32be(inodes, 328)) * layout.blockBytes, 64);
  return 1 + u16be(root, 6);
}

/** Checksums are little-endian, over the sector with their own place as zeros. */
function isProven(sector: Uint8Array, at: number): boolean {
  const crc = crc32c(crc32c(crc32c(0xffffffff, sector, 0, at), fourZeros), sector, at + 4);
  return ~crc >>> 0 === u32le(sector, at);
}

const fourZeros = new Uint8Array(4);

/** xfs_fs_statfs; xfs_default_resblks keeps 5 % but at most 8192 blocks for transactions when nothing is left. */
function spaceOf(
  head: Uint8Array,
  layout: Layout,
  counted: { readonly free: number; readonly inodes: number; readonly freeInodes: number },
  atRest: boolean,
): Observed<SpaceFacts> {
  const { blockBytes, blocks, inodesPerBlock, logGroup, logBlocks } = layout;
  const total = blocks - (logGroup === null ? 0 : logBlocks);
  const pool = Math.min(8192, Math.floor(blocks / 20));
  const free = Math.max(0, counted.free - pool);
  if (free > total || counted.freeInodes > counted.inodes) return unknown("malformed", "more is free than there is");
  const share = u8(head, 127);
  const chunkBlocks = Math.max(1, 64 / inodesPerBlock);
  const most = Math.floor(Math.floor((blocks * share) / 100) / chunkBlocks) * chunkBlocks * inodesPerBlock;
  const possible = counted.inodes + free * inodesPerBlock;
  const inodes = Math.max(share > 0 && most > 0 ? Math.min(possible, most) : possible, counted.inodes);
  const value: SpaceFacts = {
    totalBytes: total * blockBytes,
    freeBytes: free * blockBytes,
    availableBytes: free * blockBytes,
    inodes: { total: inodes, free: Math.max(0, inodes - (counted.inodes - counted.freeInodes)) },
    asOf: atRest ? "rest" : "commit",
    behindSeconds: atRest ? 0 : writebackSeconds + 2 * syncSeconds,
  };
  return { state: "seen", value, by: "headers of the allocation groups" };
}

function detailOf(number: number, why: string): string {
  return `the headers of allocation group ${number}: ${why === "changed" ? "wrong checksum" : "they make no sense"}`;
}

function unknown(reason: "busy" | "unsupported" | "malformed", detail: string): Observed<never> {
  return { state: "unreadable", reason, detail };
}
