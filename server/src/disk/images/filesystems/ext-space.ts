import type { Observed, SpaceFacts } from "../../facts.ts";
import { optionalBytesAt, type Reading, soon } from "../bytes.ts";
import { u16le, u32le } from "../numbers.ts";
import {
  allTableBlocks,
  blockOf,
  checksumSeed,
  type ExtLayout,
  extLayout,
  freeOf,
  hasSuperblock,
  journalCopy,
  journalInode,
  provesItself,
  superblock,
  superblocks,
  tableBlockAt,
  tableBlocks,
  tableBlocksOf,
} from "./ext-layout.ts";
import { type Extent, extentsOf } from "./ext-map.ts";
import { isUnmoved, type LogTrouble, newestCopies, readLog } from "./jbd2.ts";

/**
 * Space at rest, where the first page says all of it; null: more must be read. At rest the superblock's counters are
 * those of the descriptors (fs/ext4/super.c, ext4_put_super).
 */
export function extSpaceFromHead(head: Uint8Array): Observed<SpaceFacts> | null {
  if (!isAtRest(head)) return null;
  const layout = extLayout(head);
  if (layout === null) return noLayout;
  const overhead = overheadFromHead(head, layout);
  const wide = (u32le(head, superblock + 0x60) & 0x80) !== 0;
  const freeBlocks = u32le(head, superblock + 0x0c) + (wide ? u32le(head, superblock + 0x158) * 2 ** 32 : 0);
  const freeInodes = u32le(head, superblock + 0x10);
  return overhead === null ? null : spaceOf(head, layout, { freeBlocks, freeInodes, overhead }, "rest");
}

/** Space with whatever must be read for it: descriptors, and the log of a filesystem that is mounted or was not unmounted. */
export function* readExtSpace(head: Uint8Array): Reading<Observed<SpaceFacts>> {
  const known = extSpaceFromHead(head);
  if (known !== null) return known;
  const layout = extLayout(head);
  if (layout === null) return noLayout;
  if (tableBlocks(layout) * layout.blockBytes > maxTableBytes) {
    return unknown("unsupported", "its group descriptors are more than is read of one image");
  }
  if (hasExternalJournal(head) && !isAtRest(head)) return unknown("unsupported", "its journal is on another device");
  let answer: Observed<SpaceFacts> = unknown("busy", "it changed while it was read");
  const places = Array.from({ length: tableBlocks(layout) }, (_, index) => tableBlockAt(layout, index));
  for (const run of runsOf(places, layout.blockBytes))
    yield* soon(run.block * layout.blockBytes, run.count * layout.blockBytes);
  const journal = journalInode(head) === 0 ? null : yield* findJournal(head, layout);
  if (journal !== null && "trouble" in journal) return unknown("malformed", journal.detail);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const counted = yield* countOnce(head, layout, places, journal);
    if (!("trouble" in counted)) return spaceOf(head, layout, counted, isAtRest(head) ? "rest" : "commit");
    answer = unknown(counted.trouble, counted.detail);
    if (counted.trouble !== "busy") break;
  }
  return answer;
}

/** Blocks get their places when data is written back, 30 s after it was changed (vm.dirty_expire_centisecs) and 5 s more. */
export const writebackSeconds = 35;
const attempts = 3;
/** Descriptors of 2 TiB with blocks of 4 KiB, and of 16 GiB with blocks of 1 KiB. */
const maxTableBytes = 1 << 20;

/** Clean and without a log to replay: counters are written when it is unmounted. */
function isAtRest(head: Uint8Array): boolean {
  return (u32le(head, superblock + 0x60) & 0x4) === 0 && (u16le(head, superblock + 0x3a) & 1) !== 0;
}

function hasExternalJournal(head: Uint8Array): boolean {
  return (u32le(head, superblock + 0x5c) & 0x4) !== 0 && journalInode(head) === 0;
}

interface Counts {
  readonly freeBlocks: number;
  readonly freeInodes: number;
  /** Blocks that are the filesystem's own from its making on; df does not count them at all. */
  readonly overhead: number;
}

/** As ext4_statfs counts (fs/ext4/super.c): without its own blocks, and with what is kept for root not available. */
function spaceOf(head: Uint8Array, layout: ExtLayout, counts: Counts, asOf: SpaceFacts["asOf"]): Observed<SpaceFacts> {
  const { blockBytes, blocks, clusterBlocks, inodes } = layout;
  const { freeBlocks, freeInodes, overhead } = counts;
  if (freeBlocks > blocks - overhead || freeInodes > inodes) return unknown("malformed", "more is free than there is");
  const wide = (u32le(head, superblock + 0x60) & 0x80) !== 0;
  const kept = u32le(head, superblock + 0x08) + (wide ? u32le(head, superblock + 0x154) * 2 ** 32 : 0);
  // ext4_set_resv_clusters: with extents, 2 % but at most 4096 clusters are kept for the filesystem itself.
  const hasExtents = (u32le(head, superblock + 0x60) & 0x40) !== 0;
  const own = hasExtents ? Math.min(4096, Math.floor(Math.floor(blocks / clusterBlocks) / 50)) * clusterBlocks : 0;
  const value: SpaceFacts = {
    totalBytes: (blocks - overhead) * blockBytes,
    freeBytes: freeBlocks * blockBytes,
    availableBytes: Math.max(0, freeBlocks - kept - own) * blockBytes,
    inodes: { total: inodes, free: freeInodes },
    asOf,
    behindSeconds: asOf === "rest" ? 0 : writebackSeconds,
  };
  return { state: "seen", value, by: asOf === "rest" ? "superblock" : "group descriptors and journal" };
}

/** ext4_calculate_overhead, as far as the superblock tells. Null: clusters must be counted in the descriptors. */
function overheadFromHead(head: Uint8Array, layout: ExtLayout): number | null {
  const journal = journalInode(head);
  const copy = journal === 0 ? null : journalCopy(head);
  if (journal !== 0 && copy === null) return null;
  const journalBlocks = copy === null ? 0 : Math.floor(copy.bytes / layout.blockBytes);
  if (layout.clusterBlocks > 1) {
    const stored = u32le(head, superblock + 0x248) * layout.clusterBlocks;
    return stored === 0 || stored > layout.blocks ? null : stored;
  }
  return layout.firstBlock + overheadOfGroups(layout) + journalBlocks;
}

/** Superblock, descriptors, room for more of them, two bitmaps and the table of inodes in each group. */
function overheadOfGroups(layout: ExtLayout): number {
  const { groups, reservedTableBlocks, inodesPerGroup, inodeBytes, blockBytes } = layout;
  const copies = superblocks(layout, groups);
  const own = groups * (2 + Math.ceil((inodesPerGroup * inodeBytes) / blockBytes));
  return own + copies * (1 + reservedTableBlocks) + allTableBlocks(layout);
}

/** More tables of inodes than this are not counted one by one. */
const maxTables = 1 << 20;

/** One look at descriptors and log. The order matters: what the log has no copy of must have been read before it. */
function* countOnce(
  head: Uint8Array,
  layout: ExtLayout,
  places: readonly number[],
  journal: Journal | null,
): Reading<Counts | LogTrouble> {
  const { blockBytes, groups } = layout;
  const log = journal === null ? null : yield* readLog(journal.extents, blockBytes);
  if (log !== null && "trouble" in log) return log;
  const table = yield* readTable(layout, places);
  if (table === null) return { trouble: "malformed", detail: "its group descriptors lie behind its end" };
  if (log !== null && !isAtRest(head)) {
    const copies = yield* newestCopies(log, new Set(places));
    if ("trouble" in copies) return copies;
    for (const [index, place] of places.entries()) {
      const copy = copies.get(place);
      if (copy !== undefined) table.set(copy, index * blockBytes);
    }
    if (!(yield* isUnmoved(log))) return { trouble: "busy", detail: "the journal moved while it was read" };
  }
  const seed = checksumSeed(layout, head);
  let freeClusters = 0;
  let freeInodes = 0;
  for (let group = 0; group < groups; group++) {
    const descriptor = descriptorOf(layout, table, group);
    if (!provesItself(layout, seed, descriptor, group)) {
      return { trouble: "busy", detail: "a group descriptor has a wrong checksum" };
    }
    const free = freeOf(descriptor);
    freeClusters += free.clusters;
    freeInodes += free.inodes;
  }
  const overhead = overheadFromHead(head, layout) ?? overheadByTable(layout, table, journal?.blocks ?? 0);
  if (overhead === null) return { trouble: "malformed", detail: "its superblock makes no sense" };
  return { freeBlocks: freeClusters * layout.clusterBlocks, freeInodes, overhead };
}

function descriptorOf(layout: ExtLayout, table: Uint8Array, group: number): Uint8Array {
  const { descriptorsPerBlock, descriptorBytes, blockBytes } = layout;
  const at = Math.floor(group / descriptorsPerBlock) * blockBytes + (group % descriptorsPerBlock) * descriptorBytes;
  return table.subarray(at, at + descriptorBytes);
}

/** All blocks of descriptors, one behind the other; those that follow each other on the disk are read at once. */
function* readTable({ blockBytes }: ExtLayout, places: readonly number[]): Reading<Uint8Array | null> {
  const table = new Uint8Array(places.length * blockBytes);
  for (const { index, block, count } of runsOf(places, blockBytes)) {
    const bytes = yield* optionalBytesAt(block * blockBytes, count * blockBytes);
    if (bytes.length < count * blockBytes) return null;
    table.set(bytes, index * blockBytes);
  }
  return table;
}

/** Blocks that follow each other on the disk, up to what is read at once. */
function* runsOf(
  places: readonly number[],
  blockBytes: number,
): Iterable<{ index: number; block: number; count: number }> {
  for (let index = 0, count = 1; index < places.length; index += count, count = 1) {
    const block = places[index] as number;
    while (places[index + count] === block + count && (count + 1) * blockBytes <= maxReadBytes) count++;
    yield { index, block, count };
  }
}

const maxReadBytes = 128 << 10;

interface Journal {
  readonly extents: readonly Extent[];
  readonly blocks: number;
}

/** The journal's place out of the superblock's copy, else out of its inode. */
function* findJournal(head: Uint8Array, layout: ExtLayout): Reading<Journal | LogTrouble> {
  const file = journalCopy(head) ?? (yield* journalFromInode(head, layout));
  if (file === null) return { trouble: "malformed", detail: "its journal is not found" };
  const blocks = Math.floor(file.bytes / layout.blockBytes);
  const extents = yield* extentsOf(file.map, blocks, layout.blockBytes);
  if (extents === null) return { trouble: "malformed", detail: "the map of its journal makes no sense" };
  return { extents, blocks };
}

function* journalFromInode(
  head: Uint8Array,
  layout: ExtLayout,
): Reading<{ readonly map: Uint8Array; readonly bytes: number } | null> {
  const index = journalInode(head) - 1;
  const group = Math.floor(index / layout.inodesPerGroup);
  if (group >= layout.groups) return null;
  const block = tableBlockAt(layout, Math.floor(group / layout.descriptorsPerBlock));
  const at = block * layout.blockBytes + (group % layout.descriptorsPerBlock) * layout.descriptorBytes;
  const descriptor = yield* optionalBytesAt(at, layout.descriptorBytes);
  const place = blockOf(descriptor, 0x08) * layout.blockBytes + (index % layout.inodesPerGroup) * layout.inodeBytes;
  const inode = yield* optionalBytesAt(place, 128);
  if (inode.length < 128) return null;
  return { map: inode.slice(0x28, 0x64), bytes: u32le(inode, 0x6c) * 2 ** 32 + u32le(inode, 0x04) };
}

/**
 * As {@link overheadFromHead} with what had to be read. With bigalloc each cluster that holds something of the
 * filesystem's own counts once (count_overhead). Null: more tables of inodes than there is room for.
 */
function overheadByTable(layout: ExtLayout, table: Uint8Array, journalBlocks: number): number | null {
  if (layout.clusterBlocks === 1) return layout.firstBlock + overheadOfGroups(layout) + journalBlocks;
  const { groups, firstBlock, blocksPerGroup, clusterBlocks, inodesPerGroup, inodeBytes, blockBytes } = layout;
  const own = new Set<number>();
  const tableLength = Math.ceil((inodesPerGroup * inodeBytes) / blockBytes);
  if ((groups * tableLength) / clusterBlocks > maxTables) return null;
  const add = (block: number, length: number): void => {
    const last = Math.floor((block + length - 1 - firstBlock) / clusterBlocks);
    for (let cluster = Math.floor((block - firstBlock) / clusterBlocks); cluster <= last; cluster++) own.add(cluster);
  };
  for (let group = 0; group < groups; group++) {
    const descriptor = descriptorOf(layout, table, group);
    add(blockOf(descriptor, 0x00), 1);
    add(blockOf(descriptor, 0x04), 1);
    add(blockOf(descriptor, 0x08), tableLength);
    const begin = (hasSuperblock(layout, group) ? 1 : 0) + tableBlocksOf(layout, group);
    if (begin > 0) add(firstBlock + group * blocksPerGroup, begin);
  }
  const clusters = own.size + Math.ceil(journalBlocks / clusterBlocks);
  return (clusters + Math.floor(firstBlock / clusterBlocks)) * clusterBlocks;
}

const noLayout = unknown("malformed", "its superblock makes no sense");

function unknown(reason: "busy" | "unsupported" | "malformed", detail: string): Observed<never> {
  return { state: "unreadable", reason, detail };
}
