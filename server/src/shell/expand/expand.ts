import { reasons } from "../reasons.ts";
import type { Runner } from "../run/runner.ts";
import { concat, type Field, knownText, type Unknown, unknownValue, type Value } from "../state/value.ts";
import type { Context, World } from "../state/world.ts";
import type { Part, Word } from "../syntax/tree.ts";
import { expandBraces } from "./braces.ts";
import { globFields } from "./glob.ts";
import { type Chunk, isPattern } from "./patterns.ts";

/** A world, and what a word becomes in it: an expansion may run commands, and may end the script (`flow`). */
export interface Expanded<T> {
  readonly world: World;
  readonly made: T;
}

/** The fields that words become: with brace expansion, splitting at blanks and patterns. */
export function expandFields(
  words: readonly Word[],
  world: World,
  context: Context,
  runner: Runner,
): readonly Expanded<readonly Field[]>[] {
  let all: Expanded<readonly Field[]>[] = [{ world, made: [] }];
  for (const word of words.flatMap(expandBraces)) {
    all = all.flatMap(({ world, made }) => {
      if (world.flow) return [{ world, made }];
      return expandChunks(word, world, context, runner).flatMap((expanded) =>
        fieldsOf(expanded.made, expanded.world, context, word).map((fields) => ({
          world: fields.world,
          made: [...made, ...fields.made],
        })),
      );
    });
    if (all.length > 64) return [{ world: runner.lost(world, context, word, reasons.tooLong()), made: [] }];
  }
  return all;
}

/** One word as one value: no splitting and no patterns, as in assignments. */
export function expandValue(word: Word, world: World, context: Context, runner: Runner): readonly Expanded<Value>[] {
  return expandChunks(word, world, context, runner).map(({ world, made }) => ({ world, made: wholeValue(made) }));
}

export function wholeValue(chunks: readonly Chunk[]): Value {
  let value: Value = [];
  for (const [at, chunk] of chunks.entries()) {
    value = concat(value, [chunk.value]);
    if (chunk.ends && at < chunks.length - 1) value = concat(value, [" "]);
  }
  return value;
}

/** One word as the pieces that it expands to, for those to whom it matters which were quoted. */
export function expandChunks(
  word: Word,
  world: World,
  context: Context,
  runner: Runner,
): readonly Expanded<readonly Chunk[]>[] {
  let all: Expanded<readonly Chunk[]>[] = [{ world, made: [] }];
  for (const [at, part] of word.parts.entries()) {
    all = all.flatMap(({ world, made }) => {
      if (world.flow) return [{ world, made }];
      return expandPart(part, at === 0, word, world, context, runner).map((expanded) => ({
        world: expanded.world,
        made: [...made, ...expanded.made],
      }));
    });
  }
  return all;
}

function expandPart(
  part: Part,
  first: boolean,
  word: Word,
  world: World,
  context: Context,
  runner: Runner,
): readonly Expanded<readonly Chunk[]>[] {
  switch (part.is) {
    case "text": {
      // Whose home it is depends on the user.
      if (first && !part.quoted && part.text.startsWith("~")) {
        const [tilde] = unknownValue(reasons.variable({ name: "HOME" }), "word") as [Unknown];
        const rest = part.text.replace(/^~[\w-]*/, "");
        return [{ world, made: [plainChunk(tilde, true), plainChunk(rest, false)] }];
      }
      return [{ world, made: [plainChunk(part.text, part.quoted)] }];
    }
    case "hole": {
      const hole = context.source.holes[part.index];
      if (!hole) return [{ world, made: [unknownChunk(reasons.syntax(), part.quoted)] }];
      const value: Unknown = { why: hole.why, holds: hole.holds, hole };
      return [{ world, made: [{ value, quoted: part.quoted, split: !part.quoted && hole.holds === "text" }] }];
    }
    case "parameter":
      return runner.parameter(part, word, world, context);
    case "command":
      return substitute(part.body, world, context, runner).map(({ world, made }) => ({
        world,
        made: made.length === 0 ? [{ value: "", quoted: part.quoted, split: true }] : chunksOf(made, part.quoted),
      }));
    case "arithmetic":
      return expandValue(part.expression, world, context, runner).flatMap(({ world, made }) => {
        const result = runner.arithmetic(made, world, context, part.expression);
        const value: string | Unknown =
          result.value === null ? { why: reasons.feature({ what: "$((…))" }), holds: "word" } : String(result.value);
        return [{ world: result.world, made: [{ value, quoted: part.quoted, split: false }] }];
      });
    case "process": {
      // It runs beside the command, at a time that is not known.
      const after = runner.beside(part.body, world, context);
      return after.map((world) => ({ world, made: [unknownChunk(reasons.feature({ what: "<(…)" }), true)] }));
    }
    case "array":
    case "unclear":
      return [{ world, made: [unknownChunk(part.is === "unclear" ? part.why : reasons.syntax(), false)] }];
  }
}

/** The output of a command: it runs in a shell of its own, in which a failure does not end anything. */
export function substitute(
  body: Parameters<Runner["run"]>[0],
  world: World,
  context: Context,
  runner: Runner,
): readonly Expanded<Value>[] {
  const inside: World = { ...world, out: [], exitTrap: null, options: { ...world.options, errexit: false } };
  return runner.subshell(body, inside, { ...context, tested: true }).map((after) => ({
    world: { ...after, out: world.out, options: world.options, exitTrap: world.exitTrap, failure: world.failure },
    made: withoutLineEnds(after.out ?? []),
  }));
}

function withoutLineEnds(value: Value): Value {
  const last = value.at(-1);
  if (typeof last !== "string") return value;
  const text = last.replace(/\n+$/, "");
  if (text !== "") return [...value.slice(0, -1), text];
  return withoutLineEnds(value.slice(0, -1));
}

/** A value that comes from an expansion. */
export function chunksOf(value: Value, quoted: boolean): readonly Chunk[] {
  return value.map((part) => ({ value: part, quoted, split: !quoted }));
}

function plainChunk(value: string | Unknown, quoted: boolean): Chunk {
  return { value, quoted, split: false };
}

function unknownChunk(why: Unknown["why"], quoted: boolean): Chunk {
  return { value: { why, holds: "text" }, quoted, split: !quoted };
}

/** Splits at blanks what comes from expansions outside of quotes, then fits patterns to the files. */
function fieldsOf(
  chunks: readonly Chunk[],
  world: World,
  context: Context,
  word: Word,
): readonly Expanded<readonly Field[]>[] {
  const separators = fieldSeparators(world);
  const words: Chunk[][] = [];
  let current: Chunk[] | null = null;
  for (const chunk of chunks) {
    if (!chunk.split || typeof chunk.value !== "string") {
      current = [...(current ?? []), chunk];
    } else {
      const { pieces, before, after } = split(chunk.value, separators);
      if (before && current) {
        words.push(current);
        current = null;
      }
      for (const [at, piece] of pieces.entries()) {
        if (at > 0 && current) {
          words.push(current);
          current = null;
        }
        current = [...(current ?? []), { ...chunk, value: piece }];
      }
      if (after && current) {
        words.push(current);
        current = null;
      }
    }
    if (chunk.ends && current) {
      words.push(current);
      current = null;
    }
  }
  if (current) words.push(current);
  let all: Expanded<readonly Field[]>[] = [{ world, made: [] }];
  for (const each of words) {
    all = all.flatMap(({ world, made }) =>
      oneField(each, world, context, word).map((one) => ({ world: one.world, made: [...made, ...one.made] })),
    );
  }
  return all;
}

function oneField(chunks: readonly Chunk[], world: World, context: Context, word: Word) {
  if (!world.options.noglob && isPattern(chunks)) return globFields(chunks, world, context, word);
  const value = wholeValue(chunks.map((chunk) => ({ ...chunk, ends: false })));
  return [{ world, made: [{ value, rest: false }] }];
}

/** IFS: null is the usual one. */
function fieldSeparators(world: World): string | null {
  const variable = world.variables.get("IFS");
  return variable?.is === "text" ? knownText(variable.value) : null;
}

function split(text: string, separators: string | null) {
  const characters = separators ?? " \t\n";
  if (characters === "") return { pieces: text === "" ? [] : [text], before: false, after: false };
  const blank = [...characters].filter((character) => " \t\n".includes(character)).join("");
  const other = [...characters].filter((character) => !" \t\n".includes(character)).join("");
  const set = (list: string) => list.replace(/[\\\]^-]/g, "\\$&");
  const around = blank === "" ? "" : `[${set(blank)}]*`;
  const separator = new RegExp(
    [other === "" ? "" : `${around}[${set(other)}]${around}`, blank === "" ? "" : `[${set(blank)}]+`]
      .filter((source) => source !== "")
      .join("|"),
  );
  const begins = blank !== "" && new RegExp(`^[${set(blank)}]`).test(text);
  const ends = blank !== "" && new RegExp(`[${set(blank)}]$`).test(text);
  const trimmed = blank === "" ? text : text.replace(new RegExp(`^[${set(blank)}]+|[${set(blank)}]+$`, "g"), "");
  if (trimmed === "") return { pieces: [], before: begins, after: ends };
  const pieces = trimmed.split(separator);
  // A separator at the end begins no further word.
  if (pieces.length > 1 && pieces.at(-1) === "") {
    pieces.pop();
    return { pieces, before: begins, after: true };
  }
  return { pieces, before: begins, after: ends };
}
