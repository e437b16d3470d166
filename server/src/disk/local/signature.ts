import { dirname } from "node:path";
import type { ProbeRequest } from "../facts.ts";
import { isImage } from "../guests.ts";
import { nobody } from "../in-use.ts";
import { lookAtImage } from "../look.ts";
import type { Machine } from "../machine.ts";

/** Links whose target is a fact of the guest. */
const links = new Set(["current", "booted", "toplevel"]);

export interface Signature {
  readonly text: string;
  /** The directory does not exist, or cannot be read. */
  readonly isGone: boolean;
  /** Device and inode: another one is another directory, though it may look the same; null where there is none. */
  readonly id: string | null;
  /** Directories elsewhere that links to images lead into: what happens there is news too. */
  readonly linked: readonly string[];
}

/**
 * Everything that would be shown of one directory, as text to compare. Times of modification are left out, and so are
 * files that are no images: a log that grows there changes nothing that anybody sees.
 */
export async function signatureOf(machine: Machine, directory: string, request: ProbeRequest): Promise<Signature> {
  const listing = await machine.list(directory);
  if (listing.state !== "seen") return { text: JSON.stringify(listing), isGone: true, id: null, linked: [] };
  const linked: string[] = [];
  // Directories that somebody waits for, where they do not exist yet.
  const awaited = new Set([request.stateDir, ...request.directories, ...request.paths.map((path) => dirname(path))]);
  const asked = new Set(request.paths.filter((path) => dirname(path) === directory));
  const parts: unknown[] = [];
  for (const { name, kind } of [...listing.value].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
    if (kind === "directory") {
      if (directory === request.stateDir || awaited.has(path)) parts.push(name);
    } else if (links.has(name)) {
      parts.push(name, await machine.readlink(path));
    } else {
      const image = await lookAtImage(machine, nobody, path, kind);
      if (!asked.has(path) && !isImage(path, image)) continue;
      parts.push(image.state === "seen" ? { ...image.value, modifiedMs: 0 } : image);
      if (image.state === "seen" && image.value.linkKind === "symlink") linked.push(dirname(image.value.realPath));
    }
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  const own = await machine.stat(directory);
  if (own.state === "seen") parts.push(own.value.uid, own.value.gid, own.value.mode);
  const id = own.state === "seen" ? `${own.value.device} ${own.value.inode}` : null;
  parts.push(id);
  return { text: JSON.stringify(parts), isGone: false, id, linked };
}
