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
