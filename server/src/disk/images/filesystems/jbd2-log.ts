import { allZero, decidingBytesAt, type Reading } from "../bytes.ts";
import { u16be, u32be } from "../numbers.ts";
import type { Extent } from "./ext-map.ts";

/** The log of ext3 and ext4 (kernel fs/jbd2; format in Documentation/filesystems/ext4/journal.rst). */
export interface Log {
  readonly blockBytes: number;
  /** Blocks that the log goes round in: from `first` up to `end`. The area of fast commits lies behind. */
  readonly first: number;
  readonly end: number;
  /** Where the oldest transaction that may be needed lies, and its number; the place is 0 where there is none. */
  readonly tail: number;
  readonly sequence: number;
  readonly wide: boolean;
  readonly checksum: "v2" | "v3" | null;
  readonly checksumSeed: number;
  readonly extents: readonly Extent[];
}

/** What each of the log's own blocks begins with. */
export const magic = 0xc03b3998;
export const kinds = { descriptor: 1, commit: 2, revoke: 5 } as const;

/** Blocks of the log, counted from its tail. */
export class LogBlocks {
  readonly #log: Log;
  readonly length: number;
  #from = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(log: Log) {
    this.#log = log;
    this.length = log.end - log.first;
  }

  /** One block, read together with those behind it. */
  *one(at: number, atOnce: number): Reading<Uint8Array | null> {
    const start = (at - this.#from) * this.#log.blockBytes;
    const isThere = start >= 0 && start + this.#log.blockBytes <= this.#bytes.length;
    const bytes = yield* this.read(at, isThere ? 1 : Math.min(atOnce, this.length - at));
    return bytes === null ? null : bytes.subarray(0, this.#log.blockBytes);
  }

  /** Null: the journal's file has a hole there, or ends before it. */
  *read(from: number, count: number): Reading<Uint8Array | null> {
    const { blockBytes, first, tail, extents } = this.#log;
    const start = (from - this.#from) * blockBytes;
    if (start >= 0 && start + count * blockBytes <= this.#bytes.length) {
      return this.#bytes.subarray(start, start + count * blockBytes);
    }
    const parts: Uint8Array[] = [];
    for (let done = 0; done < count; ) {
      const block = first + ((tail - first + from + done) % this.length);
      const extent = extents.find((one) => one.from <= block && block < one.from + one.length);
      if (extent === undefined) return null;
      const part = Math.min(count - done, extent.from + extent.length - block, this.#log.end - block);
      const bytes = yield* decidingBytesAt((extent.at + block - extent.from) * blockBytes, part * blockBytes);
      if (bytes.length < part * blockBytes) return null;
      parts.push(bytes);
      done += part;
    }
    this.#from = from;
    this.#bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    return this.#bytes;
  }
}

/** So many blocks are looked at at once while the head is searched. */
const probeBlocks = 4;
/**
 * A guess looks so far, and takes zeros for a part that was never written; what it takes to lie behind the head, the chain
 * may show to lie before it.
 */
const guessBlocks = 16;
/** Longer chains are not followed: halving is done once more then, and looks as far as one descriptor reaches. */
const maxLinks = 256;
const linkBlocks = 16;

/**
 * The last block of the log's own that was written after the tail; null: there is none. Halving finds a place near it:
 * most of a log was never written, or is data. From there each descriptor says where the next block of the log's own is,
 * as recovery follows them (fs/jbd2/recovery.c, do_one_pass).
 */
export function* findHead(log: Log, blocks: LogBlocks): Reading<number | null> {
  if ((yield* ownBlockFrom(log, blocks, 0, 1, 1)) !== 0) return null;
  const near = yield* halve(log, blocks, 0, guessBlocks);
  const end = yield* followChain(log, blocks, near);
  if (end.isLast) return end.at;
  // A descriptor has as many blocks behind it as tags fit into it.
  const far = yield* halve(log, blocks, end.at, Math.ceil(log.blockBytes / 8) + 1);
  return (yield* followChain(log, blocks, far)).at;
}

/**
 * A place among the last of the log's own blocks at or after `start`, when halving sees `reach` blocks far. The rest of the
 * way is read at once.
 */
function* halve(log: Log, blocks: LogBlocks, start: number, reach: number): Reading<number> {
  let low = start;
  let high = blocks.length;
  for (let step = probeBlocks; low + step < high; step *= 16) {
    const found = yield* ownBlockFrom(log, blocks, low + step, high, reach);
    if (found === null) high = low + step;
    else low = found;
  }
  const near = Math.floor(nearBytes / log.blockBytes);
  while (high - low > near) {
    const middle = Math.floor((low + high) / 2);
    const found = yield* ownBlockFrom(log, blocks, middle, high, reach);
    if (found === null) high = middle;
    else low = found;
  }
  yield* blocks.read(low, Math.min(near, blocks.length - low));
  return low;
}

const nearBytes = 32 << 10;

/** The first of the log's own blocks at or after a place, when it was written after the tail. */
function* ownBlockFrom(
  log: Log,
  blocks: LogBlocks,
  start: number,
  limit: number,
  reach: number,
): Reading<number | null> {
  const end = Math.min(limit, blocks.length, start + reach);
  for (let from = start, count = probeBlocks; from < end; from += count, count *= 2) {
    count = Math.min(count, end - from);
    const chunk = yield* blocks.read(from, count);
    if (chunk === null || (reach === guessBlocks && allZero(chunk))) return null;
    for (let at = 0; at < chunk.length; at += log.blockBytes) {
      if (u32be(chunk, at) !== magic) continue;
      return isNew(log, blocks, chunk, at) ? from + at / log.blockBytes : null;
    }
  }
  return null;
}

/** Whether a block of the log's own was written after the tail, and not the last time round. */
function isNew(log: Log, blocks: LogBlocks, chunk: Uint8Array, at: number): boolean {
  return (u32be(chunk, at + 8) - log.sequence) >>> 0 < blocks.length;
}

/** Goes on from one of the log's own blocks to the last that can be reached. */
function* followChain(
  log: Log,
  blocks: LogBlocks,
  start: number,
): Reading<{ readonly at: number; readonly isLast: boolean }> {
  let at = start;
  for (let link = 0; link < maxLinks; link++) {
    const block = yield* blocks.one(at, linkBlocks);
    if (block === null) return { at, isLast: true };
    const next = at + 1 + (u32be(block, 4) === kinds.descriptor ? tagsOf(log, block) : 0);
    if (next >= blocks.length) return { at, isLast: true };
    const after = yield* blocks.one(next, linkBlocks);
    if (after === null || u32be(after, 0) !== magic || !isNew(log, blocks, after, 0)) return { at, isLast: true };
    at = next;
  }
  return { at, isLast: false };
}

/** How many blocks of data follow a descriptor. */
function tagsOf(log: Log, descriptor: Uint8Array): number {
  let count = 0;
  for (const _ of tags(log, descriptor)) count++;
  return count;
}

interface Tag {
  /** Block of the disk. */
  readonly number: number;
  readonly escaped: boolean;
  readonly checksum: number;
}

/** The tags of a descriptor, one for each block of data behind it. */
export function* tags({ wide, checksum }: Log, block: Uint8Array): Iterable<Tag> {
  const end = block.length - (checksum === null ? 0 : 4);
  const tagBytes = checksum === "v3" ? 16 : 8 + (wide ? 4 : 0);
  for (let at = 12; at + tagBytes <= end; ) {
    const flags = checksum === "v3" ? u32be(block, at + 4) : u16be(block, at + 6);
    const high = checksum === "v3" || wide ? u32be(block, at + 8) : 0;
    yield {
      number: u32be(block, at) + (wide ? high * 2 ** 32 : 0),
      escaped: (flags & 1) !== 0,
      checksum: checksum === "v3" ? u32be(block, at + 12) : u16be(block, at + 4),
    };
    if ((flags & 8) !== 0) return;
    at += tagBytes + ((flags & 2) === 0 ? 16 : 0);
  }
}
