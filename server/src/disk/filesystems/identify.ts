import { bytesAt, isZeroAt, type Reading } from "../bytes.ts";
import type { FilesystemFacts } from "../facts.ts";
import { btrfsSuperblock, readBtrfs } from "./btrfs.ts";
import { notReadYet, readExt } from "./ext.ts";
import { readExtSpace } from "./ext-space.ts";
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
  | { readonly state: "unrecognised" };

/** How much of an image must be zero to call it blank. */
export const blankBytes = 1 << 20;

/** Names what lies on a disk of which `head`, the first 4 KiB, is known already. */
export function* identify(head: Uint8Array, diskBytes: number): Reading<Content> {
  // The common ones first: each is decided by bytes that no other filesystem writes there.
  const xfs = readXfs(head);
  if (xfs !== null) return typeof xfs === "string" ? damaged(xfs) : found(yield* withXfsSpace(head, xfs, diskBytes));
  const ext = readExt(head);
  if (ext !== null && typeof ext !== "string") return found(yield* withExtSpace(head, ext));
  const btrfs = readBtrfs(yield* bytesAt(btrfsSuperblock.offset, btrfsSuperblock.length));
  if (btrfs !== null) return typeof btrfs === "string" ? damaged(btrfs) : found(btrfs);
  const other = readOthersFromHead(head) ?? (yield* readVfat(head)) ?? readPartitionTable(head);
  if (other !== null) return found(other);
  if (yield* isZeroAt(0, Math.min(blankBytes, diskBytes))) return { state: "blank" };
  const further = yield* readOthersFurtherIn();
  if (further !== null) return found(further);
  // The two bytes of the ext magic may be chance; with nothing else there, they are what is wrong.
  return ext === null ? { state: "unrecognised" } : damaged(ext);
}

function* withExtSpace(head: Uint8Array, facts: FilesystemFacts): Reading<FilesystemFacts> {
  return facts.space === notReadYet ? { ...facts, space: yield* readExtSpace(head) } : facts;
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
