import { posix } from "node:path";
import { attached } from "../../base/attached.ts";
import type { HostFacts } from "../../disk/facts.ts";
import type { Guest, Host } from "../../microvm/model.ts";
import type { HostStart } from "../../microvm/start/start.ts";
import type { Footprint } from "../../shell/footprint.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { isEmptiedAtBoot, isPlaceOfSystem } from "./asking.ts";
import { scriptPath } from "./files.ts";
import { footprintOfOwn, footprintOfUnit, footprintsOfActivation } from "./footprints.ts";
import { mountPoints } from "./mounts.ts";
import { movedStateDir } from "./moved.ts";
import { type Ground, relevant, Ways } from "./relevant.ts";
import { type Prelude, workingDirectory } from "./run-unit.ts";
import { tmpfilesLinks } from "./tmpfiles.ts";
import { type Course, coursesOf, type Turn } from "./units.ts";

/** A turn with what its unit does. */
export interface KnownTurn extends Turn {
  readonly footprint: Footprint;
}

/** Every unit that may come before the guest's own one, once. */
export function turnsWith(guest: Guest, host: Host, start: HostStart, parser: ShellParser): readonly KnownTurn[] {
  const byName = new Map<string, KnownTurn>();
  for (const { turns } of coursesOf(start, guest.name)) {
    for (const turn of turns) {
      const before = byName.get(turn.name);
      const footprint = before?.footprint ?? footprintOfUnit(turn, guest, host, parser);
      byName.set(turn.name, { ...turn, footprint, required: turn.required || before?.required === true });
    }
  }
  return [...byName.values()];
}

/**
 * The courses of a guest's next start without the units that have no part in what becomes of its images. One that the
 * guest's own unit requires stays: it may fail.
 */
export function coursesFor(prelude: Prelude): readonly Course[] {
  const { guest, host, parser } = prelude;
  if (!host?.start) return [{ name: "start", boots: false, turns: [] }];
  const courses = coursesOf(host.start, guest.name);
  if (prelude.everyUnit) return courses;
  const all = turnsWith(guest, host, host.start, parser);
  const { facts } = prelude;
  const own = footprintOfOwn(guest, host, facts.stateDir, posix.basename(workingDirectory(prelude)), parser);
  const few = relevant(all, waysOn(prelude, host, host.start, all), imagePaths(prelude), own);
  const kept = new Set(all.filter((turn) => turn.required || few.has(turn)).map(({ name }) => name));
  return courses.map((course) => ({ ...course, turns: course.turns.filter(({ name }) => kept.has(name)) }));
}

function imagePaths({ places }: Prelude): Set<string> {
  const images = new Set<string>();
  for (const [volume, place] of places) {
    const path = scriptPath(volume, place);
    images.add(path).add(posix.normalize(path)).add(place.path);
  }
  return images;
}

interface Known {
  readonly start: HostStart;
  readonly all: readonly Footprint[];
  readonly ways: Ways;
}

const shared = attached<HostFacts, Known>();

/** The same for all guests before which the same units run. */
function waysOn({ facts, parser }: Prelude, host: Host, start: HostStart, turns: readonly KnownTurn[]): Ways {
  const all = [...turns.map(({ footprint }) => footprint), ...footprintsOfActivation(start, parser)];
  const before = shared.get(facts);
  if (before?.start === start && before.all.length === all.length && all.every((each, i) => each === before.all[i])) {
    return before.ways;
  }
  const ways = new Ways(all, groundOf(facts, host, start));
  shared.set(facts, { start, all, ways });
  return ways;
}

function groundOf(facts: HostFacts, host: Host, start: HostStart): Ground {
  const links = new Map<string, Set<string>>();
  const astray = new Set<string>();
  const lead = (path: string, target: string) => links.set(path, (links.get(path) ?? new Set()).add(target));
  const moved = movedStateDir(host, facts);
  if (moved) lead(moved.from, moved.to);
  for (const [path, seen] of facts.images) {
    if (seen.state === "unreadable") astray.add(path);
    else if (seen.state === "seen" && seen.value.realPath !== path) lead(path, seen.value.realPath);
  }
  for (const { path, target } of tmpfilesLinks(start)) {
    if (target === null) astray.add(path);
    else lead(path, target);
  }
  // What is mounted there at a boot nobody has seen.
  for (const path of mountPoints(start)) {
    const state = facts.images.get(path) ?? facts.directories.get(path);
    if (state?.state === "absent") astray.add(path);
  }
  const directories = new Set([facts.stateDir.replace(/\/+$/, ""), ...facts.guests.map(({ directory }) => directory)]);
  return {
    links,
    astray,
    isKnown: (path) =>
      isPlaceOfSystem(path) ||
      isEmptiedAtBoot(path) ||
      facts.images.has(path) ||
      facts.directories.has(path) ||
      directories.has(path),
  };
}
