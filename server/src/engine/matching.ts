import { isBelow } from "../base/folders.ts";
import type { Declarations, Guest } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";

/** What is asked of a host setting here: its name and which guests it is limited to. */
export interface HostName {
  readonly name: string;
  readonly guests?: readonly string[];
  /** Folders whose guests alone may run there: of a setting that counts in these folders only. */
  readonly within?: readonly string[];
}

/**
 * How sure it is that a guest belongs to a probed host. `declared`: the host's own configuration names the guest, or it
 * is the only place where it can be; `by-directory`: only if its directory is found there; `no`: it belongs elsewhere.
 */
export type Belongs = "declared" | "by-directory" | "no";

/** Decides by names alone whether `guest` may run on `host`; `hosts` are all the hosts that are probed. */
export function belongs(guest: Guest, host: HostName, all: readonly HostName[], declarations: Declarations): Belongs {
  const limited = all.some(({ within }) => within !== undefined);
  const file = limited ? (placeSpan(guest.at)?.file ?? null) : null;
  if (limited && !countsFor(host, file)) return "no";
  // What is said of the hosts of other folders says nothing here.
  const hosts = limited ? all.filter((each) => countsFor(each, file)) : all;
  if (host.guests && !host.guests.some((pattern) => matchesGlob(guest.name, pattern))) return "no";
  if (guest.host !== null) {
    if (guest.host === host.name) return "declared";
    // The probed machine is another one of the declared hosts, or the guest's own host is probed under its name.
    if (declarations.hosts.some(({ name }) => name === host.name)) return "no";
    if (hosts.some(({ name }) => name === guest.host)) return "no";
    // Several hosts declare a guest of this name: which of them this machine is, we cannot know.
    if ((hostsOfName(declarations).get(guest.name)?.size ?? 0) > 1) return "no";
  }
  return hosts.length === 1 ? "declared" : "by-directory";
}

/** Whether the setting of a host counts for what a file declares; null: a file that is not known. */
export function countsFor({ within }: HostName, file: string | null): boolean {
  return within === undefined || (file !== null && within.some((folder) => isBelow(file, folder)));
}

const hostsByGuest = new WeakMap<Declarations, ReadonlyMap<string, ReadonlySet<string>>>();

/**
 * The hosts that declare a guest of each name. Two checkouts of one configuration (worktrees) declare the same guest of the
 * same host: that is one.
 */
function hostsOfName(declarations: Declarations): ReadonlyMap<string, ReadonlySet<string>> {
  const before = hostsByGuest.get(declarations);
  if (before) return before;
  const found = new Map<string, Set<string>>();
  for (const { name, host } of declarations.guests) {
    if (host !== null) found.set(name, (found.get(name) ?? new Set()).add(host));
  }
  hostsByGuest.set(declarations, found);
  return found;
}

/** `*` stands for any run of characters, `?` for one; everything else for itself. */
export function matchesGlob(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let i = 0;
  while (i < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      retry = i;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++retry;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
