import type { LinkName } from "../forecast/chain.ts";
import { linkNames } from "../forecast/chain.ts";
import { isOptional } from "../forecast/guest/guest-mount.ts";
import type { Guest, Volume } from "../microvm/model.ts";
import type { Event, LogEvent } from "./events.ts";
import { waysOf } from "./ways.ts";

/** Where the way of a volume ends, by what a log says. */
export interface Break {
  /** Null: the log does not tell which one, or the store's upper layer lies on no volume. */
  readonly volume: Volume | null;
  /** The link that broke. */
  readonly link: LinkName;
  /** The last link at which it shows. */
  readonly shows: LinkName;
  /** The line that says so, and what it says. */
  readonly by: LogEvent;
  /** The boot goes on without it (`nofail`). */
  readonly optional: boolean;
}

export interface Explanation {
  /** What keeps the guest from booting comes first. */
  readonly breaks: readonly Break[];
  /** Mounts and devices that failed and belong to no volume: the store disk, a share. */
  readonly others: readonly string[];
  /** The log says that the guest came up. */
  readonly up: boolean;
}

/** The links of the chain that broke in the last start that a log tells of. Says nothing that no line says. */
export function explainBoot(guest: Guest, all: readonly LogEvent[]): Explanation {
  const { events, up } = lastStart(all);
  const ways = waysOf(guest);
  const signs: Sign[] = [];
  const others = new Set<string>();
  for (const each of events) {
    const found = isUnmounting(each, events) ? null : signOf(each.event, ways);
    if (found === null) continue;
    if ("other" in found) others.add(found.other);
    else signs.push({ ...found, by: each });
  }
  const lasting = signs.filter((sign) => !wasMountedLater(sign, events, ways));
  const breaks = new Map<Volume | null, Break>();
  for (const sign of lasting) {
    const { volume, link, shows, by } = sign;
    if (sign.needsMore && !lasting.some((other) => other !== sign && other.volume === volume && !other.needsMore))
      continue;
    const before = breaks.get(volume);
    const first = before && order(before.link) <= order(link) ? before : { link, by };
    const last = before && order(before.shows) >= order(shows) ? before.shows : shows;
    breaks.set(volume, {
      volume,
      link: first.link,
      by: first.by,
      shows: last,
      optional: ways.isOptional(volume, isOptional),
    });
  }
  return { breaks: sorted([...breaks.values()]), others: [...others], up };
}

interface Sign {
  readonly volume: Volume | null;
  readonly link: LinkName;
  readonly shows: LinkName;
  readonly by: LogEvent;
  /** The kernel says such things of filesystems that it mounts all the same: alone it tells nothing. */
  readonly needsMore: boolean;
}

type Found = Omit<Sign, "by"> | { readonly other: string };

/** What happens in every start and at every end of one. */
const quiet: ReadonlySet<Event["is"]> = new Set(["mounting", "mounted", "unmounting"]);

/** A mount unit fails with the same words when it cannot be unmounted at the end. */
function isUnmounting({ line, event }: LogEvent, events: readonly LogEvent[]): boolean {
  if (event.is !== "mount-failed") return false;
  const last = events.findLast((other) => {
    const about = other.event.is === "mounting" || other.event.is === "unmounting" ? other.event.where : null;
    return about === event.where && other.line.number < line.number;
  });
  return last?.event.is === "unmounting";
}

/** Nothing after the guest came up broke its boot; unless the log ends with another start. */
function lastStart(all: readonly LogEvent[]): { events: readonly LogEvent[]; up: boolean } {
  const ups = all.flatMap(({ event }, index) => (event.is === "up" ? [index] : []));
  const last = ups.at(-1);
  if (last === undefined) return { events: all, up: false };
  const after = all.slice(last + 1);
  if (after.some(({ event }) => !quiet.has(event.is))) return { events: after, up: false };
  const begin = all.slice(0, last).findLastIndex(({ event }) => event.is === "begin");
  return { events: all.slice(Math.max(begin, ups.at(-2) ?? 0), last), up: true };
}

function signOf(event: Event, ways: ReturnType<typeof waysOf>): Found | null {
  const sign = (volume: Volume | null | undefined, link: LinkName, shows = link, needsMore = false): Found | null =>
    volume === undefined ? null : { volume, link, shows, needsMore };
  switch (event.is) {
    case "mount-failed": {
      const volume = ways.byMountPoint(event.where);
      if (volume) return sign(volume, "volume");
      return event.where === "/nix/store" && ways.overlay !== null ? sign(ways.store, "mount") : { other: event.where };
    }
    case "device-missing": {
      const volume = ways.byDevice(event.device);
      return volume ? sign(volume, "device") : { other: event.device };
    }
    case "check-failed": {
      const volume = ways.byDevice(event.device);
      return volume ? sign(volume, "image", "volume") : { other: event.device };
    }
    case "filesystem": {
      const volume = ways.byDevice(`/dev/${event.device}`);
      const link = event.wrong === "journal" ? "volume" : "image";
      return sign(volume, link, "volume", event.wrong === "journal" || event.wrong === "damaged");
    }
    case "overlay": {
      if (ways.overlay === null) return null;
      if (event.wrong === "path") return sign(ways.store, ways.isUpper(event.path) ? "directories" : "mount", "mount");
      return sign(ways.store, "directories", "mount");
    }
    case "directory":
      if (ways.overlay !== null && (event.path === null || ways.isUpper(event.path)))
        return sign(ways.store, "directories");
      return sign(event.path === null ? undefined : ways.byDirectory(event.path), "file");
    case "file":
      return sign(event.path === null ? ways.only() : ways.byPath(event.path), "file");
    case "mention":
      return sign(
        event.paths.map(ways.byPath).find((volume) => volume !== undefined),
        "file",
      );
    case "mkfs":
      return sign(event.path === null ? ways.byType(event.fsType) : ways.byPath(event.path), "image");
    case "format": {
      const volume = event.device === null ? undefined : ways.byDevice(`/dev/${event.device}`);
      if (event.device !== null) return sign(volume, "image");
      return sign(event.path === null ? ways.only() : ways.byPath(event.path), "image");
    }
    default:
      return null;
  }
}

/** A mount that came about later, at a second try, was not what broke. */
function wasMountedLater(
  { volume, link, by }: Sign,
  events: readonly LogEvent[],
  ways: ReturnType<typeof waysOf>,
): boolean {
  // An overlay without room is mounted read-only, and says so before.
  if (by.event.is === "overlay" && by.event.wrong === "space" && by.line.text.endsWith("mounting read-only"))
    return false;
  const isStore = link === "directories" || link === "mount";
  return events.some(({ event, line }) => {
    if (event.is !== "mounted" || line.number < by.line.number) return false;
    return isStore ? event.where === "/nix/store" : volume !== null && ways.byMountPoint(event.where) === volume;
  });
}

function order(link: LinkName): number {
  return linkNames.indexOf(link);
}

function sorted(breaks: readonly Break[]): readonly Break[] {
  return [...breaks].sort((a, b) => Number(a.optional) - Number(b.optional) || a.by.line.number - b.by.line.number);
}
