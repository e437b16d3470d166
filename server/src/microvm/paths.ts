import type { Guest, Volume } from "./model.ts";
import { known } from "./model.ts";

/** One place where the image of a volume may be. */
export interface ImagePath {
  readonly path: string;
  /** The directory name of the guest that it is below; null for an absolute image. */
  readonly directory: string | null;
}

/**
 * Where the image of a volume is looked for, the likeliest first: an absolute image is itself; a relative one is below the
 * state directory, in each folder that can be the guest's (domain.md §1.6). Empty when image or state directory is unknown.
 */
export function imagePaths(
  guest: Pick<Guest, "directoryNames" | "stateDir">,
  volume: Pick<Volume, "image">,
): readonly ImagePath[] {
  const image = known(volume.image);
  if (image === undefined || image === "") return [];
  if (image.startsWith("/")) return [{ path: normalise(image), directory: null }];
  const stateDir = known(guest.stateDir);
  if (stateDir === undefined) return [];
  return guest.directoryNames.map((directory) => ({ path: normalise(`${stateDir}/${directory}/${image}`), directory }));
}

function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
