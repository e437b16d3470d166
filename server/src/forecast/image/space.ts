import type { FilesystemFacts } from "../../disk/facts.ts";

/** Room in a filesystem; null where that is not known. */
export interface Room {
  readonly freeBytes: number | null;
  /** Without what is kept back for root and for the filesystem itself. */
  readonly availableBytes: number | null;
  readonly inodes: { readonly total: number; readonly free: number } | null;
}

/** What is known of the room in a filesystem that nobody writes to any more. */
export function roomOf({ space }: Pick<FilesystemFacts, "space">): Room {
  if (space.state !== "seen" || space.value.asOf !== "rest")
    return { freeBytes: null, availableBytes: null, inodes: null };
  // What mounts is root, to whom all that is free belongs.
  const { freeBytes, availableBytes, inodes } = space.value;
  return { freeBytes, availableBytes, inodes };
}
