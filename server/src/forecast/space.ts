import type { FilesystemFacts } from "../disk/facts.ts";

/** Room in a filesystem; null where that is not known. */
export interface Room {
  readonly freeBytes: number | null;
  readonly inodes: { readonly total: number; readonly free: number } | null;
}

/** What is known of the room in a filesystem that nobody writes to any more. */
export function roomOf({ space }: Pick<FilesystemFacts, "space">): Room {
  if (space.state !== "seen" || space.value.asOf !== "rest") return { freeBytes: null, inodes: null };
  // What mounts is root, to whom all that is free belongs.
  return { freeBytes: space.value.freeBytes, inodes: space.value.inodes };
}
