import type { FilesystemFacts, ImageFacts, SpaceFacts } from "../facts.ts";

/** How full a filesystem is, as `df` and `df -i` in the guest say it. The one notion of "used". */
export interface Usage {
  readonly usedBytes: number;
  /** What is left to services and users. */
  readonly availableBytes: number;
  readonly totalBytes: number;
  /** Percent of `usedBytes + availableBytes`, rounded up; null where both are nothing. */
  readonly percent: number | null;
  readonly inodes: {
    readonly used: number;
    readonly free: number;
    readonly total: number;
    readonly percent: number | null;
  } | null;
  readonly asOf: SpaceFacts["asOf"];
  readonly behindSeconds: number;
}

/** Null: not known, for the reason in {@link FilesystemFacts.space}. */
export function usageOf({ space }: Pick<FilesystemFacts, "space">): Usage | null {
  if (space.state !== "seen") return null;
  const { totalBytes, freeBytes, availableBytes, inodes, asOf, behindSeconds } = space.value;
  const usedBytes = totalBytes - freeBytes;
  const used = inodes === null ? 0 : inodes.total - inodes.free;
  return {
    usedBytes,
    availableBytes,
    totalBytes,
    percent: percentAsDf(usedBytes, availableBytes),
    inodes: inodes === null ? null : { ...inodes, used, percent: percentAsDf(used, inodes.free) },
    asOf,
    behindSeconds,
  };
}

/** coreutils' df.c: rounded up, so that 100 % is only said when nothing is left, and never before something is used. */
export function percentAsDf(used: number, available: number): number | null {
  const both = used + available;
  return both > 0 ? Math.ceil((100 * used) / both) : null;
}

/** Less than this is not worth a word: a filesystem takes and gives as much by itself. */
export const muchToGiveBack = 1 << 30;

/**
 * Bytes that are free in the filesystem and still taken on the host, at least: the image takes more than everything in
 * use together. Null: not known.
 */
export function reclaimableBytes({ allocatedBytes, kind, filesystem }: ImageFacts): number | null {
  if (kind !== "regular" || filesystem.state !== "seen") return null;
  const { sizeBytes, space } = filesystem.value;
  if (sizeBytes === null || space.state !== "seen" || space.value.asOf === "hint") return null;
  return Math.max(0, allocatedBytes - (sizeBytes - space.value.freeBytes));
}
