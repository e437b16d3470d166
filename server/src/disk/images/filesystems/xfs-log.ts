import type { FilesystemFacts } from "../../facts.ts";
import { decidingBytesAt, optionalBytesAt, type Reading, soon } from "../bytes.ts";
import { u8, u32be, u64be } from "../numbers.ts";

const blockBytes = 512;
const recordMagic = 0xfeedbabe;
const unmountFlag = 0x20;
/** An unmount record with its header and padding is never longer. */
const maxRecordBytes = 256 * 1024 + 9 * blockBytes;

/**
 * Tells from the log whether an xfs filesystem was unmounted cleanly, as the kernel does at mount (fs/xfs/
 * xfs_log_recover.c, xlog_find_tail): the last record of the log is then an unmount record. Nothing in the superblock
 * says it.
 */
export function* xfsState(head: Uint8Array, diskBytes: number): Reading<FilesystemFacts["state"]> {
  const log = locateLog(head, diskBytes);
  if (log === null) return "unknown";
  const end = yield* findHead(log);
  if (end === null) return "unknown";
  const clean = yield* endsWithUnmount(log, end);
  return clean === null ? "unknown" : clean ? "clean" : "needs-recovery";
}

interface Log {
  readonly offset: number;
  /** Length in blocks of 512 bytes. */
  readonly blocks: number;
  /** Records are padded to multiples of this. */
  readonly stripeBytes: number;
}

/** Null for a log on another device, or one that cannot lie where the superblock says. */
function locateLog(head: Uint8Array, diskBytes: number): Log | null {
  const fsBlockBytes = u32be(head, 4);
  const start = u64be(head, 48);
  const groupBlocks = u32be(head, 84);
  const groupBits = u8(head, 124);
  if (start === 0 || !Number.isSafeInteger(start) || groupBits > 31) return null;
  // The number of a block has its allocation group in the high bits.
  const group = Math.floor(start / 2 ** groupBits);
  const offset = (group * groupBlocks + (start % 2 ** groupBits)) * fsBlockBytes;
  const bytes = u32be(head, 96) * fsBlockBytes;
  if (bytes < 4096 || offset + bytes > diskBytes) return null;
  return { offset, blocks: bytes / blockBytes, stripeBytes: Math.min(u32be(head, 196), 256 * 1024) };
}

/** The block after the last one written: where the cycle number drops. Null: not a log as the kernel writes it. */
function* findHead(log: Log): Reading<number | null> {
  yield* soon(log.offset + (log.blocks - 1) * blockBytes, 8);
  const first = yield* cycleOf(log, 0);
  const last = yield* cycleOf(log, log.blocks - 1);
  if (first === 0) return null;
  if (last === first) return log.blocks;
  // A log that was never filled ends in zeros; a full one goes on with the cycle before.
  if (last !== 0 && last !== first - 1) return null;
  let written = 0;
  let old = log.blocks - 1;
  while (old - written > nearBlocks) {
    const middle = Math.floor((written + old) / 2);
    if ((yield* cycleOf(log, middle)) === first) written = middle;
    else old = middle;
  }
  // The rest of the way is read at once.
  const near = yield* decidingBytesAt(log.offset + written * blockBytes, (old - written) * blockBytes);
  for (let at = blockBytes; at + 8 <= near.length; at += blockBytes) {
    if (cycleIn(near, at) !== first) return written + at / blockBytes;
  }
  return old;
}

const nearBlocks = 32;

/** The first word of each block is its cycle, except in the header of a record, where it is the second. */
function* cycleOf(log: Log, block: number): Reading<number> {
  const start = yield* decidingBytesAt(log.offset + block * blockBytes, 8);
  return cycleIn(start, 0);
}

function cycleIn(bytes: Uint8Array, at: number): number {
  return u32be(bytes, at) === recordMagic ? u32be(bytes, at + 4) : u32be(bytes, at);
}

function* endsWithUnmount(log: Log, end: number): Reading<boolean | null> {
  const wanted = Math.min(maxRecordBytes, 10 * blockBytes + log.stripeBytes);
  const length = Math.min(end * blockBytes, wanted);
  const tail = yield* optionalBytesAt(log.offset + end * blockBytes - length, length);
  if (tail.length < length) return null;
  for (let at = tail.length - 2 * blockBytes; at >= 0; at -= blockBytes) {
    if (u32be(tail, at) !== recordMagic) continue;
    // Version 2 adds one header block for each 32 KiB of the record's buffer.
    const wide = (u32be(tail, at + 8) & 2) !== 0;
    const headers = wide ? Math.max(1, Math.ceil(u32be(tail, at + 320) / 32768)) : 1;
    const data = at + headers * blockBytes;
    const complete = data + Math.ceil(u32be(tail, at + 12) / blockBytes) * blockBytes === tail.length;
    return complete && u32be(tail, at + 40) === 1 && (u8(tail, data + 9) & unmountFlag) !== 0;
  }
  return false;
}
