import { optionalBytesAt, type Reading } from "../bytes.ts";
import { crc32c } from "../checksums.ts";
import { u32be } from "../numbers.ts";
import type { Extent } from "./ext-map.ts";
import { findHead, kinds, type Log, LogBlocks, magic, tags } from "./jbd2-log.ts";

/**
 * Reads what the committed part of the log of ext3 and ext4 holds of a few blocks (kernel fs/jbd2; format in
 * Documentation/filesystems/ext4/journal.rst). Blocks of the log that begin with its magic number are the log's own,
 * for data that begin with it are escaped. Sequence numbers grow along the log from its tail, so that the head is found
 * by halving, and the newest copies of blocks by reading backward from there.
 */

/** A log that cannot be used says why; `busy`: it changed while it was read, which another look may mend. */
export type LogTrouble = { readonly trouble: "busy" | "unsupported" | "malformed"; readonly detail: string };

const incompat = { wide: 0x2, asynchronous: 0x4, v2: 0x8, v3: 0x10, fastCommit: 0x20 } as const;
const knownIncompat = 0x3f;

/** Reads the journal's superblock, its first block. */
export function* readLog(extents: readonly Extent[], blockBytes: number): Reading<Log | LogTrouble> {
  const at = placeOf(extents, 0);
  if (at === null) return malformed("the journal has no first block");
  const head = yield* optionalBytesAt(at * blockBytes, 1024);
  if (u32be(head, 0) !== magic || u32be(head, 4) !== 4 || head.length < 1024) {
    return malformed("the journal has no superblock that is known");
  }
  const features = u32be(head, 0x28);
  if ((features & ~knownIncompat) !== 0) return unsupported("the journal has features that are not known");
  const checksum = (features & incompat.v3) !== 0 ? "v3" : (features & incompat.v2) !== 0 ? "v2" : null;
  if ((features & incompat.asynchronous) !== 0 && checksum === null)
    return unsupported("the journal commits before its blocks are written, without checksums of them");
  if (checksum !== null && crcWithout(0xffffffff, head, 0xfc) !== u32be(head, 0xfc)) return busy;
  const maxLength = u32be(head, 0x10);
  const fast = (features & incompat.fastCommit) !== 0 ? u32be(head, 0x54) || 256 : 0;
  const end = maxLength - fast >= 1024 ? maxLength - fast : maxLength;
  const first = u32be(head, 0x14);
  const tail = u32be(head, 0x1c);
  if (u32be(head, 0x0c) !== blockBytes || first === 0 || first >= end || (tail !== 0 && (tail < first || tail >= end)))
    return malformed("the journal's superblock makes no sense");
  return {
    blockBytes,
    first,
    end,
    tail,
    sequence: u32be(head, 0x18),
    wide: (features & incompat.wide) !== 0,
    checksum,
    checksumSeed: crc32c(0xffffffff, head, 0x30, 0x40),
    extents,
  };
}

/** Whether the log has still the same tail: then nothing that was read of it was written over meanwhile. */
export function* isUnmoved(log: Log): Reading<boolean> {
  const again = yield* readLog(log.extents, log.blockBytes);
  return !("trouble" in again) && again.tail === log.tail && again.sequence === log.sequence;
}

/**
 * The newest committed copies of the wanted blocks, by block of the disk. Blocks without a copy are left out: what lies
 * in their own place is current then. That is certain where the log was read to its tail. Where it was not, the copies
 * that were not looked at are older than {@link settledSeconds}: the kernel has written such blocks to their places.
 */
export function* newestCopies(
  log: Log,
  wanted: ReadonlySet<number>,
): Reading<ReadonlyMap<number, Uint8Array> | LogTrouble> {
  if (log.tail === 0) return new Map();
  const blocks = new LogBlocks(log);
  const head = yield* findHead(log, blocks);
  if (head === null) return new Map();
  const search = new Search(log, wanted);
  let left = maxLogBytes;
  for (let to = head + 1, step = firstStep; to > 0 && !search.isOver; step = Math.min(8 * step, maxStep)) {
    const from = Math.max(0, to - Math.max(1, Math.floor(step / log.blockBytes)));
    left -= (to - from) * log.blockBytes;
    if (left < 0) return unsupported("the journal holds more than is read of one image");
    const chunk = yield* blocks.read(from, to - from);
    if (chunk === null) return malformed("the journal has a hole");
    for (let block = to - 1; block >= from && !search.isOver; block--) {
      const at = (block - from) * log.blockBytes;
      const trouble = search.see(block, chunk.subarray(at, at + log.blockBytes));
      if (trouble !== null) return trouble;
    }
    to = from;
  }
  return yield* copiesOf(log, blocks, search);
}

/** No more is read of one log. */
const maxLogBytes = 4 << 20;
const firstStep = 16 << 10;
const maxStep = 1 << 20;
/** A block is written to its place 30 s after it was changed (vm.dirty_expire_centisecs), and 5 s after that at most. */
const settledSeconds = 120;

interface Copy {
  /** Place of the data in the log. */
  readonly at: number;
  readonly sequence: number;
  readonly escaped: boolean;
  readonly checksum: number;
}

/** What is seen of the log on the way backward. */
class Search {
  readonly found = new Map<number, Copy>();
  /** Block → the newest transaction that revokes it. */
  readonly revoked = new Map<number, number>();
  readonly #log: Log;
  readonly #wanted: ReadonlySet<number>;
  #committedSeconds: number | null = null;
  #oldest = Number.POSITIVE_INFINITY;
  isOver = false;

  constructor(log: Log, wanted: ReadonlySet<number>) {
    this.#log = log;
    this.#wanted = wanted;
  }

  see(place: number, block: Uint8Array): LogTrouble | null {
    if (u32be(block, 0) !== magic) return null;
    const kind = u32be(block, 4);
    const sequence = (u32be(block, 8) - this.#log.sequence) >>> 0;
    if (this.found.size === this.#wanted.size && sequence < this.#oldest) this.isOver = true;
    if (this.isOver) return null;
    if (kind === kinds.commit) return this.#commit(block);
    // What comes after the last commit does not count.
    if (this.#committedSeconds === null) return null;
    if (kind === kinds.descriptor) return this.#descriptor(place, block, sequence);
    if (kind === kinds.revoke) return this.#revoke(block, sequence);
    return malformed("the journal holds a block of a kind that is not known");
  }

  #commit(block: Uint8Array): LogTrouble | null {
    const seconds = u32be(block, 0x34);
    if (this.#committedSeconds === null) {
      if (this.#log.checksum !== null && crcWithout(this.#log.checksumSeed, block, 0x10) !== u32be(block, 0x10))
        return busy;
      this.#committedSeconds = seconds;
    } else if (seconds > 0 && this.#committedSeconds - seconds > settledSeconds) this.isOver = true;
    return null;
  }

  #descriptor(place: number, block: Uint8Array, sequence: number): LogTrouble | null {
    let isProven = false;
    let at = place;
    for (const { number, escaped, checksum } of tags(this.#log, block)) {
      at++;
      if (!this.#wanted.has(number) || this.found.has(number)) continue;
      if (!isProven && !this.#isProven(block)) return busy;
      isProven = true;
      this.found.set(number, { at, sequence, escaped, checksum });
      this.#oldest = Math.min(this.#oldest, sequence);
    }
    return null;
  }

  #revoke(block: Uint8Array, sequence: number): LogTrouble | null {
    if (!this.#isProven(block)) return busy;
    const width = this.#log.wide ? 8 : 4;
    const end = Math.min(u32be(block, 12), block.length);
    for (let at = 16; at + width <= end; at += width) {
      const number = this.#log.wide ? u32be(block, at) * 2 ** 32 + u32be(block, at + 4) : u32be(block, at);
      if (this.#wanted.has(number) && !this.revoked.has(number)) this.revoked.set(number, sequence);
    }
    return null;
  }

  /** The checksum at the end of descriptors and revocations. */
  #isProven(block: Uint8Array): boolean {
    const at = block.length - 4;
    return this.#log.checksum === null || crcWithout(this.#log.checksumSeed, block, at) === u32be(block, at);
  }
}

function* copiesOf(log: Log, blocks: LogBlocks, search: Search): Reading<ReadonlyMap<number, Uint8Array> | LogTrouble> {
  const copies = new Map<number, Uint8Array>();
  for (const [number, { at, sequence, escaped, checksum }] of search.found) {
    if ((search.revoked.get(number) ?? -1) >= sequence) continue;
    const data = yield* blocks.read(at, 1);
    if (data === null) return malformed("the journal has a hole");
    if (log.checksum !== null) {
      const transaction = (sequence + log.sequence) >>> 0;
      const bytes = [24, 16, 8, 0].map((shift) => (transaction >>> shift) & 255);
      const crc = crc32c(crc32c(log.checksumSeed, Uint8Array.from(bytes)), data);
      if ((log.checksum === "v3" ? crc : crc & 0xffff) !== checksum) return busy;
    }
    const copy = Uint8Array.from(data);
    if (escaped) copy.set([0xc0, 0x3b, 0x39, 0x98]);
    copies.set(number, copy);
  }
  return copies;
}

function placeOf(extents: readonly Extent[], block: number): number | null {
  const extent = extents.find((one) => one.from <= block && block < one.from + one.length);
  return extent === undefined ? null : extent.at + block - extent.from;
}

/** The checksum of a block whose own field of four bytes counts as zeros. */
function crcWithout(seed: number, block: Uint8Array, at: number): number {
  return crc32c(crc32c(crc32c(seed, block, 0, at), fourZeros), block, at + 4);
}

const fourZeros = new Uint8Array(4);

const busy: LogTrouble = { trouble: "busy", detail: "the journal changed while it was read, or is damaged" };

function unsupported(detail: string): LogTrouble {
  return { trouble: "unsupported", detail };
}

function malformed(detail: string): LogTrouble {
  return { trouble: "malformed", detail };
}
