import { posix } from "node:path";
import type { HostFacts, ImageFacts, Observed } from "../disk/facts.ts";
import { forecastStart } from "../forecast/forecast.ts";
import { beforeStart } from "../forecast/host/before-start.ts";
import { cleanupsOf } from "../forecast/host/cleanup.ts";
import { writesToDisks } from "../forecast/host/guest-units.ts";
import { startKey } from "../forecast/host/key.ts";
import { inputOf } from "../forecast/image/locked.ts";
import { keptByHost } from "../forecast/keeper.ts";
import type { GuestForecast } from "../forecast/volume-forecast.ts";
import { type Declarations, type Guest, type Host, known, type Volume } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import type { RuleContext, VolumeOnDisk } from "../rules/frame/rule.ts";
import type { ShellParser } from "../shell/syntax/parser.ts";
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

/** A probed host as the guests on it see it. */
interface GuestHost {
  readonly setting: HostName;
  readonly facts: HostFacts;
  /** Names of the directories in its state directory. */
  readonly directories: ReadonlySet<string>;
}

/** Where a guest's volumes lie, for as long as the guest and what was seen on its hosts stay the same. */
interface Place {
  readonly hosts: readonly HostFacts[];
  readonly located: Map<Volume, Located>;
  /** The starts of the guest, and what they depend on beside the guest and these hosts. */
  starts?: { readonly on: readonly unknown[]; readonly forecasts: readonly GuestForecast[] };
}

/** Remembers from one context to the next what the guests that nothing happened to were told. */
export type PlaceMemory = WeakMap<Guest, Place>;

/** Joins what is declared and what was observed. Hosts without a readable state directory are left out: rules stay silent. */
export function createContext(
  declarations: Declarations,
  probed: readonly ProbedHost[],
  tree: (file: string) => SyntaxTree | null,
  memory: PlaceMemory = new WeakMap(),
  shell: ShellParser | null = null,
): RuleContext {
  const hosts: GuestHost[] = probed
    .filter(({ facts }) => facts.stateDirectory.state === "seen")
    .map(({ setting, facts }) => ({ setting, facts, directories: new Set(facts.guests.map(({ name }) => name)) }));
  const byFacts = new Map(hosts.map((host) => [host.facts, host]));
  const settings = probed.map(({ setting }) => setting);
  const byName = new Map(declarations.hosts.map((host) => [host.name, host]));
  const places = new Map<Guest, Place>();

  function placeOf(guest: Guest): Place {
    const there = places.get(guest);
    if (there) return there;
    const running = hosts.filter(({ setting, directories }) => {
      const sure = belongs(guest, setting, settings, declarations);
      if (sure !== "by-directory") return sure === "declared";
      return guest.directoryNames.some((name) => directories.has(name));
    });
    const before = memory.get(guest);
    const same = before?.hosts.length === running.length && running.every(({ facts }, i) => before.hosts[i] === facts);
    const place = same ? before : { hosts: running.map(({ facts }) => facts), located: new Map() };
    memory.set(guest, place);
    places.set(guest, place);
    return place;
  }

  function located(guest: Guest, volume: Volume): Located {
    const place = placeOf(guest);
    let found = place.located.get(volume);
    if (!found) {
      const all = place.hosts.flatMap((facts) => locate(guest, volume, byFacts.get(facts) as GuestHost));
      found = { all, only: onlyImage(all) };
      place.located.set(volume, found);
    }
    return found;
  }

  /** Computed once, for as long as the guest and all that its start depends on stay the same. */
  function forecasts(guest: Guest): readonly GuestForecast[] {
    const place = placeOf(guest);
    const host = hostOf(guest);
    const input = inputOf(declarations, guest);
    const on = [host && startKey(host), input?.lastModified ?? null, shell];
    const before = place.starts;
    if (before?.on.every((each, i) => each === on[i])) return before.forecasts;
    const found = (place.hosts.length > 0 ? place.hosts : [null]).map((facts) =>
      forecastStart({
        guest,
        facts,
        places: (volume) => located(guest, volume).all.filter((each) => each.facts === facts),
        input,
        guestWrites: () => writesToDisks(guest, shell),
        before: (images) => keptByHost(host, guest, images, beforeStart(guest, host, facts, images, shell)),
      }),
    );
    place.starts = { on, forecasts: found };
    return found;
  }

  const hostOf = (guest: Guest): Host | null => (guest.host === null ? null : (byName.get(guest.host) ?? null));
  const unread = (guest: Guest): string | null => {
    const host = hostOf(guest);
    const places = [guest.at, ...guest.modules, ...(host ? [host.at, ...host.modules] : [])];
    const files = new Set(places.flatMap((place) => placeSpan(place)?.file ?? []));
    const broken = [...files].find((file) => (tree(file)?.errors.length ?? 0) > 0);
    return broken === undefined ? null : posix.basename(broken);
  };
  const context: RuleContext = {
    declarations,
    hosts: hosts.map(({ facts }) => facts),
    hostsOf: (guest) => placeOf(guest).hosts,
    onDisk: (guest, volume) => located(guest, volume).all,
    image: (guest, volume) => located(guest, volume).only,
    forecasts,
    hostOf,
    cleanups: (host) => (shell ? cleanupsOf(host, declarations.guests, shell) : []),
    unread,
    tree,
    isOurs: (file) => tree(file) !== null,
  };
  return context;
}

function locate(guest: Guest, volume: Volume, { facts, directories }: GuestHost): VolumeOnDisk[] {
  const image = known(volume.image);
  if (image === undefined) return [];
  return pathsOn(guest, image, facts.stateDir, directories).map((path) => ({
    facts,
    path,
    image: lookUp(facts, path, directories),
  }));
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
