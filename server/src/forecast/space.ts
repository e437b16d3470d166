import type { FilesystemFacts } from "../disk/facts.ts";

/** Room in a filesystem; null where that is not known. */
export interface Room {
  readonly freeBytes: number | null;
  readonly inodes: { readonly total: number; readonly free: number } | null;
}

/** What is known of the room in a filesystem that nobody writes to any more. */
export function roomOf({ freeBytes, freeIsCurrent }: FilesystemFacts): Room {
  return { freeBytes: freeIsCurrent ? freeBytes : null, inodes: null };
}
