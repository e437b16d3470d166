import type { Text } from "../base/text.ts";
import type { Act, Condition, Exit } from "./acts.ts";
import type { Files } from "./files.ts";
import type { ShellParser } from "./parser.ts";
import type { Script } from "./script.ts";

/** In what surroundings a script runs. */
export interface Setting {
  readonly parser: ShellParser;
  /** The working directory, absolute; null: not known (the caller's, under `nix run`). */
  readonly directory: string | null;
  /** Who runs it: every name and number that the owner of a file may be noted with. Null: not known. */
  readonly user: {
    readonly root: boolean;
    readonly names: readonly string[];
    readonly groups: readonly string[];
  } | null;
  /** Variables that are set from outside; a variable not named here is unset, or unknown where `othersSet`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly othersSet?: boolean;
  /** $1, $2 …; $0 is `name`. */
  readonly arguments?: readonly string[];
  readonly name?: string;
  /** Options of the shell that runs it: `-e`, `-u` and `-o pipefail`. */
  readonly options?: { readonly errexit?: boolean; readonly nounset?: boolean; readonly pipefail?: boolean };
  /** Which commands without a slash are found in PATH: those named, all, or it is not known. */
  readonly commands: ReadonlySet<string> | "all" | "unknown";
  /**
   * Whether a program outside of the Nix store (`/bin/rm`, `/usr/bin/rm`) is there. `/bin/sh`, `/usr/bin/env` and what
   * lies below /nix/store, /run/current-system and /run/wrappers is taken for present.
   */
  readonly otherPrograms?: "found" | "missing" | "unknown";
  /** Umask of the process; 0o022 where left out. */
  readonly umask?: number;
}

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
}

/**
 * Plays a script on what is known of the files. It is pure, synchronous and never throws: what it cannot follow makes what
 * may be touched unknown, with the reason. A condition that the files do not decide is played both ways.
 */
export function play(script: Script, setting: Setting, files: Files): Played {
  throw new Error(`not yet: ${script.length} ${setting.directory} ${files.others.exists}`);
}
