import { becauseOf, fails as failure, integer, unsupported } from "../../make.ts";
import { isError } from "../../ops/unknowns.ts";
import { isStorePath, joinPieces, mapPieces, piecesOf, textShape } from "../../pieces.ts";
import type { StringValue, Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { budget, each, later } from "./combine.ts";
import { builtin, made, needCount, needString, section, text } from "./kit.ts";
import { mapList } from "./lists.ts";
import { ascii, charwise, coerced, derived, mapped, strict, stringified } from "./text.ts";

const define = section("strings", "lib/strings.nix");

/** `lib.strings`: quoting for other languages, numbers from and in text, names. */
export const stringFormats: readonly Definition[] = [
  define("escape", "characters string", "[string] -> string -> string", (call, characters, given) =>
    builtin(
      call,
      "replaceStrings",
      characters,
      mapList(call, "escape", characters, (c) =>
        later(call, () => each(call, c, (x) => mapped(call, x, "escape", (s) => `\\${s}`))),
      ),
      given,
    ),
  ),
  define(
    "escapeShellArg",
    "argument",
    "string -> string",
    strict((call, given) => {
      return shellArgument(call, given, "escapeShellArg");
    }),
  ),
  define("escapeShellArgs", "arguments", "[string] -> string", (call, given) =>
    builtin(
      call,
      "concatStringsSep",
      text(call, " "),
      mapList(call, "escapeShellArgs", given, (x) =>
        later(call, () =>
          each(call, x, (value) => {
            return shellArgument(call, value, "escapeShellArgs");
          }),
        ),
      ),
    ),
  ),
  define(
    "escapeRegex",
    "string",
    "string -> string",
    strict((call, given) => charwise(call, given, "escapeRegex", "any", (s) => s.replace(/[\\[{()^$?*+|.]/g, "\\$&"))),
  ),
  define(
    "escapeXML",
    "string",
    "string -> string",
    strict((call, given) => {
      const names: Record<string, string> = { '"': "&quot;", "'": "&apos;", "<": "&lt;", ">": "&gt;", "&": "&amp;" };
      return charwise(call, given, "escapeXML", "special", (s) => s.replace(/["'<>&]/g, (c) => names[c] ?? c));
    }),
  ),
  define(
    "escapeNixString",
    "string",
    "string -> string",
    strict((call, given) => {
      const s = needString(call, given, "escapeNixString");
      return s.type === "unknown" ? builtin(call, "toJSON", given) : derived(call, s, nixString(s.value));
    }),
  ),
  define(
    "escapeNixIdentifier",
    "string",
    "string -> string",
    strict((call, given) =>
      mapped(call, given, "escapeNixIdentifier", (s) =>
        /^[a-zA-Z_][a-zA-Z0-9_'-]*$/.test(s) && !keywords.has(s) ? s : nixString(s),
      ),
    ),
  ),
  define(
    "escapeURL",
    "string",
    "string -> string",
    strict((call, given) =>
      mapped(call, given, "escapeURL", (s) =>
        s.replace(/[\t\n\r\x20-\x7e]/g, (c) =>
          /[A-Za-z0-9_.~-]/.test(c) ? c : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
        ),
      ),
    ),
  ),
  define(
    "charToInt",
    "character",
    "string -> int",
    strict((call, given) => {
      const s = needString(call, given, "charToInt");
      if (s.type === "unknown") return s;
      if (!/^[\t\n\r\x20-\x7e]$/.test(s.value)) return failure(`attribute '${s.value}' missing`, call.at);
      return integer(s.value.charCodeAt(0), made(call, [s.origin]));
    }),
  ),
  define(
    "toInt",
    "string",
    "string -> int",
    strict((call, given) => {
      const s = needString(call, given, "toInt");
      if (s.type === "unknown") return s;
      const [, digits] = /^[ \t\n\v\f\r]*(-?[0-9]+)[ \t\n\v\f\r]*$/.exec(s.value) ?? [];
      if (digits === undefined)
        return failure(`toInt: Could not convert ${nixString(s.value)} to int.`, call.at, "throw");
      if (/^-0[0-9]/.test(digits)) return failure(`toInt: ${digits} is no JSON`, call.at);
      if (/^0[0-9]+/.test(digits))
        return failure(
          `toInt: Ambiguity in interpretation of ${nixString(s.value)} between octal and zero padded integer.`,
          call.at,
          "throw",
        );
      return parsedInteger(call, s, digits);
    }),
  ),
  define(
    "toIntBase10",
    "string",
    "string -> int",
    strict((call, given) => {
      const s = needString(call, given, "toIntBase10");
      if (s.type === "unknown") return s;
      const [, digits] = /^[ \t\n\v\f\r]*0*(-?[0-9]+)[ \t\n\v\f\r]*$/.exec(s.value) ?? [];
      if (digits === undefined)
        return failure(`toIntBase10: Could not convert ${nixString(s.value)} to int.`, call.at, "throw");
      if (/^-0[0-9]/.test(digits)) return failure(`toIntBase10: ${digits} is no JSON`, call.at);
      return parsedInteger(call, s, digits);
    }),
  ),
  define(
    "fixedWidthString",
    "width filler string",
    "int -> string -> string -> string",
    strict((call, width, filler, given) => {
      const w = needCount(call, width, "fixedWidthString");
      if (typeof w !== "number") return w;
      const f = needString(call, filler, "fixedWidthString");
      if (f.type === "unknown") return f;
      const s = coerced(call, given, "fixedWidthString");
      return s.type === "unknown" ? s : padded(call, w, f.value, s);
    }),
  ),
  define(
    "fixedWidthNumber",
    "width n",
    "int -> int -> string",
    strict((call, width, given) => {
      const w = needCount(call, width, "fixedWidthNumber");
      if (typeof w !== "number") return w;
      const s = stringified(call, given, "fixedWidthNumber");
      return s.type === "unknown" ? s : padded(call, w, "0", s);
    }),
  ),
  define(
    "replicate",
    "n string",
    "int -> string -> string",
    strict((call, n, given) => {
      const times = needCount(call, n, "replicate");
      if (typeof times !== "number") return times;
      const s = coerced(call, given, "replicate");
      if (s.type === "unknown") return s;
      if (times < 0) return failure(`cannot create list of size ${times}`, call.at);
      if (times * s.value.length > 1_000_000) return budget(call);
      return derived(call, s, s.value.repeat(times));
    }),
  ),
  define(
    "sanitizeDerivationName",
    "string",
    "string -> string",
    strict((call, given) => {
      const s = coerced(call, given, "sanitizeDerivationName");
      if (s.type === "unknown") return s;
      if (!ascii(s.value))
        return unsupported("sanitizeDerivationName of text that is not ASCII", call.at, { type: "string" });
      if (s.value.length <= 207 && /^[A-Za-z0-9+_?=-][A-Za-z0-9+._?=-]*$/.test(s.value)) return s;
      const clean = s.value
        .replace(/^\.*/, "")
        .replace(/[^A-Za-z0-9+._?=-]+/g, "-")
        .slice(-207);
      return derived(call, s, clean === "" ? "unknown" : clean);
    }),
  ),
];

/** Words that are no attribute names in Nix without quotes. */
const keywords = new Set(["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"]);

function nixString(value: string): string {
  return JSON.stringify(value).replaceAll("$", "\\$");
}

/**
 * `escapeShellArg` of a text that need not be known: where a character in it asks for quotes they are there; a store path
 * asks for none. Otherwise the result is one word for the shell.
 */
function shellArgument(call: Call, given: Value, via: string): Value {
  const s = builtin(call, "toString", given);
  if (s.type === "string") return shellQuoted(call, s);
  if (s.type !== "unknown" || isError(s)) return needString(call, s, via);
  const pieces = piecesOf(s);
  if (pieces.some((piece) => typeof piece === "string" && !plainWord.test(piece))) {
    const inside = mapPieces(pieces, (text) => text.replaceAll("'", "'\\''"), "special");
    return becauseOf(s, via, call.at, textShape(joinPieces(["'", ...inside, "'"])));
  }
  const asItIs = pieces.every((piece) => typeof piece === "string" || isStorePath(piece));
  return becauseOf(s, via, call.at, textShape(asItIs ? pieces : [{ why: s, word: true }]));
}

const plainWord = /^[A-Za-z0-9,._+:@%/-]+$/;

function shellQuoted(call: Call, s: StringValue): StringValue {
  if (plainWord.test(s.value)) return s;
  return derived(call, s, `'${s.value.replaceAll("'", "'\\''")}'`);
}

function parsedInteger(call: Call, s: StringValue, digits: string): Value {
  const value = BigInt(digits);
  if (BigInt.asIntN(64, value) !== value) return unsupported("an integer beyond 64 bits", call.at, { type: "integer" });
  return integer(value, made(call, [s.origin]));
}

function padded(call: Call, width: number, filler: string, s: StringValue): Value {
  if (!ascii(s.value) || !ascii(filler))
    return unsupported("fixedWidthString of text that is not ASCII", call.at, { type: "string" });
  let missing = width - s.value.length;
  if (missing > 1_000_000) return budget(call);
  let value = s.value;
  while (missing > 0 && filler.length > 0) {
    missing -= filler.length;
    value = filler + value;
  }
  if (missing === 0) return derived(call, s, value);
  return failure(
    `fixedWidthString: requested string length (${width}) must not be shorter than actual length (${s.value.length})`,
    call.at,
    "throw",
  );
}
