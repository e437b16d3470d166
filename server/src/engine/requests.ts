import { posix } from "node:path";
import { attached } from "../base/attached.ts";
import { giveWay } from "../base/giving-way.ts";
import type { ProbeRequest } from "../disk/facts.ts";
import { namedPaths } from "../forecast/host/named.ts";
import { type Declarations, type Field, type Guest, known } from "../microvm/model.ts";
import { defaultStateDir } from "../microvm/schema/host.ts";
import { placeSpan } from "../nix/eval/value.ts";
import type { ShellParser } from "../shell/syntax/parser.ts";
import { belongs, countsFor, type HostName } from "./matching.ts";

/**
 * Everything that has to be asked of one host to judge its guests. The very object of `before` when that is the same
 * question: then nothing has to be compared again.
 */
export function requestFor(
  host: HostName,
  hosts: readonly HostName[],
  declarations: Declarations,
  stateDir: string,
  shell: ShellParser | null = null,
  before?: ProbeRequest,
): ProbeRequest {
  const byName = new Map(declarations.hosts.map((each) => [each.name, each]));
  const parts: GuestPaths[] = [];
  for (const guest of declarations.guests) {
    giveWay();
    if (belongs(guest, host, hosts, declarations) !== "no") {
      const own = guest.host === null ? null : (byName.get(guest.host) ?? null);
      parts.push(pathsOf(guest, stateDir, namedPaths(guest, own, stateDir, shell)));
    }
  }
  const known = before === undefined ? undefined : partsOf.get(before);
  // While somebody types, nearly every guest is the same object as before: nothing is put together again.
  if (before !== undefined && before.stateDir === stateDir && known && sameParts(known, parts)) {
    partsOf.set(before, parts);
    return before;
  }
  const paths = new Set<string>();
  const directories = new Set<string>();
  for (const own of parts) {
    for (const path of own.paths) paths.add(path);
    for (const path of own.directories) directories.add(path);
  }
  const request = { stateDir, paths: [...paths], directories: [...directories] };
  const answer = before !== undefined && isSame(before, request) ? before : request;
  partsOf.set(answer, parts);
  return answer;
}

type GuestPaths = Pick<ProbeRequest, "stateDir" | "paths" | "directories">;

/** Of what a question was put together. */
const partsOf = new WeakMap<ProbeRequest, readonly GuestPaths[]>();

function sameParts(a: readonly GuestPaths[], b: readonly GuestPaths[]): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i] || isSame(part, b[i] as GuestPaths));
}

const guestPaths = attached<Guest, GuestPaths & { readonly named: readonly string[] }>();

/** Where the images of one guest may lie, and what else its scripts ask for. A guest never changes: evaluation makes another one. */
function pathsOf(guest: Guest, stateDir: string, named: readonly string[]): GuestPaths {
  const before = guestPaths.get(guest);
  if (before?.stateDir === stateDir && before.named === named) return before;
  const images = guest.volumes.flatMap((volume) => {
    const image = known(volume.image);
    if (image === undefined || image === "" || image.includes("\0")) return [];
    if (image.startsWith("/")) return [posix.normalize(image)];
    return guest.directoryNames.map((name) => posix.join(stateDir, name, image));
  });
  const directories = [...new Set(images.map((path) => posix.dirname(path)))];
  const found = { stateDir, paths: [...images, ...named], directories, named };
  guestPaths.set(guest, found);
  return found;
}

function isSame(a: GuestPaths, b: GuestPaths): boolean {
  const equal = (left: readonly string[], right: readonly string[]) =>
    left.length === right.length && left.every((path, i) => path === right[i]);
  return a.stateDir === b.stateDir && equal(a.paths, b.paths) && equal(a.directories, b.directories);
}

/**
 * The state directory of a host: what the user set, else what its configuration says, else the default. Null when its
 * configuration sets it to something that we cannot know.
 */
export function stateDirOf(host: HostName & { readonly stateDir?: string }, declarations: Declarations): string | null {
  if (host.stateDir !== undefined) return host.stateDir;
  const hosts = declarations.hosts.filter(({ at }) => countsFor(host, placeSpan(at)?.file ?? null));
  const own = hosts.find(({ name }) => name === host.name);
  if (own) return known(own.stateDir) ?? null;
  const declared = new Set(hosts.map(({ stateDir }) => describe(stateDir)));
  if (declared.size === 0) return defaultStateDir;
  const [only] = declared;
  return declared.size === 1 && only !== null && only !== undefined ? only : null;
}

function describe(stateDir: Field<string>): string | null {
  return known(stateDir) ?? null;
}
