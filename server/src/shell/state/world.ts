import type { Text } from "../../base/text.ts";
import type { Act, Condition } from "../acts.ts";
import type { Hole, Place } from "../script.ts";
import type { Setting } from "../setting.ts";
import type { Node } from "../syntax/tree.ts";
import type { Files } from "./files.ts";
import type { Field, Value } from "./value.ts";

/** One way through the script so far. Nothing in it changes: each step makes another one. */
export interface World {
  readonly files: Files;
  readonly cwd: string | null;
  readonly variables: ReadonlyMap<string, Variable>;
  /** Variables of the function that runs, as they were before it. Null: no function runs. */
  readonly saved: ReadonlyMap<string, Variable> | null;
  readonly functions: ReadonlyMap<string, ShellFunction>;
  readonly args: readonly Field[];
  readonly options: Options;
  readonly status: Status;
  readonly acts: Chain<DoneAct> | null;
  readonly conditions: Chain<Condition> | null;
  /** What was written to standard output so far where somebody reads it; null: nobody does. */
  readonly out: Value | null;
  readonly input: Value;
  readonly flow: Flow | null;
  readonly exitTrap: Value | null;
  /** The first failure that ends the script. */
  readonly failure: { readonly place: Place; readonly why: Text } | null;
  readonly umask: number;
  /** Something may have been written to standard error. */
  readonly complained: boolean;
  /** Names of variables that programs are given. */
  readonly exports: ReadonlySet<string>;
}

export type DoneAct = Omit<Act, "certainty"> & {
  readonly sure: boolean;
  /** Equal for acts that are the same. */
  readonly key: string;
};

export type Variable =
  | { readonly is: "text"; readonly value: Value }
  | { readonly is: "list"; readonly values: readonly Value[] }
  | { readonly is: "unset" }
  | { readonly is: "maybe"; readonly why: Text };

export interface ShellFunction {
  readonly body: Node;
  readonly source: Source;
}

/** The text that runs: where its holes and places are. */
export interface Source {
  readonly text: string;
  readonly holes: readonly Hole[];
  /** For a text in a text: the place of the outer text that counts. */
  readonly place: Place | null;
}

/** How a statement is run. */
export interface Context {
  readonly source: Source;
  /** A failure does not end the script: it is a condition. */
  readonly tested: boolean;
  readonly depth: number;
}

export interface Options {
  readonly errexit: boolean;
  readonly nounset: boolean;
  readonly pipefail: boolean;
  readonly noglob: boolean;
  readonly nullglob: boolean;
}

/** "fail": not 0. "any": not known. */
export type Status = number | "fail" | "any";

export type Flow = { readonly is: "exit" | "return" } | { readonly is: "break" | "continue"; readonly levels: number };

export interface Chain<T> {
  readonly before: Chain<T> | null;
  readonly last: T;
  readonly length: number;
}

export function link<T>(before: Chain<T> | null, last: T): Chain<T> {
  return { before, last, length: (before?.length ?? 0) + 1 };
}

/** From the first to the last. */
export function unlink<T>(chain: Chain<T> | null): T[] {
  const all: T[] = [];
  for (let at = chain; at; at = at.before) all.push(at.last);
  return all.reverse();
}

/** The place that counts for the reader of the whole script. */
export function placeIn(source: Source, place: Place): Place {
  return source.place ?? { start: place.start, end: place.end };
}

/** The world in which an undecided question is answered with yes, and the one with no. */
export function fork(world: World, context: Context, place: Place): readonly [World, World] {
  const at = placeIn(context.source, place);
  return [
    { ...world, conditions: link(world.conditions, { place: at, holds: true }) },
    { ...world, conditions: link(world.conditions, { place: at, holds: false }) },
  ];
}

/** The worlds in which the last command succeeded, and those in which it failed. */
export function divide(world: World, context: Context, place: Place): readonly World[] {
  if (world.status !== "any") return [world];
  const [yes, no] = fork(world, context, place);
  return [
    { ...yes, status: 0 },
    { ...no, status: "fail" },
  ];
}

export function firstWorld(setting: Setting, files: Files): World {
  const variables = new Map<string, Variable>();
  for (const [name, value] of Object.entries(setting.variables ?? {}))
    variables.set(name, { is: "text", value: [value] });
  if (setting.directory !== null) variables.set("PWD", { is: "text", value: [setting.directory] });
  return {
    files,
    cwd: setting.directory,
    variables,
    saved: null,
    functions: new Map(),
    args: (setting.arguments ?? []).map((value) => ({ value: [value], rest: false })),
    options: {
      errexit: setting.options?.errexit ?? false,
      nounset: setting.options?.nounset ?? false,
      pipefail: setting.options?.pipefail ?? false,
      noglob: false,
      nullglob: false,
    },
    status: 0,
    acts: null,
    conditions: null,
    out: null,
    input: [""],
    flow: null,
    exitTrap: null,
    failure: null,
    umask: setting.umask ?? 0o022,
    complained: false,
    exports: new Set(Object.keys(setting.variables ?? {})),
  };
}

/** The variables with which a shell begins that this one starts; the directory it sets itself. */
export function inherited({ variables, exports, cwd }: World): World["variables"] {
  const own = new Map([...variables].filter(([name]) => exports.has(name)));
  return cwd === null ? own : own.set("PWD", { is: "text", value: [cwd] });
}

/** What it takes to compare a world with another, or to join them: how much it remembers. */
export function weightOf({ acts, conditions, files, variables }: World): number {
  return (acts?.length ?? 0) + (conditions?.length ?? 0) + files.weight + variables.size;
}
