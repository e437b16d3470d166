import type { FilesystemFacts } from "../../facts.ts";
import { bytesAt, isZeroAt, type Reading } from "../bytes.ts";
import { u64le } from "../numbers.ts";
import { btrfsSuperblock, readBtrfs } from "./btrfs.ts";
import { readBtrfsSpace } from "./btrfs-space.ts";
import { notReadYet, readExt } from "./ext.ts";
import { readExtSpace } from "./ext-space.ts";
import { readMemberFromEnd, readMemberFromHead } from "./members.ts";
import { readOthersFromHead, readOthersFurtherIn, readPartitionTable } from "./others.ts";
import { readVfat } from "./vfat.ts";
import { readXfs } from "./xfs.ts";
import { xfsState } from "./xfs-log.ts";
import { readXfsSpace } from "./xfs-space.ts";

/** What lies on a disk. `damaged`: a superblock is there that no kernel would mount. */
export type Content =
  | { readonly state: "found"; readonly filesystem: FilesystemFacts }
  | { readonly state: "damaged"; readonly detail: string }
  | { readonly state: "blank" }
  /** `wasRead`: something is there; else there may be nothing, but not all of it was read. */
  | { readonly state: "unrecognised"; readonly wasRead: boolean };

/** So much of an image is read at most to call it blank, its ends first. */
export const maxBlankBytes = 64 << 20;
const zeroStep = 1 << 20;

/**
 * Names what lies on a disk of which `head`, the first pages, is known already, as libblkid does, in its order: members
 * of arrays and encrypted disks before whatever else is found on them (libblkid/src/superblocks/superblocks.c).
 */
export function* identify(
  head: Uint8Array,
  diskBytes: number,
  mostBlankBytes: number = maxBlankBytes,
): Reading<Content> {
  const member = readMemberFromHead(head) ?? (yield* readMemberFromEnd(diskBytes));
  if (member !== null) return found(member);
  // The common ones first: each is decided by bytes that no other filesystem writes there.
  const xfs = readXfs(head);
  if (xfs !== null) return typeof xfs === "string" ? damaged(xfs) : found(yield* withXfsSpace(head, xfs, diskBytes));
  const ext = readExt(head);
  if (ext !== null && typeof ext !== "string") return found(yield* withExtSpace(head, ext));
  const block = yield* bytesAt(btrfsSuperblock.offset, btrfsSuperblock.length);
  const btrfs = readBtrfs(block);
  if (btrfs !== null) return typeof btrfs === "string" ? damaged(btrfs) : found(yield* withBtrfsSpace(block, btrfs));
  const other = (yield* readOthersFromHead(head)) ?? (yield* readVfat(head)) ?? readPartitionTable(head);
  if (other !== null) return found(other);
  const further = yield* readOthersFurtherIn(head);
  if (further !== null) return found(further);
  // The two bytes of the ext magic may be chance; with nothing else there, they are what is wrong.
  if (ext !== null) return damaged(ext);
  const blank = yield* isBlank(diskBytes, mostBlankBytes);
  return blank === true ? { state: "blank" } : { state: "unrecognised", wasRead: blank === false };
}

/** True when every byte was read and is zero; null when more would have to be read to know. */
function* isBlank(diskBytes: number, mostBytes: number): Reading<boolean | null> {
  const edge = Math.min(zeroStep, diskBytes);
  if (!(yield* isZeroAt(0, edge)) || !(yield* isZeroAt(diskBytes - edge, edge))) return false;
  if (diskBytes > mostBytes) return null;
  for (let at = edge; at < diskBytes - edge; at += zeroStep) {
    if (!(yield* isZeroAt(at, Math.min(zeroStep, diskBytes - at)))) return false;
  }
  return true;
}

function* withExtSpace(head: Uint8Array, facts: FilesystemFacts): Reading<FilesystemFacts> {
  return facts.space === notReadYet ? { ...facts, space: yield* readExtSpace(head) } : facts;
}

/** Two looks: between them, a commit may give the places of the old trees to something else. */
function* withBtrfsSpace(first: Uint8Array, facts: FilesystemFacts): Reading<FilesystemFacts> {
  const space = yield* readBtrfsSpace(first);
  if (space.state !== "unreadable" || space.reason !== "busy") return { ...facts, space };
  const again = yield* bytesAt(btrfsSuperblock.offset, btrfsSuperblock.length);
  const isNewer = u64le(again, 0x48) !== u64le(first, 0x48);
  return { ...facts, space: isNewer ? yield* readBtrfsSpace(again) : space };
}

function* withXfsSpace(head: Uint8Array, facts: FilesystemFacts, diskBytes: number): Reading<FilesystemFacts> {
  const state = yield* xfsState(head, diskBytes);
  return { ...facts, state, space: yield* readXfsSpace(head, state === "clean") };
}

function found(filesystem: FilesystemFacts): Content {
  return { state: "found", filesystem };
}

function damaged(detail: string): Content {
  return { state: "damaged", detail };
}
