import { attached } from "../../base/attached.ts";
import { messages, type Text } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import { type Guest, type Host, known, type Volume } from "../../microvm/model.ts";
import { type HostStart, plainText, type Unit } from "../../microvm/start.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import { absent, type Files, presentDirectory, presentFile } from "../../shell/files.ts";
import type { ShellParser } from "../../shell/parser.ts";
import type { Before, BeforeWay } from "../before.ts";
import { type Reason, reason, reasonOf } from "../reasons.ts";
import type { ImageState } from "../state.ts";
import type { VolumeOnDisk } from "../world.ts";
import { type Account, linesOf, type Ran, type Runner, root, runLine, runPart, runText } from "./commands.ts";
import { specified } from "./exec.ts";
import { filesOn, imageIn, imagesIn, parentIn, scriptPath } from "./files.ts";
import { bootMounts } from "./mounts.ts";
import { bootTmpfiles, withDirectories } from "./tmpfiles.ts";
import { type Course, coursesOf, ownUnits, settingOf, type Turn } from "./units.ts";

const text = messages("forecast.before", {
  preStart: { en: "`preStart`", "zh-cn": "`preStart` 脚本" },
  unit: { en: "the unit {unit}", "zh-cn": "单元 {unit}" },
  ownUnit: { en: "the guest's own unit", "zh-cn": "虚拟机自己的单元" },
  activation: { en: "an activation script", "zh-cn": "激活脚本" },
  tmpfiles: { en: "systemd-tmpfiles at a boot of the host", "zh-cn": "主机启动时的 systemd-tmpfiles" },
  condition: { en: "{setting} does not hold", "zh-cn": "{setting} 不成立" },
  depends: { en: "it depends on what is not known of the host's files", "zh-cn": "取决于主机上未知的文件状态" },
  boot: {
    en: "a boot of the host and a mere start of the guest come to different things",
    "zh-cn": "主机启动与仅启动虚拟机的结果不同",
  },
  tooMany: { en: "the scripts have too many ways to follow", "zh-cn": "脚本分支过多，无法继续分析" },
});

/** What happens on a host before a guest's volume script. */
export interface Prelude {
  readonly guest: Guest;
  readonly host: Host | null;
  readonly facts: HostFacts;
  readonly places: ReadonlyMap<Volume, VolumeOnDisk>;
  readonly parser: ShellParser;
  /** Other paths that the scripts ask for, and that were looked at as well. */
  readonly named?: readonly string[];
}

/** One way, half played. */
interface Road {
  readonly files: Files;
  readonly refused: Reason | null;
  readonly lost: Text | null;
  readonly reasons: Reasons;
}

const mostRoads = 48;

/** Plays the host's units and `preStart`, for a start of the guest alone and for a boot of the host. */
export function playBefore(prelude: Prelude): Before {
  const { guest, host, facts, places } = prelude;
  const first = roadOn(filesOn(guest, facts, places.values(), prelude.named));
  const start = host?.start ?? null;
  const courses = coursesBefore(guest, start);
  const byCourse = courses.map((course) =>
    playCourse(prelude, start, course, first).map((road) => wayOf(prelude, road)),
  );
  const [alone = [], booted = []] = byCourse;
  const ways = distinctWays([...alone, ...booted.map((way) => ({ ...way, boots: true }))]);
  const isOnlyBoot = distinctWays(alone).length === 1;
  const supposed = joined(clearedBy(prelude, start, courses[0], first), suppliedBy(prelude, start, courses[0], first));
  return {
    ways: supposed.size === 0 ? ways : ways.map((way) => ({ ...way, reasons: joined(way.reasons, supposed) })),
    why: ways.length > 1 ? (isOnlyBoot ? text.boot() : text.depends()) : null,
  };
}

/** Plays each unit, and then the guest's own, on these files, for the sake of what is asked of them. */
export function playCourses(prelude: Prelude, files: Files): void {
  const start = prelude.host?.start ?? null;
  const first = roadOn(files);
  for (const { turns } of coursesBefore(prelude.guest, start))
    for (const turn of turns) playTurn(prelude, [first], turn);
  playCourse(prelude, start, { name: "start", boots: false, turns: [] }, first);
}

function coursesBefore(guest: Guest, start: HostStart | null): readonly Course[] {
  return start ? coursesOf(start, guest.name) : [{ name: "start", boots: false, turns: [] }];
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
  let roads: readonly Road[] = [first];
  if (start && course.boots) {
    for (const { value } of start.activation.items.values()) {
      roads = stage(prelude, roads, text.activation(), (road) =>
        runText(value.text, runnerOf(prelude, root, "/"), road.files, false),
      );
    }
    roads = stage(prelude, roads, text.tmpfiles(), ({ files }) => [
      { files: bootTmpfiles(start, bootMounts(start, files)), failed: null, lost: null },
    ]);
  }
  for (const turn of course.turns) roads = playTurn(prelude, roads, turn);
  const own = start ? ownUnits(start, guest.name) : [];
  // The parts are one unit: its directories are made before its first command.
  for (const unit of own) {
    roads = stage(prelude, roads, text.ownUnit(), ({ files }) => [
      { files: unitDirectories(prelude, unit, files, true), failed: null, lost: null },
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

function playTurn(prelude: Prelude, roads: readonly Road[], { unit, sure, required }: Turn): readonly Road[] {
  const by = text.unit({ unit: unit.name });
  const ran = stage(prelude, roads, by, ({ files }) => {
    const verdict = conditions(prelude, unit, files);
    const run = runUnit(prelude, unit, files, userOf(prelude, unit), "/");
    const skipped: Ran = { files, failed: null, lost: null };
    const done = required ? run : run.map((each) => ({ ...each, failed: null }));
    if (verdict === "no") return [skipped];
    return verdict === "maybe" ? [skipped, ...done] : done;
  });
  return sure ? ran : fewRoads([...roads, ...ran]);
}

function playOwn(prelude: Prelude, roads: readonly Road[], unit: Unit): readonly Road[] {
  const by = text.ownUnit();
  return stage(prelude, roads, by, ({ files }) => {
    const verdict = conditions(prelude, unit, files);
    const stopped: Ran = { files, failed: text.condition({ setting: conditionName(unit) }), lost: null };
    if (verdict === "no") return [stopped];
    const run = runUnit(prelude, unit, files, microvmUser(prelude), workingDirectory(prelude));
    return verdict === "maybe" ? [stopped, ...run] : run;
  });
}

/** The directories of a unit, then its commands; of the guest's own unit only what comes before its runner. */
function runUnit(prelude: Prelude, unit: Unit, files: Files, user: Account, directory: string): readonly Ran[] {
  if (unit.unknown) return [{ files, failed: null, lost: reasonChain(unit.unknown)[0]?.text ?? text.depends() }];
  const runner = runnerOf(prelude, user, settingOf(unit, "WorkingDirectory") ?? directory);
  const isOwn = unit.name.startsWith("microvm@");
  const lines = [...linesOf(unit, "ExecStartPre"), ...(isOwn ? [] : linesOf(unit, "ExecStart"))];
  let ran: readonly Ran[] = [{ files: unitDirectories(prelude, unit, files, isOwn), failed: null, lost: null }];
  for (const line of lines) {
    ran = ran.flatMap((each) => (each.failed || each.lost ? [each] : runLine(line, runner, each.files)));
    if (ran.length > mostRoads) return [{ files, failed: null, lost: text.tooMany() }];
  }
  return ran;
}

const directorySettings: Readonly<Record<string, string>> = {
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
  RuntimeDirectory: "/run",
  ConfigurationDirectory: "/etc",
};

/** systemd.exec(5), StateDirectory= and its like: made before anything of the unit runs, and given to its user. */
function unitDirectories({ guest, facts }: Prelude, unit: Unit, files: Files, isOwn: boolean): Files {
  let now = files;
  const ids = facts.microvmUser.state === "seen" ? facts.microvmUser.value : null;
  const owner = isOwn && ids ? { user: String(ids.uid), group: String(ids.gid) } : { user: "root", group: "root" };
  for (const [setting, base] of Object.entries(directorySettings)) {
    for (const line of linesOf(unit, setting)) {
      const words = plainText(line);
      for (const name of words?.split(/\s+/).filter((word) => word !== "") ?? []) {
        const path = `${base}/${specified(name, guest.name).replace(/:.*$/, "").replace(/\/+$/, "")}`;
        now = withDirectories(now, path).with(path, presentDirectory(false, { ...owner, mode: 0o755 }));
      }
    }
  }
  return now;
}

function playPreStart(prelude: Prelude, roads: readonly Road[]): readonly Road[] {
  const { guest } = prelude;
  const script = guest.start?.preStart;
  // vfkit has a preStart of its own (lib/runners/vfkit.nix).
  if (!script || script.state === "missing" || known(guest.hypervisor) === "vfkit") return roads;
  const runner = runnerOf(prelude, microvmUser(prelude), workingDirectory(prelude));
  return stage(prelude, roads, text.preStart(), ({ files }) => runPart(script, runner, files), "pre-start");
}

function runnerOf({ parser, guest }: Prelude, user: Account, directory: string): Runner {
  return { parser, user, directory, instance: guest.name };
}

function microvmUser({ facts }: Prelude): Account {
  if (facts.microvmUser.state !== "seen") return "unseen";
  const { uid, gid } = facts.microvmUser.value;
  return { root: false, names: ["microvm", String(uid)], groups: ["kvm", String(gid)] };
}

function userOf(prelude: Prelude, unit: Unit): Account {
  const user = settingOf(unit, "User");
  if (user === undefined || user === "" || user === "root") return root;
  return user === "microvm" ? microvmUser(prelude) : null;
}

/** WorkingDirectory of microvm@.service: the guest's own (nixos-modules/host/default.nix). */
function workingDirectory({ guest, facts }: Prelude): string {
  const names = new Set(facts.guests.map(({ name }) => name));
  const name = guest.directoryNames.find((each) => names.has(each)) ?? guest.directoryNames[0] ?? guest.name;
  return `${facts.stateDir.replace(/\/+$/, "")}/${name}`;
}

const pathTests = ["ConditionPathExists", "AssertPathExists", "ConditionPathIsDirectory", "AssertPathIsDirectory"];

function conditionName(unit: Unit): string {
  return pathTests.find((name) => unit.unit.items.has(name)) ?? "Condition…";
}

function conditions({ guest }: Prelude, unit: Unit, files: Files): "yes" | "no" | "maybe" {
  let answer: "yes" | "maybe" = "yes";
  for (const [name, { value }] of unit.unit.items) {
    if (!/^(Condition|Assert)/.test(name)) continue;
    for (const { value: line } of value.items) {
      const words = plainText(line);
      const holds =
        words === undefined || !pathTests.includes(name) ? "maybe" : exists(files, specified(words, guest.name));
      if (holds === "no") return "no";
      if (holds === "maybe") answer = "maybe";
    }
  }
  return answer;
}

function exists(files: Files, words: string): "yes" | "no" | "maybe" {
  const isNot = words.startsWith("!");
  const followed = files.follow(words.replace(/^[!|]+/, ""));
  const found = followed.is === "missing" ? "no" : followed.is === "lost" ? "maybe" : files.get(followed.path).exists;
  if (found === "maybe" || !isNot) return found;
  return found === "yes" ? "no" : "yes";
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

/** Nothing of the host or the guest says that anything happens before the volume script. */
export function isQuiet(guest: Guest, host: Host | null): boolean {
  const before = quiet.get(guest);
  if (before?.host === host) return before.isQuiet;
  const found = { host, isQuiet: findQuiet(guest, host) };
  quiet.set(guest, found);
  return found.isQuiet;
}

/** Asked of every guest at every keystroke; neither of the two ever changes. */
const quiet = attached<Guest, { readonly host: Host | null; readonly isQuiet: boolean }>();

function findQuiet(guest: Guest, host: Host | null): boolean {
  const preStart = guest.start?.preStart;
  const start = host?.start;
  if (guest.volumes.some(({ image }) => known(image)?.includes("../"))) return false;
  const silent = !preStart || preStart.state === "missing" || plainText(preStart)?.trim() === "";
  if (!silent || !start) return silent && !start;
  return (
    start.units.items.size === 0 &&
    start.tmpfiles.items.length === 0 &&
    start.tmpfilesSettings.items.length === 0 &&
    start.activation.items.size === 0 &&
    start.mounts.items.size === 0 &&
    start.disko.items.length === 0
  );
}
