import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printable } from "../../base/printable.ts";
import { render, verbatim } from "../../base/text.ts";
import { type Declared, type DeclaredGuest, readDeclared } from "../../declared/file.ts";
import { type DeclaredSnapshot, lookAtDeclared } from "../../engine/declared.ts";
import { createProbe } from "../../engine/probes.ts";
import { shellLoader } from "../../grammar/files.ts";
import { type Arguments, CannotDo, type Terminal, UsageError, word } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { systemWords } from "../frame/system-words.ts";
import { words } from "../frame/words.ts";
import { ownGuests, type SilentGuest } from "./own-guests.ts";

/** The option of every command that works by what real Nix wrote down. */
export const declaredOptions = { declared: { type: "string" } } as const;

/** What is declared of every guest that this machine has. */
export interface DeclaredHere extends Declared {
  /** Guests that are deployed on their own, and of whose volumes nothing is known. */
  readonly silent: readonly SilentGuest[];
}

/** Reads the file of `--declared`, and what the runners of guests say that are deployed on their own. Throws {@link CannotDo}. */
export function declaredOf(args: Arguments, command: string, terminal: Terminal): DeclaredHere {
  const file = word(args, "declared");
  if (file === undefined) throw new UsageError(problems.needsDeclared({ command }));
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : resolve(terminal.cwd, file), "utf8");
  } catch (error) {
    throw new CannotDo(problems.at({ name: printable(file), problem: systemWords(error) }));
  }
  const declared = readDeclared(text);
  if (typeof declared !== "string") {
    const { guests, silent } = ownGuests(declared);
    return { ...declared, guests: [...declared.guests, ...guests], silent };
  }
  const why = verbatim(printable(declared));
  throw new CannotDo(problems.at({ name: printable(file), problem: problems.notDeclared({ why }) }));
}

/** The guests that are meant: the one of that name, or all. Throws {@link CannotDo}. */
export function declaredGuests({ guests, silent }: DeclaredHere, name: string | undefined): readonly DeclaredGuest[] {
  if (name === undefined) return guests;
  const found = guests.filter((guest) => guest.name === name);
  if (found.length > 0) return found;
  const unknown = silent.find((guest) => guest.name === name);
  if (unknown) throw new CannotDo(problems.at({ name: printable(name), problem: unknown.why }));
  const all = guests.map((guest) => printable(guest.name)).join(", ");
  throw new CannotDo(all === "" ? problems.noGuests() : problems.noGuestNamed({ name: printable(name), all }));
}

/** Says of which guests nothing is known. */
export function tellSilent({ silent }: DeclaredHere, { locale }: Arguments, terminal: Terminal): void {
  for (const { name, why } of silent) {
    const line = render(problems.at({ name: printable(name), problem: why }), locale);
    terminal.err(`${render(words.note(), locale)} ${printable(line)}\n`);
  }
}

/** Looks at this machine's disk beside what is declared. */
export function lookHere(declared: Declared): Promise<DeclaredSnapshot> {
  return lookAtDeclared(declared, {
    createProbe: () => createProbe({ name: declared.host ?? hostname(), via: "local" }),
    loadShell: shellLoader(dirname(fileURLToPath(import.meta.url))),
    scripts: scriptAt,
  });
}

/** Larger scripts are not read. */
const longestScript = 1 << 18;

/** The text of a shell script. */
function scriptAt(path: string): string | null {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(longestScript);
      const text = bytes.toString("utf8", 0, readSync(fd, bytes, 0, longestScript, 0));
      return /^#! *\S*\/(env +)?(ba|da)?sh\b/.test(text) ? text : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
