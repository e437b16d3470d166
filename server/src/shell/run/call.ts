import type { Text } from "../../base/text.ts";
import type { ActKind } from "../acts.ts";
import type { Touched } from "../footprint.ts";
import { reasons } from "../reasons.ts";
import type { Place } from "../script.ts";
import { absent, absolute, type Content, type FileState, type Files, parentOf, unknownFile } from "../state/files.ts";
import { type Found, lookUp } from "../state/lookup.ts";
import { concat, type Field, knownPieces, knownText, pathMatcher, type Value, whyUnknown } from "../state/value.ts";
import { type Context, type DoneAct, link, placeIn, type Status, type World } from "../state/world.ts";
import type { Runner } from "./runner.ts";

/** One command that is run: what its handler works with. */
export interface Call {
  /** Base name of the command. */
  readonly name: string;
  readonly args: readonly Field[];
  readonly context: Context;
  readonly place: Place;
  readonly runner: Runner;
}

export type Handler = (call: Call, world: World) => readonly World[];

export function withStatus(world: World, status: Status): World {
  return world.status === status ? world : { ...world, status };
}

/** The world after the command failed, as far as anybody asks. */
export function failed(world: World, status: Status = 1): World {
  return withStatus(world, status);
}

export function write(world: World, value: Value): World {
  return world.out === null ? world : { ...world, out: concat(world.out, value) };
}

/** An absolute path of a known word; null where the working directory is not known. */
export function pathOf(world: World, text: string): string | null {
  if (text.startsWith("/")) return text;
  return world.cwd === null ? null : `${world.cwd === "/" ? "" : world.cwd}/${text}`;
}

/** Notes that something was done to a file. */
export function act(
  call: Call,
  world: World,
  what: ActKind,
  path: string,
  files: Files,
  more: Partial<DoneAct> = {},
): World {
  const done: DoneAct = {
    what,
    path: { is: "known", path },
    conditions: [],
    place: placeIn(call.context.source, call.place),
    command: call.name,
    why: null,
    sure: true,
    key: "",
    ...more,
  };
  const key = JSON.stringify([what, done.path, done.to, done.bytes, done.place, done.sure]);
  return { ...world, files, acts: link(world.acts, { ...done, key }) };
}

/**
 * Plays an operand: where its path is known, `known` says what happens; otherwise everything that it may be becomes
 * unknown (`change`), and whether the command succeeds is not known. Each operand is tried, a failure of one is the status.
 */
export function eachOperand(
  call: Call,
  world: World,
  operands: readonly Field[],
  known: (world: World, path: string, written: string) => readonly World[],
  change: Vague,
  empty: Status = 1,
): readonly World[] {
  let worlds: readonly World[] = [withStatus(world, operands.length === 0 ? 1 : 0)];
  for (const operand of operands) {
    worlds = worlds.flatMap((before) => {
      const text = operand.rest ? null : knownText(operand.value);
      const path = text === null || text === "" ? null : pathOf(before, text);
      if (text === "") return [worse(withStatus(before, empty), before.status)];
      const after =
        path === null ? [vague(call, before, operand, change)] : known(withStatus(before, 0), path, text as string);
      return after.map((each) => worse(each, before.status));
    });
  }
  return worlds;
}

/** The status of several operands: a failure counts. */
function worse(world: World, before: Status): World {
  const { status } = world;
  if (before === 0) return world;
  if (status === 0 || before === "fail" || typeof before === "number")
    return withStatus(world, before === "any" && status !== 0 ? status : before);
  return withStatus(world, status === "any" ? before : status);
}

/** What a command may do to a file that its operand may be. */
export type Vague = "remove" | "write" | "replace" | "owner" | "make";

const kinds: Readonly<Record<Vague, ActKind>> = {
  remove: "remove",
  write: "write",
  replace: "anything",
  owner: "change-owner",
  make: "make",
};

/** An operand that is not known as a whole: whatever it may be may be changed. */
export function vague(call: Call, world: World, operand: Field, change: Vague, why?: Text): World {
  const reason = why ?? whyUnknown(operand.value) ?? reasons.directory();
  const files = change === "owner" ? withOwners(world, operand) : loosen(world, operand, change, reason);
  const path = { is: "partly", known: knownPieces(operand.value), why: reason } as const;
  return withStatus(act(call, world, kinds[change], "", files, { path, sure: false, why: reason }), "any");
}

function withOwners(world: World, operand: Field): Files {
  const touched = touchedBy(operand.value, world, false, reasons.directory());
  const changed: [string, FileState][] = [];
  for (const [path, state] of world.files.entries()) {
    if (!operand.rest && touched.fits(path)) {
      changed.push([path, { ...state, user: null, group: null, mode: null }]);
    }
  }
  world.files.reached(touched);
  return world.files.withAll(changed);
}

/** The files when one that the operand may be was removed, written or made. */
export function loosen(world: World, operand: Field, change: Vague, why: Text, below = false): Files {
  const changed: [string, FileState][] = [];
  const touched = touchedBy(operand.value, world, below, why);
  // A `rest` is what a pattern fits besides the files that are noted, or nothing.
  if (!operand.rest) {
    for (const [path, state] of world.files.entries()) {
      if (!touched.fits(path)) continue;
      const target = state.kind === "link" && change !== "remove" ? world.files.follow(path) : null;
      changed.push([path, loosened(state, change, why)]);
      if (target?.is === "found") changed.push([target.path, loosened(world.files.get(target.path), change, why)]);
    }
  }
  return world.files.withAll(changed).touched(touched);
}

/** Everything that a value may be as a path; with `below` what lies below it, too. */
function touchedBy(value: Value, { cwd }: World, below: boolean, why: Text): Touched {
  const [start] = value;
  const literal = typeof start !== "string" ? null : start.startsWith("/") ? start : cwd && `${cwd}/${start}`;
  // What stands behind `..` leads anywhere.
  const climbs = value.some((part) => typeof part === "string" && /(^|\/)\.\.(\/|$)/.test(part));
  const under = literal === null || climbs ? null : absolute("/", literal.slice(0, literal.lastIndexOf("/")));
  return { key: keyOf(value, cwd, below), fits: fitting(value, cwd, below), why, under };
}

function keyOf(value: Value, cwd: string | null, below: boolean): string {
  const parts = value.map((part) =>
    typeof part === "string" ? part : [part.pattern?.source ?? null, part.hole?.prefix],
  );
  return JSON.stringify([parts, cwd, below]);
}

function fitting(value: Value, cwd: string | null, below: boolean): (path: string) => boolean {
  const fits = pathMatcher(value, cwd);
  return (path) => {
    for (let at = path; ; at = parentOf(at)) {
      if (fits(at)) return true;
      if (!below || at === "/") return false;
    }
  };
}

function loosened(state: FileState, change: Vague, why: Text): FileState {
  if (change === "remove") return state.exists === "no" ? state : { ...state, exists: "maybe", why };
  if (state.exists === "yes" && state.kind === "directory" && change !== "replace") return { ...state, why };
  const content: Content = { is: "unknown", why };
  const exists = state.exists === "yes" ? "yes" : "maybe";
  // A write goes through a link; what replaces a file (`cp -a`, `ln -f`) may make another kind of it.
  const kind = state.exists === "no" || change === "replace" ? null : state.kind;
  const target = change === "replace" ? null : state.target;
  const owner = change === "replace" ? { user: null, group: null, mode: null } : {};
  return {
    ...state,
    exists: change === "replace" ? "maybe" : exists,
    kind,
    target,
    bytes: null,
    content,
    why,
    ...owner,
  };
}

/** Everything may have happened to everything. */
export function anything(call: Call, world: World, why: Text): World {
  const path = { is: "partly", known: [], why } as const;
  const files = clobbered(world.files, why);
  return withStatus(act(call, world, "anything", "", files, { path, sure: false, why }), "any");
}

export function clobbered(files: Files, why: Text): Files {
  const all = [...files.entries()].map(([path]) => [path, path === "/" ? files.get(path) : unknownFile(why)] as const);
  return files.withAll(all).withOthers({ exists: "maybe", why });
}

/** A command that is not known was given these operands: it may do anything to them, and to what is below them. */
export function handedOver(call: Call, world: World, operands: readonly Field[], why: Text): World {
  let after = world;
  for (const operand of operands) {
    const text = operand.rest ? null : knownText(operand.value);
    if (text === "") continue;
    if (text !== null && !isPathLike(after, text)) {
      const inside = /(?:^-\w|^[\w.-]+=|^-{1,2}[\w-]+=|:)(\/?.+)$/.exec(text)?.[1];
      if (inside === undefined) continue;
      after = handed(call, after, { value: [inside], rest: false }, why);
      continue;
    }
    after = handed(call, after, operand, why);
  }
  return withStatus(after, "any");
}

/** Options and plain words that are no noted file are not taken for paths. */
function isPathLike(world: World, text: string): boolean {
  return (
    !text.startsWith("-") && !/^[\w.-]+=/.test(text) && (world.cwd !== null || text.startsWith("/") || text !== "")
  );
}

function handed(call: Call, world: World, operand: Field, why: Text): World {
  const text = operand.rest ? null : knownText(operand.value);
  const path = text === null ? null : pathOf(world, text);
  if (path !== null) {
    const followed = world.files.follow(path);
    const real = followed.is === "found" ? followed.path : path;
    const changed: [string, FileState][] = [];
    for (const [each, state] of world.files.entries()) {
      if (each === "/" || state.kind === "directory") continue;
      if (each === path || each === real || each.startsWith(`${real}/`)) changed.push([each, unknownFile(why)]);
    }
    if (!world.files.has(real)) changed.push([real, loosenedUnnoted(world.files.get(real), why)]);
    const below = (each: string) => each.startsWith(`${real}/`);
    const files = world.files.withAll(changed).touched({ key: `below ${real}`, fits: below, why, under: real });
    return act(call, world, "anything", real, files, { sure: false, why });
  }
  const changed: [string, FileState][] = [];
  const touched = touchedBy(operand.value, world, true, why);
  for (const [each, state] of world.files.entries()) {
    if (each === "/" || operand.rest) continue;
    if (touched.fits(each)) changed.push([each, state.kind === "directory" ? state : unknownFile(why)]);
  }
  const files = world.files.withAll(changed).touched(touched);
  const partly = { is: "partly", known: knownPieces(operand.value), why } as const;
  return act(call, world, "anything", "", files, { path: partly, sure: false, why });
}

function loosenedUnnoted(state: FileState, why: Text): FileState {
  return state === absent || state.exists !== "yes" ? unknownFile(why) : state;
}

export function found(call: Call, world: World, path: string, follow: boolean): readonly Found[] {
  return lookUp(world, path, follow, call.context, call.place);
}
