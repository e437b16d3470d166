import { flatten, type Hole, holeAt, type Script } from "../../shell/script.ts";

/** One command of a unit file, as systemd takes it apart (systemd.service(5), "Command lines"). */
export interface Exec {
  /** `-` in front: a failure does not count. */
  readonly ignored: boolean;
  /** `+` or `!` in front: as root, whatever the unit's user is. */
  readonly full: boolean;
  /** The words; each with its holes. */
  readonly words: readonly Script[];
}

/** Takes a line of Exec…= of that unit apart; null where systemd would not take it. */
export function splitExec(line: Script, unit: string): Exec | null {
  const { text, holes } = flatten(line);
  const prefix = /^\s*[-@+!:|]*/.exec(text)?.[0] ?? "";
  const words: Script[] = [];
  let at = prefix.length;
  while (at < text.length) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) break;
    let word = "";
    while (at < text.length && !/\s/.test(text[at] as string)) {
      const char = text[at] as string;
      if (char === '"' || char === "'") {
        const end = closing(text, at);
        if (end < 0) return null;
        word += unescaped(text.slice(at + 1, end));
        at = end + 1;
      } else if (char === "\\") {
        word += unescaped(text.slice(at, at + 2));
        at += 2;
      } else {
        word += char;
        at++;
      }
    }
    words.push(pieces(specified(word, unit), holes));
  }
  if (words.length === 0) return null;
  return { ignored: prefix.includes("-"), full: /[+!]/.test(prefix), words };
}

function closing(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === text[at]) return i;
  }
  return -1;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, char: string) =>
    char === "n" ? "\n" : char === "t" ? "\t" : char === "s" ? " " : char,
  );
}

/** Specifiers and variables: `%i` is the instance, `%%` and `$$` are one sign. `unit` is the name of the unit file. */
export function specified(word: string, unit: string): string {
  const name = unit.replace(/\.[a-z]+$/, "");
  const at = name.indexOf("@");
  const prefix = at < 0 ? name : name.slice(0, at);
  const instance = at < 0 ? "" : name.slice(at + 1);
  const stands: Readonly<Record<string, string>> = {
    "%": "%",
    i: instance,
    I: instance,
    n: unit,
    N: name,
    p: prefix,
    P: prefix,
    j: prefix.slice(prefix.lastIndexOf("-") + 1),
  };
  return word.replace(/%([%iInNpPj])/g, (_, letter: string) => stands[letter] as string).replace(/\$\$/g, "$");
}

function pieces(text: string, holes: readonly Hole[]): Script {
  const found: (string | Hole)[] = [];
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const hole = holes[holeAt(text, at)];
    if (!hole) {
      plain += text[at];
      continue;
    }
    if (plain !== "") found.push(plain);
    plain = "";
    found.push(hole);
  }
  if (plain !== "") found.push(plain);
  return found;
}

/** The command as a shell text: what systemd does without a shell, said in words of one. */
export function asShell(words: readonly Script[]): Script {
  return words.flatMap(
    (word, index): Script => [
      ...(index > 0 ? [" "] : []),
      ...(word.length === 0
        ? ["''"]
        : word.map((piece) => (typeof piece === "string" ? `'${piece.replaceAll("'", "'\\''")}'` : piece))),
    ],
  );
}

/** The script that a command runs, where it is one whose text is known: `bash -c TEXT`, or a file of the configuration. */
export function scriptOf({
  words,
}: Exec): { readonly script: Script; readonly options: { readonly errexit?: boolean } } | null {
  const [program, ...others] = words;
  const hole = program?.length === 1 && typeof program[0] === "object" ? program[0] : null;
  if (hole?.script) return { script: hole.script, options: {} };
  const last = program?.at(-1);
  const name = typeof last === "string" ? last.slice(last.lastIndexOf("/") + 1) : "";
  if (name !== "bash" && name !== "sh") return null;
  const flags = others[0]?.length === 1 ? others[0][0] : undefined;
  if (typeof flags !== "string" || !/^-[eux]*c[eux]*$/.test(flags) || !others[1]) return null;
  return { script: others[1], options: { errexit: flags.includes("e") } };
}

/** systemd looks for a program without a path in its own, and NixOS has /bin/sh and /usr/bin/env only. */
export function programNotFound({ words: [program] }: Exec): string | null {
  const [name, more] = program ?? [];
  if (typeof name !== "string" || more !== undefined) return null;
  if (!name.includes("/")) return name;
  return /^(\/usr)?\/s?bin\//.test(name) && name !== "/bin/sh" && name !== "/usr/bin/env" ? name : null;
}
