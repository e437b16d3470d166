import { posix } from "node:path";
import type { HostFacts, ImageFacts, Observed } from "../disk/facts.ts";
import { type Declarations, type Guest, type Host, known, type Volume } from "../microvm/model.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import type { RuleContext, VolumeOnDisk } from "../rules/rule.ts";
import { belongs, type HostName } from "./matching.ts";

/** A host and what was seen on it. */
export interface ProbedHost {
  readonly setting: HostName;
  readonly facts: HostFacts;
}

interface Located {
  readonly all: readonly VolumeOnDisk[];
  readonly only: ReturnType<RuleContext["image"]>;
}

/** Joins what is declared and what was observed. Hosts without a readable state directory are left out: rules stay silent. */
export function createContext(
  declarations: Declarations,
  probed: readonly ProbedHost[],
  tree: (file: string) => SyntaxTree | null,
): RuleContext {
  const hosts = probed.filter(({ facts }) => facts.stateDirectory.state === "seen");
  const settings = probed.map(({ setting }) => setting);
  const byName = new Map(declarations.hosts.map((host) => [host.name, host]));
  const directories = new Map(hosts.map(({ facts }) => [facts, new Set(facts.guests.map(({ name }) => name))]));
  const places = new WeakMap<Volume, Map<Guest, Located>>();
  const memberships = new Map<Guest, readonly HostFacts[]>();

  function hostsRunning(guest: Guest): readonly HostFacts[] {
    const before = memberships.get(guest);
    if (before) return before;
    const found = hosts
      .filter(({ setting, facts }) => {
        const sure = belongs(guest, setting, settings, declarations);
        if (sure !== "by-directory") return sure === "declared";
        return guest.directoryNames.some((name) => directories.get(facts)?.has(name));
      })
      .map(({ facts }) => facts);
    memberships.set(guest, found);
    return found;
  }

  function locate(guest: Guest, volume: Volume): readonly VolumeOnDisk[] {
    const image = known(volume.image);
    if (image === undefined) return [];
    return hostsRunning(guest).flatMap((facts) =>
      pathsOn(guest, image, facts.stateDir, directories.get(facts)).map((path) => ({
        facts,
        path,
        image: lookUp(facts, path, directories.get(facts)),
      })),
    );
  }

  function located(guest: Guest, volume: Volume): Located {
    let byGuest = places.get(volume);
    if (!byGuest) {
      byGuest = new Map();
      places.set(volume, byGuest);
    }
    let found = byGuest.get(guest);
    if (!found) {
      const all = locate(guest, volume);
      found = { all, only: onlyImage(all) };
      byGuest.set(guest, found);
    }
    return found;
  }

  return {
    declarations,
    hosts: hosts.map(({ facts }) => facts),
    onDisk: (guest, volume) => located(guest, volume).all,
    image: (guest, volume) => located(guest, volume).only,
    hostOf: (guest: Guest): Host | null => (guest.host === null ? null : (byName.get(guest.host) ?? null)),
    tree,
  };
}

/**
 * Paths at which a host looks for `image` (domain.md §1.6). Of a guest's possible directories those that exist count; if
 * none does, the one that the next start would use.
 */
export function pathsOn(
  guest: Guest,
  image: string,
  stateDir: string,
  existing: ReadonlySet<string> | undefined,
): readonly string[] {
  if (image.startsWith("/")) return [posix.normalize(image)];
  const found = guest.directoryNames.filter((name) => existing?.has(name));
  const names = found.length > 0 ? found : guest.directoryNames.slice(0, 1);
  return names.map((name) => posix.join(stateDir, name, image));
}

/** What is known of a path: asked for, or in a directory that does not exist. */
function lookUp(facts: HostFacts, path: string, guests: ReadonlySet<string> | undefined): Observed<ImageFacts> {
  const asked = facts.images.get(path);
  if (asked) return asked;
  const directory = posix.dirname(path);
  const isGuestDirectory = posix.dirname(directory) === posix.normalize(facts.stateDir);
  // The state directory was listed: a guest that is not in it has no images there.
  if (isGuestDirectory && !guests?.has(posix.basename(directory))) {
    return { state: "absent" };
  }
  return { state: "unreadable", reason: "busy", detail: "not looked at yet" };
}

/** The one image that exists; null where there is none, or more than one. */
function onlyImage(found: readonly VolumeOnDisk[]): Located["only"] {
  // An unreadable place may hold a second image: then we do not know which of them the guest uses.
  if (found.some(({ image }) => image.state === "unreadable")) return null;
  const seen = found.filter(({ image }) => image.state === "seen");
  const only = seen[0];
  return seen.length === 1 && only?.image.state === "seen" ? { ...only, seen: only.image.value } : null;
}
