import { posix } from "node:path";
import { attached } from "../../base/attached.ts";
import { verbatim } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import { type Guest, type Host, known } from "../../microvm/model.ts";
import { Files, parentOf, presentDirectory } from "../../shell/files.ts";
import type { ShellParser } from "../../shell/parser.ts";
import { startKey } from "./key.ts";
import { isQuiet, playCourses } from "./play.ts";

/**
 * Paths of a host that decide what the scripts around a guest's start do, besides its images: files that are tested, copied
 * or moved to. Found by playing them once on files of which nothing is known, so that every way is taken.
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
    const prelude = {
      guest: { ...guest, directoryNames: [name] },
      host,
      facts: unseen(stateDir),
      places: new Map(),
      parser,
    };
    const files = new Files([[own, presentDirectory(false)]], { exists: "maybe", why: verbatim("?") }, [], asked);
    playCourses(prelude, files);
    for (const { image } of guest.volumes) for (const path of leadingThrough(own, known(image) ?? "")) asked.add(path);
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
const mostPaths = 100;

/** Directories of which everybody knows that they are there, and whose content is no matter of a guest. */
const elsewhere = /^\/(nix|proc|sys|dev|bin|usr|run\/(current-system|wrappers|booted-system))(\/|$)/;
const common = new Set(["/", "/etc", "/home", "/run", "/tmp", "/var", "/var/lib", "/var/cache", "/var/log"]);

function isWorthAsking(path: string): boolean {
  if (elsewhere.test(path) || common.has(path) || /[*?[]/.test(path)) return false;
  // Too much happens in these for a watch.
  const parent = parentOf(path);
  return parent !== "/" && parent !== "/tmp" && parent !== "/run";
}

function unseen(stateDir: string): HostFacts {
  const why = { state: "unreadable", reason: "busy", detail: "" } as const;
  return {
    host: "",
    stateDir,
    takenAtMs: 0,
    stateDirectory: why,
    freeBytes: why,
    totalBytes: why,
    guests: [],
    images: new Map(),
    directories: new Map(),
    microvmUser: why,
  };
}
