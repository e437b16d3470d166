import type { ParseArgsConfig } from "node:util";
import { printable } from "../../base/printable.ts";
import { type Locale, render, type Text } from "../../base/text.ts";
import { problems } from "./problems.ts";

/** Where a command reads and writes; tests bring their own. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /** Progress and messages. */
  err(text: string): void;
  /** Whether stdout and stderr are terminals that may be painted. */
  readonly colour: { readonly out: boolean; readonly err: boolean };
  /** Columns of the terminal, or null where results do not go to one. */
  readonly width: number | null;
  /** A person sits there: stdin, stdout and stderr are one terminal, in which a program may ask. */
  readonly interactive?: boolean;
  /** Until what it returns is called, a reader that goes away, or a terminal that is closed, does not end the program. */
  readonly hold?: () => () => void;
}

/** Arguments after parsing. A repeatable option is a list. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  readonly locale: Locale;
}

/** 0: nothing at or above `--fail-on`; 1: findings; 2: the job could not be done. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints below the usage line. */
  readonly usage: string;
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  run(args: Arguments, terminal: Terminal): Promise<ExitCode>;
}

/** The job cannot be done, for a reason that the user can do something about: printed as it is, exit code 2. */
export class CannotDo extends Error {
  readonly text: Text;

  constructor(text: Text) {
    super(render(text));
    this.text = text;
  }
}

/** Wrong arguments: as {@link CannotDo}, with a hint at `--help`. */
export class UsageError extends CannotDo {}

/** The values of a repeatable option. */
export function list(args: Arguments, name: string): readonly string[] {
  const value = args.values[name];
  if (Array.isArray(value)) return value;
  return typeof value === "string" ? [value] : [];
}

/** The value of an option with a word, or undefined. */
export function word(args: Arguments, name: string): string | undefined {
  const value = args.values[name];
  return typeof value === "string" ? value : undefined;
}

export function flag(args: Arguments, name: string): boolean {
  return args.values[name] === true;
}

/** The value of an option that takes one of a few words. */
export function oneOf<const T extends string>(args: Arguments, name: string, allowed: readonly T[], fallback: T): T {
  const value = word(args, name);
  if (value === undefined) return fallback;
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    throw new UsageError(problems.oneOf({ name, all: allowed.join(", "), value: printable(value) }));
  return found;
}
