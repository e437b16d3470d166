import type { ImageFacts } from "./facts.ts";

/** Whether operations on images work on it at all: never on devices, directories and the like. */
export function isOperable({ kind }: Pick<ImageFacts, "kind">): boolean {
  return kind === "regular";
}

/** Whether a copy may take its place: another name (hard link) would keep the old file. */
export function isReplaceable(image: Pick<ImageFacts, "kind" | "links">): boolean {
  return isOperable(image) && image.links <= 1;
}

/** Whether its owner may be changed: a link may have been put there to have another file given away. */
export function isGivable(image: Pick<ImageFacts, "kind" | "links" | "linkKind">): boolean {
  return isReplaceable(image) && image.linkKind !== "symlink";
}

const trimmed: ReadonlySet<string> = new Set(["ext2", "ext3", "ext4", "xfs"]);

/** `microvm-lens image trim` can tell what its filesystem does not use: a raw image, cleanly unmounted, of these types. */
export function isTrimmable(image: ImageFacts): boolean {
  const { container, filesystem } = image;
  if (!isReplaceable(image) || container.state !== "seen" || container.value.format !== "raw") return false;
  if (filesystem.state !== "seen") return false;
  const { type, state, multipleDevices } = filesystem.value;
  return trimmed.has(type) && state === "clean" && !multipleDevices;
}
