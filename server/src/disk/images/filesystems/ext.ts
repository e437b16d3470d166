import type { ContentType, FilesystemFacts, Observed } from "../../facts.ts";
import { labelAt, textAt, uuidAt } from "../../text.ts";
import { u8, u16le, u32le } from "../numbers.ts";
import { superblock } from "./ext-layout.ts";
import { extSpaceFromHead } from "./ext-space.ts";

const compatJournal = 0x4;
const incompatNeedsRecovery = 0x4;
const incompatJournalDevice = 0x8;
const incompat64Bit = 0x80;
/** What ext2 and ext3 know (kernel fs/ext4/ext4.h); anything else makes it ext4, as libblkid decides. */
const incompatOfExt2 = 0x2 | 0x10;
const incompatOfExt3 = incompatOfExt2 | incompatNeedsRecovery;
const readOnlyCompatOfExt3 = 0x1 | 0x2 | 0x4;

const stateClean = 0x1;
const stateErrors = 0x2;

/** Reads the superblock of ext2, ext3 or ext4. Null: none; text: one that no kernel would mount. */
export function readExt(head: Uint8Array): FilesystemFacts | string | null {
  if (u16le(head, superblock + 0x38) !== 0xef53 || head.length < superblock + 1024) return null;
  const incompat = u32le(head, superblock + 0x60);
  if ((incompat & incompatJournalDevice) !== 0) return "an external ext journal, not a filesystem";
  const logBlockSize = u32le(head, superblock + 0x18);
  if (logBlockSize > 6) return `ext superblock with block size 2^${10 + logBlockSize}`;
  const blockBytes = 1024 * 2 ** logBlockSize;
  const wide = (incompat & incompat64Bit) !== 0;
  const sizeBytes = blocks(head, 0x04, 0x150, wide) * blockBytes;
  if (sizeBytes === 0 || !Number.isSafeInteger(sizeBytes)) return "ext superblock with an impossible size";
  const state = stateOf(head, incompat);
  return {
    type: typeOf(head, incompat),
    label: labelAt(head, superblock + 0x78, 16),
    uuid: uuidAt(head, superblock + 0x68),
    sizeBytes,
    space: extSpaceFromHead(head) ?? notReadYet,
    lastMounted: lastMounted(head),
    state,
    multipleDevices: false,
    times: {
      createdMs: time(head, 0x108, 0x276),
      mountedMs: time(head, 0x2c, 0x274),
      writtenMs: time(head, 0x30, 0x275),
    },
  };
}

/** Stands for a number that needs more than the first page; {@link readExtSpace} has it. */
export const notReadYet: Observed<never> = { state: "unreadable", reason: "unsupported", detail: "not read" };

function typeOf(head: Uint8Array, incompat: number): ContentType {
  const journal = (u32le(head, superblock + 0x5c) & compatJournal) !== 0;
  const readOnlyCompat = u32le(head, superblock + 0x64);
  const plain = (readOnlyCompat & ~readOnlyCompatOfExt3) === 0;
  if (!journal && plain && (incompat & ~incompatOfExt2) === 0) return "ext2";
  if (journal && plain && (incompat & ~incompatOfExt3) === 0) return "ext3";
  return "ext4";
}

function stateOf(head: Uint8Array, incompat: number): FilesystemFacts["state"] {
  const state = u16le(head, superblock + 0x3a);
  if ((state & stateErrors) !== 0) return "errors";
  if ((incompat & incompatNeedsRecovery) !== 0 || (state & stateClean) === 0) return "needs-recovery";
  return "clean";
}

/** High halves count only with the 64bit feature. */
function blocks(head: Uint8Array, low: number, high: number, wide: boolean): number {
  return u32le(head, superblock + low) + (wide ? u32le(head, superblock + high) * 0x100000000 : 0);
}

/** Seconds with 8 more bits elsewhere, which carry the time beyond 2038; null when never set. */
function time(head: Uint8Array, low: number, high: number): number | null {
  const seconds = u32le(head, superblock + low) + u8(head, superblock + high) * 0x100000000;
  return seconds === 0 ? null : seconds * 1000;
}

/** The path in the mounting namespace; stage 1 of NixOS mounts below /mnt-root or /sysroot. */
function lastMounted(head: Uint8Array): string | null {
  const at = superblock + 0x88;
  if (u8(head, at) === 0) return null;
  let end = at;
  while (end < at + 64 && u8(head, end) !== 0) end++;
  const path = textAt(head, at, end);
  for (const prefix of ["/sysroot", "/mnt-root"]) {
    if (path === prefix || path === `${prefix}/`) return "/";
    if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  }
  return path;
}
