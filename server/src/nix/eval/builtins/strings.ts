import { charge, sizeLimits } from "../budget.ts";
import { fails, integer, string, unsupported, wrongType } from "../make.ts";
import { coerceToString, isError, joinStrings, mapUndecided, overBudget, pass } from "../ops.ts";
import { isStorePath, piecesOf } from "../pieces.ts";
import type { StringValue, Thunk, Unknown, Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, coerced, errorOf, expect, expectClosed, madeBy, uncertainty } from "./kit.ts";
import { byteLength, byteSlice } from "./text/bytes.ts";

const stringShape = { type: "string" } as const;

/** Builtins on strings. Nix counts bytes of UTF-8; a result that would split a character is unknown. */
export const stringBuiltins: readonly Definition[] = [
  builtin("toString", "e", "a -> string", (call, e) => coerceToString(e.force(), "toString", call.at)),
  builtin("stringLength", "e", "string -> int", (call, e) =>
    coerced(call, e, "interpolation", "stringLength", (text) => integer(byteLength(text), madeBy(call)), {
      type: "integer",
    }),
  ),
  builtin("substring", "start len s", "int -> int -> string -> string", (call, start, len, s) =>
    expect(
      call,
      start,
      "integer",
      "substring",
      (from) =>
        expect(
          call,
          len,
          "integer",
          "substring",
          (count) => {
            if (from.value < 0n) return fails("negative start position in 'substring'", call.at);
            return coerced(
              call,
              s,
              "interpolation",
              "substring",
              (text) => {
                const begin = Number(from.value);
                const end = count.value < 0n ? Number.POSITIVE_INFINITY : begin + Number(count.value);
                const part = byteSlice(text, begin, end);
                return part === null
                  ? unsupported("part of a character", call.at, stringShape)
                  : string(part, madeBy(call));
              },
              stringShape,
            );
          },
          stringShape,
        ),
      stringShape,
    ),
  ),
  builtin("concatStringsSep", "separator list", "string -> [string] -> string", (call, separator, given) =>
    eachText(
      call,
      separator,
      "concatStringsSep",
      (between) =>
        expect(
          call,
          given,
          "list",
          "concatStringsSep",
          (l) => {
            const parts: Value[] = [];
            for (const [index, { thunk, conditional }] of l.items.entries()) {
              if (!call.evaluator.spend()) return overBudget("steps", call.at);
              const one = coerceToString(thunk.force(), "interpolation", call.at);
              if (errorOf(one) && !conditional) return one;
              if (index > 0) parts.push(between);
              parts.push(one);
            }
            const open = uncertainty(l);
            return open ? pass(open, "concatStringsSep", call.at, stringShape) : joinStrings(parts, call.at);
          },
          stringShape,
        ),
      stringShape,
    ),
  ),
  builtin("replaceStrings", "from to s", "[string] -> [string] -> string -> string", (call, from, to, s) =>
    texts(call, from, (patterns) =>
      expectClosed(
        call,
        to,
        "replaceStrings",
        (replacements) => {
          if (patterns.length !== replacements.length) {
            return fails("'from' and 'to' arguments passed to builtins.replaceStrings have different lengths", call.at);
          }
          return eachText(
            call,
            s,
            "replaceStrings",
            (given) =>
              given.type === "string"
                ? replace(call, patterns, replacements, given.value)
                : replacePartly(call, patterns, replacements, given),
            stringShape,
          );
        },
        stringShape,
      ),
    ),
  ),
];

/** Goes on with a string, known or not; a surely failing one passes. */
function eachText(
  call: Call,
  given: Thunk,
  via: string,
  use: (text: StringValue | Unknown) => Value,
  shape: Unknown["shape"],
): Value {
  return mapUndecided(
    given.force(),
    (value) => {
      if (value.type === "string") return use(value);
      if (value.type !== "unknown") return wrongType("string", value.type, call.at);
      return value.shape?.type !== "string" || isError(value) ? pass(value, via, call.at, shape) : use(value);
    },
    call.at,
  );
}

/** Goes on with a list of strings. */
function texts(call: Call, given: Thunk, use: (texts: readonly string[]) => Value): Value {
  return expectClosed(
    call,
    given,
    "replaceStrings",
    (thunks) => {
      const found: string[] = [];
      for (const thunk of thunks) {
        const value = thunk.force();
        if (value.type === "unknown") return pass(value, "replaceStrings", call.at, stringShape);
        if (value.type !== "string") return wrongType("string", value.type, call.at);
        found.push(value.value);
      }
      return use(found);
    },
    stringShape,
  );
}

/**
 * At every place the first pattern that stands there is replaced. An empty pattern stands everywhere, also at the end,
 * and the character at its place follows the replacement.
 */
function replace(call: Call, patterns: readonly string[], replacements: readonly Thunk[], text: string): Value {
  const parts: Value[] = [];
  let kept = 0;
  let at = 0;
  let result = 0;
  while (at <= text.length) {
    charge(patterns.length);
    const index = patterns.findIndex((pattern) => text.startsWith(pattern, at));
    const pattern = patterns[index];
    if (pattern === undefined) {
      at++;
      continue;
    }
    if (pattern === "" && text.charCodeAt(at) > 127) return unsupported("part of a character", call.at, stringShape);
    const replacement = (replacements[index] as Thunk).force();
    if (replacement.type === "unknown" && isError(replacement))
      return pass(replacement, "replaceStrings", call.at, stringShape);
    if (replacement.type !== "string" && replacement.type !== "unknown")
      return wrongType("string", replacement.type, call.at);
    const end = pattern === "" ? at : at + pattern.length;
    if (at > kept) parts.push(string(text.slice(kept, at)));
    parts.push(replacement);
    result += replacement.type === "string" ? replacement.value.length : 0;
    if (result > sizeLimits.characters || !call.evaluator.spend()) return overBudget("size", call.at);
    kept = end;
    at = pattern === "" ? at + 1 : end;
  }
  if (kept < text.length) parts.push(string(text.slice(kept)));
  const whole = joinStrings(parts, call.at);
  return whole.type === "string" ? string(whole.value, madeBy(call)) : whole;
}

/**
 * What is known of an unknown text is replaced in, where no pattern can reach from a known part into one that is not. A
 * store path stays as it is where every pattern has a character that none has.
 */
function replacePartly(call: Call, patterns: readonly string[], replacements: readonly Thunk[], given: Unknown): Value {
  const pieces = piecesOf(given);
  const reaches = pieces.some(
    (piece, i) =>
      typeof piece === "string" &&
      patterns.some(
        (pattern) =>
          pattern === "" ||
          (i > 0 && stands(pattern, piece, "start")) ||
          (i < pieces.length - 1 && stands(pattern, piece, "end")) ||
          (pattern !== piece && pattern.includes(piece)),
      ),
  );
  const meeting = pieces.some((piece, i) => typeof piece !== "string" && typeof pieces[i + 1] === "object");
  if (reaches || (meeting && patterns.some((pattern) => pattern.length > 1)))
    return pass(given, "replaceStrings", call.at, stringShape);
  const foreign = patterns.every((pattern) => /[^A-Za-z0-9+._?=/-]/.test(pattern));
  return joinStrings(
    pieces.map((piece) => {
      if (typeof piece === "string") return replace(call, patterns, replacements, piece);
      const kept = foreign && isStorePath(piece) ? piece : { why: piece.why };
      return pass(piece.why, "replaceStrings", call.at, { ...stringShape, pieces: [kept] });
    }),
    call.at,
  );
}

/** Does a beginning of the pattern, but not all of it, stand at the end of the text (or an end of it at the beginning)? */
function stands(pattern: string, text: string, where: "end" | "start"): boolean {
  for (let length = 1; length < pattern.length && length <= text.length; length++) {
    const part = where === "end" ? pattern.slice(0, length) : pattern.slice(-length);
    if (where === "end" ? text.endsWith(part) : text.startsWith(part)) return true;
  }
  return false;
}
