import { posix } from "node:path";
import { attached } from "../../base/attached.ts";
import { type Guest, type Host, known } from "../../microvm/model.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { isWorthAsking } from "./asking.ts";
import { footprintOfOwn, footprintsOfActivation } from "./footprints.ts";
import { startKey } from "./key.ts";
import { isQuiet } from "./quiet.ts";
import { turnsWith } from "./turns.ts";

/**
 * Paths of a host that decide what the scripts around a guest's start do, besides its images: files that are tested, copied
 * or moved to, and names that may be links. What the guest's own scripts ask for comes first.
 */
export function namedPaths(
  guest: Guest,
  host: Host | null,
  stateDir: string,
  parser: ShellParser | null,
): readonly string[] {
  if (parser === null || isQuiet(guest, host)) return none;
  const on = [host && startKey(host), stateDir, parser];
  const before = remembered.get(guest);
  if (before?.on.every((each, index) => each === on[index])) return before.paths;
  const asked = new Set<string>();
  for (const name of guest.directoryNames) {
    const own = `${stateDir.replace(/\/+$/, "")}/${name}`;
    for (const { image } of guest.volumes) for (const path of leadingThrough(own, known(image) ?? "")) asked.add(path);
    for (const path of footprintOfOwn(guest, host, stateDir, name, parser).asked) asked.add(path);
  }
  if (host?.start) {
    for (const { asked: paths } of footprintsOfActivation(host.start, parser))
      for (const path of paths) asked.add(path);
    for (const { footprint } of turnsWith(guest, host, host.start, parser))
      for (const path of footprint.asked) asked.add(path);
  }
  const paths = [...asked].filter(isWorthAsking).slice(0, mostPaths);
  remembered.set(guest, { on, paths });
  return paths;
}

/** `x/../a.img` leads through x, which has to be there. */
function leadingThrough(directory: string, image: string): readonly string[] {
  const parts = (image.startsWith("/") ? image : `${directory}/${image}`).split("/");
  return parts.flatMap((part, index) => {
    const before = parts.slice(0, index).join("/");
    return part === ".." && before !== "" ? [posix.normalize(before)] : [];
  });
}

/** The same list each time: whoever keeps it sees that nothing changed. */
const none: readonly string[] = [];

interface Remembered {
  readonly on: readonly unknown[];
  readonly paths: readonly string[];
}

const remembered = attached<Guest, Remembered>();

/** A host is asked for no more than this of each guest. */
const mostPaths = 500;
