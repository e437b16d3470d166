import type { GuestFacts, HostFacts } from "../disk/facts.ts";
import type { Guest } from "../microvm/model.ts";

interface Index {
  readonly byPath: ReadonlyMap<string, GuestFacts>;
  readonly byName: ReadonlyMap<string, GuestFacts>;
}

/** Found once for each probe: rules ask for every volume of hundreds of guests. */
const indexes = new WeakMap<HostFacts, Index>();

/**
 * The guest has been deployed to the host: its directory is there. Of another one nothing can be missing yet, for what
 * deploys it may bring along what it needs (systemd.tmpfiles, a mount, a service that makes the image).
 */
export function isInstalled({ directoryNames }: Guest, facts: HostFacts): boolean {
  return directoryNames.some((name) => directoriesOf(facts).byName.has(name));
}

/** The directory of a guest below the state directory, which microvm.nix makes itself. */
export function isGuestDirectory(directory: string, { stateDir }: HostFacts): boolean {
  return directory.slice(0, directory.lastIndexOf("/")) === stateDir.replace(/\/+$/, "");
}

/** The guests' directories of a host by absolute path and by name. */
export function directoriesOf(facts: HostFacts): Index {
  const before = indexes.get(facts);
  if (before) return before;
  const made: Index = {
    byPath: new Map(facts.guests.map((guest) => [guest.directory, guest])),
    byName: new Map(facts.guests.map((guest) => [guest.name, guest])),
  };
  indexes.set(facts, made);
  return made;
}
