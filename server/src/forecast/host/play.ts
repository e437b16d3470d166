import type { Text } from "../../base/text.ts";
import type { Volume } from "../../microvm/model.ts";
import { known } from "../../microvm/model.ts";
import type { HostStart, Unit } from "../../microvm/start/start.ts";
import { absent, type Files, presentFile } from "../../shell/state/files.ts";
import type { ImageState } from "../image/state.ts";
import { type Reason, reason, reasonOf } from "../reasons.ts";
import type { VolumeOnDisk } from "../world.ts";
import type { Before, BeforeWay } from "./before.ts";
import { linesOf, type Ran, root, runPart, runText } from "./commands.ts";
import { filesOn, imageIn, imagesIn, parentIn, scriptPath } from "./files.ts";
import { bootMounts } from "./mounts.ts";
import { placeOn } from "./moved.ts";
import { programsAnywhere, programsOf } from "./programs.ts";
import {
  conditionName,
  conditions,
  microvmUser,
  mostRoads,
  ownParts,
  type Prelude,
  runnerOf,
  runUnit,
  stopLines,
  stopUnit,
  unitDirectories,
  userOf,
  workingDirectory,
} from "./run-unit.ts";
import { text } from "./texts.ts";
import { bootTmpfiles } from "./tmpfiles.ts";
import { coursesFor } from "./turns.ts";
import { type Course, ownName, ownUnits, remains, type Turn } from "./units.ts";

/** One way, half played. */
interface Road {
  readonly files: Files;
  readonly refused: Reason | null;
  readonly lost: Text | null;
  readonly reasons: Reasons;
}

/** Plays the host's units and `preStart`, for a start of the guest alone and for a boot of the host. */
export function playBefore(prelude: Prelude): Before {
  const { guest, host, facts, places } = prelude;
  const first = roadOn(filesOn(guest, facts, places.values(), prelude.named, host));
  const start = host?.start ?? null;
  const courses = coursesFor(prelude);
  const byCourse = courses.map((course) =>
    playCourse(prelude, start, course, first).map((road) => wayOf(prelude, road)),
  );
  const [alone = [], booted = []] = byCourse;
  const ways = distinctWays([...alone, ...booted.map((way) => ({ ...way, boots: true }))]);
  const isOnlyBoot = distinctWays(alone).length === 1;
  const supposed = joined(clearedBy(prelude, start, courses[0], first), suppliedBy(prelude, start, courses[0], first));
  return {
    ways: supposed.size === 0 ? ways : ways.map((way) => ({ ...way, reasons: joined(way.reasons, supposed) })),
    byBoot: isOnlyBoot && ways.length === 2 && distinctWays(booted).length === 1,
    why: ways.length > 1 ? (isOnlyBoot ? text.boot() : text.depends()) : null,
  };
}

function roadOn(files: Files): Road {
  return { files, refused: null, lost: null, reasons: new Map() };
}

type Reasons = ReadonlyMap<Volume, readonly Reason[]>;

/** Who would remove an image that is not there now: it is played once more as if it were. */
function clearedBy(prelude: Prelude, start: HostStart | null, course: Course | undefined, first: Road): Reasons {
  const missing = [...prelude.places].filter(([, { image }]) => image.state === "absent");
  if (!course || missing.length === 0) return new Map();
  const files = missing.reduce((now, [volume, place]) => {
    const path = scriptPath(volume, place);
    return now.with(path, presentFile(path, null));
  }, first.files);
  const roads = playCourse(prelude, start, course, { ...first, files }).filter(({ refused }) => refused === null);
  const [some] = roads;
  const found = missing.flatMap(([volume]) => {
    const doers = roads.map(({ lost, reasons }) => (lost ? undefined : reasonOf(reasons.get(volume) ?? [], "removed")));
    const doer = some && doers.every((each) => each !== undefined) ? doers[0] : undefined;
    return doer ? [[volume, [reason("cleared", doer.step, null, doer.facts)]] as const] : [];
  });
  return new Map(found);
}

/** Whether something makes an image that is there now where it is missing: it is played once more as if it were. */
function suppliedBy(prelude: Prelude, start: HostStart | null, course: Course | undefined, first: Road): Reasons {
  const { facts, places } = prelude;
  const there = [...places].filter(([, { image }]) => image.state === "seen" && image.value.kind === "regular");
  if (!course || there.length === 0) return new Map();
  const files = there.reduce((now, [volume, place]) => now.with(scriptPath(volume, place), absent), first.files);
  const roads = playCourse(prelude, start, course, { ...first, files }).filter(({ refused }) => refused === null);
  const makes = (volume: Volume, place: VolumeOnDisk) =>
    roads.some(
      (road) => road.lost || imageIn(road.files, facts, scriptPath(volume, place), { state: "absent" }).is !== "absent",
    );
  return new Map(
    there.flatMap(([volume, place]) =>
      makes(volume, place) ? [[volume, [reason("supplied", "host", null, {})]] as const] : [],
    ),
  );
}

function joined(a: Reasons, b: Reasons): Reasons {
  return new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((key) => [key, [...(a.get(key) ?? []), ...(b.get(key) ?? [])]]),
  );
}

function playCourse(prelude: Prelude, start: HostStart | null, course: Course, first: Road): readonly Road[] {
  const { guest } = prelude;
  const place = (path: string) => placeOn(prelude.host, prelude.facts, path);
  let roads = start ? playStop(prelude, start, first) : [first];
  if (start && course.boots) {
    for (const { value } of start.activation.items.values()) {
      roads = stage(prelude, roads, text.activation(), (road) =>
        runText(value.text, runnerOf(prelude, "", root, "/"), road.files, false),
      );
    }
    roads = stage(prelude, roads, text.tmpfiles(), ({ files }) => [
      { files: bootTmpfiles(start, bootMounts(start, files), place), failed: null, lost: null },
    ]);
  }
  for (const turn of course.turns) roads = playTurn(prelude, roads, turn);
  const own = start ? ownUnits(start, guest.name) : [];
  // The parts are one unit: its directories are made before its first command.
  for (const unit of own) {
    roads = stage(prelude, roads, text.ownUnit(), ({ files }) => [
      { files: unitDirectories(prelude, { unit, name: ownName(guest.name) }, files, true), failed: null, lost: null },
    ]);
  }
  for (const unit of own) roads = playOwn(prelude, roads, unit);
  return playPreStart(prelude, roads);
}

/** Plays something on every road; what it does to images is noted with who did it. */
function stage(
  prelude: Prelude,
  roads: readonly Road[],
  by: Text,
  run: (road: Road) => readonly Ran[],
  step: Reason["step"] = "host",
): readonly Road[] {
  const next = roads.flatMap((road): readonly Road[] => {
    if (road.refused || road.lost) return [road];
    return run(road).map((ran) => {
      const refused = ran.failed ? reason("refused", step, "no-start", { by, why: ran.failed }, "nothing") : null;
      return { files: ran.files, refused, lost: ran.lost, reasons: noted(prelude, road, ran.files, by, step) };
    });
  });
  return fewRoads(next);
}

/** More ways than can be followed come to what is not known. */
function fewRoads(roads: readonly Road[]): readonly Road[] {
  if (roads.length <= mostRoads) return roads;
  return [{ ...(roads[0] as Road), refused: null, lost: text.tooMany() }];
}

function playTurn(prelude: Prelude, roads: readonly Road[], turn: Turn): readonly Road[] {
  const { unit, name, sure, required } = turn;
  const by = text.unit({ unit: name });
  const ran = stage(prelude, roads, by, ({ files }) => {
    const verdict = conditions(turn, files);
    const run = runUnit(prelude, turn, files, userOf(prelude, unit), "/");
    const skipped: Ran = { files, failed: null, lost: null };
    const done = required ? [...run] : run.map((each) => ({ ...each, failed: null }));
    // A oneshot that does not remain stops at once, while others start already.
    if (!remains(unit) && stopLines.some((setting) => linesOf(unit, setting).length > 0)) {
      const stop = (each: Ran) =>
        each.failed || each.lost ? [] : stopUnit(prelude, turn, each.files, userOf(prelude, unit), "/");
      done.push(...run.flatMap(stop));
    }
    if (verdict === "no") return [skipped];
    return verdict === "maybe" ? [skipped, ...done] : done;
  });
  return sure ? ran : fewRoads([...roads, ...ran]);
}

/** A guest that runs stops before it starts again. */
function playStop(prelude: Prelude, start: HostStart, first: Road): readonly Road[] {
  const { guest, facts } = prelude;
  const own = facts.guests.find(({ name }) => guest.directoryNames.includes(name));
  if (!own || (own.running.state === "seen" && !own.running.value)) return [first];
  let roads: readonly Road[] = [first];
  for (const unit of ownUnits(start, guest.name)) {
    if (stopLines.every((name) => linesOf(unit, name).length === 0)) continue;
    const turn = { unit, name: ownName(guest.name) };
    roads = stage(prelude, roads, text.ownStop(), ({ files }) =>
      stopUnit(prelude, turn, files, microvmUser(prelude), workingDirectory(prelude)),
    );
  }
  const isSure = own.running.state === "seen" || roads[0] === first;
  return isSure ? roads : fewRoads([first, ...roads]);
}

function playOwn(prelude: Prelude, roads: readonly Road[], unit: Unit): readonly Road[] {
  const by = text.ownUnit();
  return stage(prelude, roads, by, ({ files }) => {
    const own = { unit, name: ownName(prelude.guest.name) };
    const verdict = conditions(own, files);
    const stopped: Ran = { files, failed: text.condition({ setting: conditionName(unit) }), lost: null };
    if (verdict === "no") return [stopped];
    const run = runUnit(prelude, own, files, microvmUser(prelude), workingDirectory(prelude));
    return verdict === "maybe" ? [stopped, ...run] : run;
  });
}

function playPreStart(prelude: Prelude, roads: readonly Road[]): readonly Road[] {
  const { guest } = prelude;
  const script = guest.start?.preStart;
  // vfkit has a preStart of its own (lib/runners/vfkit.nix).
  if (!script || script.state === "missing" || known(guest.hypervisor) === "vfkit") return roads;
  const programs = prelude.host?.start ? programsOf(ownParts(prelude)) : programsAnywhere;
  const runner = runnerOf(prelude, ownName(guest.name), microvmUser(prelude), workingDirectory(prelude), programs);
  const relative = guest.volumes.some(({ image }) => known(image)?.startsWith("/") !== true);
  return stage(prelude, roads, text.preStart(), ({ files }) => runPart(script, runner, files, relative), "pre-start");
}

/** What a stage did to each image. */
function noted(prelude: Prelude, road: Road, files: Files, by: Text, step: Reason["step"]): Road["reasons"] {
  if (files === road.files) return road.reasons;
  const reasons = new Map(road.reasons);
  for (const [volume, place] of prelude.places) {
    const path = scriptPath(volume, place);
    const before = imageIn(road.files, prelude.facts, path, place.image);
    const after = imageIn(files, prelude.facts, path, place.image);
    const what = changeOf(before, after, by, step);
    if (what) reasons.set(volume, [...(reasons.get(volume) ?? []), what]);
  }
  return reasons;
}

function changeOf(before: ImageState, after: ImageState, by: Text, step: Reason["step"]): Reason | null {
  const doer = { by, command: null };
  if (before.is !== "absent" && after.is === "absent") return reason("removed", step, null, doer);
  if (after.is === "made" && before.is !== "made")
    return reason("formatted", step, null, { ...doer, type: after.type });
  if (after.is === "seen" && before.is === "seen" && after.bytes !== null && after.bytes !== before.bytes) {
    return reason("lengthened", step, null, { ...doer, bytes: after.bytes });
  }
  return null;
}

function wayOf({ facts, places }: Prelude, { files, refused, lost, reasons }: Road): BeforeWay {
  const states: Map<Volume, ImageState> = lost
    ? new Map([...places.keys()].map((volume) => [volume, { is: "unknown", why: lost }]))
    : imagesIn(files, facts, places);
  const parent = (volume: Volume) => {
    const place = places.get(volume);
    return place ? parentIn(files, facts, scriptPath(volume, place)) : null;
  };
  return { states, reasons, refused, parent };
}

/** Ways that come to the same are one. */
function distinctWays(ways: readonly BeforeWay[]): readonly BeforeWay[] {
  const seen = new Map<string, BeforeWay>();
  for (const way of ways) {
    const key = JSON.stringify([
      way.refused?.kind ?? null,
      [...way.states.values()].map((state) =>
        state.is === "seen" ? [state.image.realPath, state.bytes, state.image.uid, state.image.mode] : state,
      ),
      [...way.states.keys()].map((volume) => way.parent?.(volume) ?? null),
    ]);
    if (!seen.has(key)) seen.set(key, way);
  }
  return [...seen.values()];
}
