import type { ShellParser } from "./syntax/parser.ts";

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
  /** A user that is not known may open, make and remove what it likes: that its scripts fail at that is not looked into. */
  readonly unknownUserMay?: boolean;
  /** Variables that are set from outside; a variable not named here is unset, or unknown where `othersSet`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly othersSet?: boolean;
  /** $1, $2 …; $0 is `name`. */
  readonly arguments?: readonly string[];
  readonly name?: string;
  /** Options of the shell that runs it: `-e`, `-u` and `-o pipefail`. */
  readonly options?: { readonly errexit?: boolean; readonly nounset?: boolean; readonly pipefail?: boolean };
  /** Which commands without a slash are found in PATH: those named, all, or it is not known (but for some). */
  readonly commands: ReadonlySet<string> | { readonly surely: ReadonlySet<string> } | "all" | "unknown";
  /**
   * Whether a program outside of the Nix store (`/bin/rm`, `/usr/bin/rm`) is there. `/bin/sh`, `/usr/bin/env` and what
   * lies below /nix/store, /run/current-system and /run/wrappers is taken for present; of what lies elsewhere, the files
   * say it.
   */
  readonly otherPrograms?: "found" | "missing" | "unknown";
  /** Umask of the process; 0o022 where left out. */
  readonly umask?: number;
}
