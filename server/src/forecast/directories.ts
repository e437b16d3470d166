import type { GuestFacts, HostFacts } from "../disk/facts.ts";
import { type Guest, known } from "../microvm/model.ts";

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

/**
 * Whose a directory is when the guest starts: that of a guest of a host is given to the user microvm when it is installed
 * (nixos-modules/host/default.nix, install-microvm-<name>), unless `updateFlake` keeps that from being run again.
 */
export function ownerAtStart<T extends { readonly uid: number; readonly gid: number }>(
  { host, name, updateFlake }: Guest,
  facts: HostFacts,
  directory: string,
  seen: T,
): T {
  const isOwn = directory === `${facts.stateDir.replace(/\/+$/, "")}/${name}`;
  if (!isOwn || host === null || facts.microvmUser.state !== "seen") return seen;
  if (updateFlake && known(updateFlake) !== null && updateFlake.state !== "missing") return seen;
  return { ...seen, ...facts.microvmUser.value };
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
