import { type Field, knownText } from "../state/value.ts";

/** The options and operands of a command. */
export interface Options {
  /** Options without a value: letters, or long names with their dashes. */
  readonly flags: ReadonlySet<string>;
  /** Options with a value; the last one counts. */
  readonly values: ReadonlyMap<string, Field>;
  readonly operands: readonly Field[];
}

/**
 * Reads options as getopt_long does: anywhere, until `--`. `letters` as for getopt ("ab:" where b has a value), `long` with
 * "=" at the end where a value belongs to it. Null: an option that is not among them, or a word that may be one.
 */
export function optionsOf(
  args: readonly Field[],
  letters: string,
  long: readonly string[] = [],
  permute = true,
): Options | null {
  const flags = new Set<string>();
  const values = new Map<string, Field>();
  const operands: Field[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as Field;
    const first = arg.value[0];
    const text = arg.rest ? null : knownText(arg.value);
    const start = typeof first === "string" ? first : first?.hole?.prefix ? first.hole.prefix : null;
    if (text === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (start === null || !start.startsWith("-") || text === "-" || start === "") {
      operands.push(arg);
      if (!permute) {
        operands.push(...args.slice(at + 1));
        break;
      }
      continue;
    }
    if (start.startsWith("--")) {
      const equals = start.indexOf("=");
      const name = equals < 0 ? start : start.slice(0, equals);
      const valued = long.includes(`${name}=`);
      if (equals < 0 && text === null) return null;
      if (!valued && !long.includes(name)) return null;
      if (equals >= 0) {
        values.set(name, {
          value: [start.slice(equals + 1), ...arg.value.slice(1)].filter((part) => part !== ""),
          rest: false,
        });
        flags.add(name);
      } else if (valued) {
        const value = args[++at];
        if (!value) return null;
        values.set(name, value);
      } else flags.add(name);
      continue;
    }
    const next = cluster(start.slice(1), arg, letters, flags, values);
    if (next === null) return null;
    if (next !== "") {
      const value = args[++at];
      if (!value) return null;
      values.set(next, value);
    }
  }
  return { flags, values, operands };
}

/** Letters behind one dash; the letter whose value is the next word, "" for none, null where one is not known. */
function cluster(
  text: string,
  arg: Field,
  letters: string,
  flags: Set<string>,
  values: Map<string, Field>,
): string | null {
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    const index = letters.indexOf(letter);
    if (index < 0 || letter === ":") return null;
    if (letters[index + 1] !== ":") {
      flags.add(letter);
      continue;
    }
    const value = [text.slice(at + 1), ...arg.value.slice(1)].filter((part) => part !== "");
    if (value.length === 0) return letter;
    values.set(letter, { value, rest: false });
    return "";
  }
  return arg.value.length > 1 ? null : "";
}

/** Values of an option that are known; null where it is given and not known. */
export function valueOfOption(options: Options, ...names: readonly string[]): string | null | undefined {
  for (const name of names) {
    const field = options.values.get(name);
    if (field) return field.rest ? null : knownText(field.value);
  }
  return undefined;
}

/** `2G`, `512M`, `10KB` and the like in bytes, as coreutils reads them; null: not a size. */
export function sizeOf(text: string): number | null {
  const found = /^(\d+)(?:([kKMGTPE])(iB|B)?|b)?$/.exec(text);
  if (!found) return null;
  const [, digits, unit, ending] = found;
  if (unit === undefined) return text.endsWith("b") ? Number(digits) * 512 : Number(digits);
  const power = "KMGTPE".indexOf(unit.toUpperCase()) + 1;
  const bytes = Number(digits) * (ending === "B" ? 1000 : 1024) ** power;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
