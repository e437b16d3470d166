import type { FilesystemFacts, ImageFacts } from "./facts.ts";

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

/** How many bytes of a label the tools of each filesystem take; others cannot be labelled. */
export const labelLimits: ReadonlyMap<string, number> = new Map([
  ["ext2", 16],
  ["ext3", 16],
  ["ext4", 16],
  ["xfs", 12],
  ["btrfs", 255],
  ["vfat", 11],
]);

/** What udev leaves as it is in /dev/disk/by-label, where microvm.nix looks; and no tool takes it for anything else. */
export const plainLabel = /^[A-Za-z0-9#+.:=@_][A-Za-z0-9#+.:=@_-]*$/;

/** Whether its filesystem has to be mounted or checked before a tool may write to it. */
export function isUnclean({ state }: FilesystemFacts): boolean {
  return state === "needs-recovery" || state === "errors";
}

/** `microvm-lens image relabel` can give it that label: a raw image, cleanly unmounted, of a type that takes it. */
export function isRelabellable(image: ImageFacts, label: string): boolean {
  const { container, filesystem } = image;
  if (container.state !== "seen" || container.value.format !== "raw" || filesystem.state !== "seen") return false;
  const { type } = filesystem.value;
  const limit = labelLimits.get(type);
  // ext4 gets it in a copy.
  if (limit === undefined || !(type === "ext4" ? isReplaceable : isOperable)(image)) return false;
  return plainLabel.test(label) && new TextEncoder().encode(label).length <= limit && !isUnclean(filesystem.value);
}
