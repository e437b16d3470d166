import { reasons } from "../reasons.ts";
import type { Runner } from "../run/runner.ts";
import { concat, knownText, type Unknown, unknownValue, type Value, whyUnknown } from "../state/value.ts";
import { type Context, fork, type Variable, type World } from "../state/world.ts";
import type { Parameter, Word } from "../syntax/tree.ts";
import { chunksOf, type Expanded, expandChunks, expandValue, wholeValue } from "./expand.ts";
import { type Chunk, patternSource } from "./patterns.ts";

type Made = Expanded<readonly Chunk[]>;

/** `$x`, `${x:-d}`, `${x%.*}`, `"$@"` and their like. */
export function expandParameter(
  part: Parameter,
  word: Word,
  world: World,
  context: Context,
  runner: Runner,
): readonly Made[] {
  if (part.before === "!") return [unclear(part, world)];
  if ((part.name === "@" || part.name === "*") && part.before === "" && part.operator === "" && !part.index) {
    return [
      {
        world,
        made: list(
          world.args.map(({ value }) => value),
          part,
        ),
      },
    ];
  }
  const indexed = part.index ? (knownIndex(part.index) ?? null) : "";
  if (indexed === null) return [unclear(part, world)];
  const variable = read(part.name, world, runner);
  if (indexed === "@" || indexed === "*") {
    if (variable.is === "maybe" || part.operator !== "") return [unclear(part, world)];
    const values = variable.is === "list" ? variable.values : variable.is === "text" ? [variable.value] : [];
    if (part.before === "#")
      return [{ world, made: [{ value: String(values.length), quoted: part.quoted, split: false }] }];
    return [{ world, made: list(values, { ...part, name: indexed }) }];
  }
  const value = scalar(variable, indexed);
  return choose(part, value, word, world, context, runner);
}

function knownIndex(index: Word): string | undefined {
  const only = index.parts.length === 1 ? index.parts[0] : undefined;
  return only?.is === "text" && /^(?:[@*]|\d+)$/.test(only.text) ? only.text : undefined;
}

/** Null: it is unset. "maybe": it may be set, and then its value is not known. */
function scalar(variable: Variable, index: string): Value | null | { readonly maybe: Unknown } {
  if (variable.is === "unset") return null;
  if (variable.is === "maybe") return { maybe: { why: variable.why, holds: "text" } };
  if (variable.is === "text") return index === "" || index === "0" ? variable.value : null;
  return variable.values[index === "" ? 0 : Number(index)] ?? null;
}

/** What a variable or special parameter holds. */
export function read(name: string, world: World, runner: Runner): Variable {
  const text = (value: string): Variable => ({ is: "text", value: [value] });
  if (/^[1-9]\d*$/.test(name)) {
    if (world.args.some(({ rest, value }) => rest || knownText(value) === null)) {
      const at = world.args[Number(name) - 1];
      return at && !at.rest ? { is: "text", value: at.value } : { is: "maybe", why: reasons.variable({ name }) };
    }
    const value = world.args[Number(name) - 1]?.value;
    return value ? { is: "text", value } : { is: "unset" };
  }
  if (name === "#") return text(String(world.args.length));
  if (name === "?") {
    const { status } = world;
    return typeof status === "number"
      ? text(String(status))
      : { is: "text", value: unknownValue(reasons.mayFail({ command: "$?" }), "word") };
  }
  if (name === "0") return text(runner.setting.name ?? "bash");
  if (name === "@" || name === "*") {
    const values = world.args.map(({ value }) => value);
    return {
      is: "text",
      value: values.reduce<Value>((all, value, at) => concat(concat(all, [at > 0 ? " " : ""]), value), []),
    };
  }
  const known = world.variables.get(name);
  if (known) return known;
  if (/^[$!-]$/.test(name)) return { is: "text", value: unknownValue(reasons.variable({ name }), "word") };
  const why = reasons.variable({ name });
  if (setByBash.test(name)) return { is: "text", value: unknownValue(why, "word") };
  return runner.setting.othersSet || /^[A-Z_]+$/.test(name) ? { is: "maybe", why } : { is: "unset" };
}

const setByBash =
  /^(?:UID|EUID|PPID|RANDOM|SRANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|HOSTNAME|HOSTTYPE|OSTYPE|MACHTYPE|BASH\w*|SHLVL|SHELLOPTS|PATH|PWD|IFS|OPTIND|LINENO)$/;

function list(values: readonly Value[], part: Parameter): readonly Chunk[] {
  if (part.quoted && part.name === "*") {
    const joined = values.reduce<Value>((all, value, at) => concat(concat(all, [at > 0 ? " " : ""]), value), []);
    return joined.length === 0 ? [{ value: "", quoted: true, split: false }] : chunksOf(joined, true);
  }
  return values.flatMap((value, at) => {
    const chunks: Chunk[] = value.map((each) => ({ value: each, quoted: part.quoted, split: !part.quoted }));
    if (chunks.length === 0 && part.quoted) chunks.push({ value: "", quoted: true, split: false });
    return chunks.map((chunk, n) =>
      n === chunks.length - 1 && at < values.length - 1 ? { ...chunk, ends: true } : chunk,
    );
  });
}

function choose(
  part: Parameter,
  value: Value | null | { readonly maybe: Unknown },
  word: Word,
  world: World,
  context: Context,
  runner: Runner,
): readonly Made[] {
  const operator = part.operator;
  if (value !== null && "maybe" in value) {
    if (/^:?[-=?+]$/.test(operator) || (operator === "" && world.options.nounset)) {
      const [set, unset] = fork(world, context, word);
      const known: Value = [{ ...value.maybe }];
      return [...choose(part, known, word, set, context, runner), ...choose(part, null, word, unset, context, runner)];
    }
    return choose(part, [value.maybe], word, world, context, runner);
  }
  if (/^:?[-=?+]$/.test(operator)) return otherwise(part, value, word, world, context, runner);
  if (value === null && world.options.nounset) {
    return [{ world: runner.fail(world, context, word, reasons.unset({ name: part.name })), made: [] }];
  }
  const plain = value ?? [];
  if (part.before === "#") {
    const text = knownText(plain);
    if (operator !== "") return [unclear(part, world)];
    const length: string | Unknown =
      text === null ? { why: whyUnknown(plain) as Unknown["why"], holds: "word" } : String([...text].length);
    return [{ world, made: [{ value: length, quoted: part.quoted, split: false }] }];
  }
  if (operator === "") return [{ world, made: made(plain, part.quoted) }];
  return change(part, plain, world, context, runner);
}

function made(value: Value, quoted: boolean): readonly Chunk[] {
  return value.length === 0 ? [{ value: "", quoted, split: !quoted }] : chunksOf(value, quoted);
}

/** `:-`, `=`, `:?`, `+` …: another word where it is unset, or empty with the colon. */
function otherwise(
  part: Parameter,
  value: Value | null,
  word: Word,
  world: World,
  context: Context,
  runner: Runner,
): readonly Made[] {
  const argument = part.argument as Word;
  const kind = part.operator.at(-1);
  const emptyCounts = part.operator.startsWith(":");
  const text = value === null ? null : knownText(value);
  if (
    emptyCounts &&
    value !== null &&
    text === null &&
    !value.some((each) => typeof each === "string" || each.hole?.prefix)
  ) {
    // It may be empty.
    const [full, empty] = fork(world, context, word);
    const colonless = { ...part, operator: part.operator.slice(1) };
    return [
      ...otherwise(colonless, value, word, full, context, runner),
      ...otherwise(colonless, null, word, empty, context, runner),
    ];
  }
  const there = value !== null && !(emptyCounts && text === "");
  if (kind === "+") {
    return there ? argumentChunks(argument, part, world, context, runner) : [{ world, made: made([], part.quoted) }];
  }
  if (there) return [{ world, made: made(value, part.quoted) }];
  if (kind === "-") return argumentChunks(argument, part, world, context, runner);
  if (kind === "?") return [{ world: runner.fail(world, context, word, reasons.unset({ name: part.name })), made: [] }];
  return expandValue(argument, world, context, runner).map(({ world, made: assigned }) => {
    const variables = new Map(world.variables).set(part.name, { is: "text", value: assigned });
    return { world: { ...world, variables }, made: made(assigned, part.quoted) };
  });
}

function argumentChunks(
  argument: Word,
  part: Parameter,
  world: World,
  context: Context,
  runner: Runner,
): readonly Made[] {
  if (argument.parts.length === 0) return [{ world, made: made([], part.quoted) }];
  return expandChunks(argument, world, context, runner).map(({ world, made }) => ({
    world,
    made: made.map((chunk) =>
      part.quoted ? { ...chunk, quoted: true, split: false } : { ...chunk, split: !chunk.quoted },
    ),
  }));
}

/** `%`, `##`, `/`, `:1:2`, `^^`: changes of the text. */
function change(part: Parameter, value: Value, world: World, context: Context, runner: Runner): readonly Made[] {
  return expandChunks(part.argument as Word, world, context, runner).map(({ world, made: argument }): Made => {
    const text = knownText(value);
    const result = text === null ? cut(part.operator, value, argument) : changed(part.operator, text, argument);
    if (result === null) return unclear(part, world);
    return { world, made: made(typeof result === "string" ? [result] : result, part.quoted) };
  });
}

/** Of a text that is not known as a whole, what is cut off its known end. */
function cut(operator: string, value: Value, argument: readonly Chunk[]): Value | null {
  const suffix = knownText(wholeValue(argument));
  const last = value.at(-1);
  if (operator !== "%" || suffix === null || /[*?[\\]/.test(suffix) || typeof last !== "string") return null;
  if (last.length < suffix.length) return null;
  return last.endsWith(suffix) ? [...value.slice(0, -1), last.slice(0, last.length - suffix.length)] : value;
}

function changed(operator: string, text: string, argument: readonly Chunk[]): string | null {
  if (operator === ":") return substring(text, knownText(wholeValue(argument)));
  if (operator === "^^" && argument.length === 0) return text.toUpperCase();
  if (operator === ",," && argument.length === 0) return text.toLowerCase();
  if (operator === "^" && argument.length === 0) return text.slice(0, 1).toUpperCase() + text.slice(1);
  if (operator === "," && argument.length === 0) return text.slice(0, 1).toLowerCase() + text.slice(1);
  if (operator.startsWith("/")) return replaced(operator, text, argument);
  const source = /^[%#]/.test(operator) ? patternSource(argument, false) : null;
  if (source === null) return null;
  const whole = new RegExp(`^(?:${source})$`);
  const lengths = Array.from({ length: text.length + 1 }, (_, n) => n);
  const ordered = operator.length === 2 ? lengths.reverse() : lengths;
  for (const length of ordered) {
    const at = operator.startsWith("%") ? text.length - length : length;
    const piece = operator.startsWith("%") ? text.slice(at) : text.slice(0, at);
    if (whole.test(piece)) return operator.startsWith("%") ? text.slice(0, at) : text.slice(at);
  }
  return text;
}

function substring(text: string, argument: string | null): string | null {
  const found = /^\s*(\d+|\s-\d+)\s*(?::\s*(-?\d+)\s*)?$/.exec(argument ?? "");
  if (!found || [...text].length !== text.length) return null;
  const from = Number(found[1]);
  const start = from < 0 ? text.length + from : from;
  if (start < 0 || start > text.length) return "";
  if (found[2] === undefined) return text.slice(start);
  const length = Number(found[2]);
  const end = length < 0 ? text.length + length : start + length;
  return end < start ? null : text.slice(start, end);
}

function replaced(operator: string, text: string, argument: readonly Chunk[]): string | null {
  // The pattern ends at the first slash outside of quotes.
  const pattern: Chunk[] = [];
  const by: Chunk[] = [];
  let to = pattern;
  for (const chunk of argument) {
    const slash = to === pattern && !chunk.quoted && typeof chunk.value === "string" ? chunk.value.indexOf("/") : -1;
    if (slash < 0) to.push(chunk);
    else {
      pattern.push({ ...chunk, value: (chunk.value as string).slice(0, slash) });
      to = by;
      to.push({ ...chunk, value: (chunk.value as string).slice(slash + 1) });
    }
  }
  const source = patternSource(pattern, false);
  const text2 = knownText(wholeValue(by));
  if (source === null || text2 === null || source === "" || text2.includes("&")) return null;
  if (/[*]/.test(source) && operator !== "/") return null;
  const anchored = operator === "/#" ? `^(?:${source})` : operator === "/%" ? `(?:${source})$` : source;
  return text.replace(new RegExp(anchored, operator === "//" ? "g" : ""), () => text2);
}

function unclear(part: Parameter, world: World): Made {
  const why = reasons.variable({ name: part.name });
  return { world, made: [{ value: { why, holds: "text" }, quoted: part.quoted, split: !part.quoted }] };
}
