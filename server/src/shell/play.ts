import type { Text } from "../base/text.ts";
import type { Act, Condition, Exit } from "./acts.ts";
import { reasons } from "./reasons.ts";
import { Interpreter } from "./run/interpreter.ts";
import { flatten, type Script } from "./script.ts";
import type { Setting } from "./setting.ts";
import type { Files } from "./state/files.ts";
import { allActs, allFiles, exitOf, merged } from "./state/join.ts";
import { type Context, divide, firstWorld, unlink, type World } from "./state/world.ts";

export type { Setting } from "./setting.ts";

/** What a script does. */
export interface Played {
  /** What is known of the files afterwards, over all ways through the script. */
  readonly files: Files;
  readonly acts: readonly Act[];
  readonly exit: Exit;
  /** Each way through the script that is possible, with its own end: to play what comes next from each of them. */
  readonly ways: readonly Way[];
}

export interface Way {
  readonly files: Files;
  /** The undecided questions that lead this way. */
  readonly conditions: readonly Condition[];
  /** The exit status; null: some status other than 0. */
  readonly status: number | null;
  readonly why: Text | null;
  /** It ends by `exit`, before the end of the text. */
  readonly exits: boolean;
  /** The working directory at its end; null: not known. */
  readonly directory: string | null;
}

/**
 * Plays a script on what is known of the files. It is pure, synchronous and never throws: what it cannot follow makes what
 * may be touched unknown, with the reason. A condition that the files do not decide is played both ways.
 */
export function play(script: Script, setting: Setting, files: Files): Played {
  const { text, holes } = flatten(script);
  const context: Context = { source: { text, holes, place: null }, tested: false, depth: 0 };
  const worlds = ends(text, setting, files, context);
  return {
    files: allFiles(worlds),
    acts: allActs(worlds),
    exit: exitOf(worlds),
    ways: worlds.map((world) => ({
      files: world.files,
      conditions: unlink(world.conditions),
      exits: world.flow?.is === "exit",
      directory: world.cwd,
      status: typeof world.status === "number" ? world.status : null,
      why: world.status === 0 ? null : (world.failure?.why ?? reasons.lastFails()),
    })),
  };
}

/** Every world in which the script has ended; one status each. */
function ends(text: string, setting: Setting, files: Files, context: Context): readonly World[] {
  const interpreter = new Interpreter(setting);
  const world = firstWorld(setting, files.withAncestors());
  const place = { start: 0, end: text.length };
  try {
    const worlds = interpreter.whole(setting.parser.parse(text), world, context);
    // A loop that never ends gives none.
    if (worlds.length === 0) return [interpreter.lost(world, context, place, reasons.tooLong())];
    return merged(
      worlds.flatMap((each) => divide(each, context, place)),
      mostWays,
    );
  } catch (error) {
    // The stack has an end.
    if (!(error instanceof RangeError)) throw error;
    return [interpreter.lost(world, context, place, reasons.tooLong())];
  }
}

const mostWays = 64;
