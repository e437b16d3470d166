import { becauseOf, boolean, fails as failure, integer, list, unsupported, wrongType } from "../../make.ts";
import { ready, type StringValue, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { nameOf, toListOf } from "./attrsets.ts";
import { applyLater, budget, choose, each, fails, has, isUnknown, later, thunkOf } from "./combine.ts";
import { builtin, made, need, needCount, needString, section, text } from "./kit.ts";
import { mapIndexed, mapList } from "./lists.ts";

const define = section("strings", "lib/strings.nix");

/** `lib.strings`: strings of lists, prefixes and parts. What is known of an unknown string (its ends) is used. */
export const strings: readonly Definition[] = [
  define("concatStrings", "list", "[string] -> string", (call, given) =>
    builtin(call, "concatStringsSep", text(call, ""), given),
  ),
  define("concatStringsSep", "separator list", "string -> [string] -> string", (call, separator, given) =>
    builtin(call, "concatStringsSep", separator, given),
  ),
  define("join", "separator list", "string -> [string] -> string", (call, separator, given) =>
    builtin(call, "concatStringsSep", separator, given),
  ),
  define("concatMapStrings", "f list", "(a -> string) -> [a] -> string", (call, f, given) =>
    builtin(
      call,
      "concatStringsSep",
      text(call, ""),
      mapList(call, "concatMapStrings", given, (x) => applyLater(call, f, x)),
    ),
  ),
  define(
    "concatMapStringsSep",
    "separator f list",
    "string -> (a -> string) -> [a] -> string",
    (call, separator, f, given) =>
      builtin(
        call,
        "concatStringsSep",
        separator,
        mapList(call, "concatMapStringsSep", given, (x) => applyLater(call, f, x)),
      ),
  ),
  define("concatImapStrings", "f list", "(int -> a -> string) -> [a] -> string", (call, f, given) =>
    builtin(call, "concatStringsSep", text(call, ""), mapIndexed(call, f, given, 1)),
  ),
  define(
    "concatImapStringsSep",
    "separator f list",
    "string -> (int -> a -> string) -> [a] -> string",
    (call, separator, f, given) => builtin(call, "concatStringsSep", separator, mapIndexed(call, f, given, 1)),
  ),
  define(
    "concatMapAttrsStringSep",
    "separator f set",
    "string -> (string -> a -> string) -> { ${name} :: a } -> string",
    (call, separator, f, set) =>
      builtin(
        call,
        "concatStringsSep",
        separator,
        toListOf(call, "concatMapAttrsStringSep", set, (name, value) => applyLater(call, f, nameOf(call, name), value)),
      ),
  ),
  define("concatLines", "list", "[string] -> string", (call, given) => {
    const lines = mapList(call, "concatLines", given, (x) =>
      later(call, () => builtin(call, "concatStringsSep", text(call, ""), list([x, text(call, "\n")].map(thunkOf)))),
    );
    return builtin(call, "concatStringsSep", text(call, ""), lines);
  }),
  define("optionalString", "condition string", "bool -> string -> string", (call, condition, given) => {
    const holdsIt = need(call, condition, "boolean", "optionalString");
    if (holdsIt.type === "unknown")
      return choose(
        call,
        holdsIt,
        () => given.force(),
        () => text(call, ""),
      );
    return holdsIt.value ? given.force() : text(call, "");
  }),
  define(
    "hasPrefix",
    "prefix string",
    "string -> string -> bool",
    strict((call, prefix, given) => {
      if (prefix.type === "path") return boolean(false, made(call));
      const known = endOf(given, "prefix");
      const p = needString(call, prefix, "hasPrefix");
      if (p.type === "unknown") return p;
      // The shape of an unknown string may be enough: it begins otherwise, or with all of the prefix.
      if (known !== null && (known.startsWith(p.value) || !p.value.startsWith(known)))
        return boolean(known.startsWith(p.value), made(call));
      const s = coerced(call, given, "hasPrefix");
      return s.type === "unknown" ? s : boolean(startsWithBytes(s.value, p.value), made(call, [s.origin]));
    }),
  ),
  define(
    "hasSuffix",
    "suffix string",
    "string -> string -> bool",
    strict((call, suffix, given) => {
      if (suffix.type === "path") return boolean(false, made(call));
      const known = endOf(given, "suffix");
      const e = needString(call, suffix, "hasSuffix");
      if (e.type === "unknown") return e;
      if (known !== null && (known.endsWith(e.value) || !e.value.endsWith(known)))
        return boolean(known.endsWith(e.value), made(call));
      const s = coerced(call, given, "hasSuffix");
      return s.type === "unknown" ? s : boolean(s.value.endsWith(e.value), made(call, [s.origin]));
    }),
  ),
  define(
    "hasInfix",
    "infix string",
    "string -> string -> bool",
    strict((call, infix, given) => {
      const i = needString(call, infix, "hasInfix");
      if (i.type === "unknown") return i;
      const s = coerced(call, given, "hasInfix");
      return s.type === "unknown" ? s : boolean(s.value.includes(i.value), made(call, [s.origin]));
    }),
  ),
  define(
    "removePrefix",
    "prefix string",
    "string -> string -> string",
    strict((call, prefix, given) => {
      const p = needString(call, prefix, "removePrefix");
      if (p.type === "unknown") return p;
      const s = coerced(call, given, "removePrefix");
      if (s.type === "unknown") return s;
      return s.value.startsWith(p.value) ? derived(call, s, s.value.slice(p.value.length)) : given;
    }),
  ),
  define(
    "removeSuffix",
    "suffix string",
    "string -> string -> string",
    strict((call, suffix, given) => {
      const e = needString(call, suffix, "removeSuffix");
      if (e.type === "unknown") return e;
      const s = coerced(call, given, "removeSuffix");
      if (s.type === "unknown") return s;
      return s.value.endsWith(e.value) ? derived(call, s, s.value.slice(0, s.value.length - e.value.length)) : given;
    }),
  ),
  define(
    "toUpper",
    "string",
    "string -> string",
    strict((call, given) => mapped(call, given, "toUpper", (s) => s.replace(/[a-z]+/g, (x) => x.toUpperCase()))),
  ),
  define(
    "toLower",
    "string",
    "string -> string",
    strict((call, given) => mapped(call, given, "toLower", (s) => s.replace(/[A-Z]+/g, (x) => x.toLowerCase()))),
  ),
  define(
    "trim",
    "string",
    "string -> string",
    strict((call, given) => mapped(call, given, "trim", (s) => s.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""))),
  ),
  define(
    "stringToCharacters",
    "string",
    "string -> [string]",
    strict((call, given) => {
      const s = coerced(call, given, "stringToCharacters");
      if (s.type === "unknown") return s;
      if (!ascii(s.value))
        return unsupported("stringToCharacters of text that is not ASCII", call.at, { type: "list" });
      return list(
        [...s.value].map((c) => ready(derived(call, s, c))),
        made(call),
      );
    }),
  ),
  define("stringAsChars", "f string", "(string -> string) -> string -> string", (call, f, given) =>
    each(call, given, (value) => {
      const s = coerced(call, value, "stringAsChars");
      if (s.type === "unknown") return s;
      if (!ascii(s.value)) return unsupported("stringAsChars of text that is not ASCII", call.at, { type: "string" });
      return builtin(
        call,
        "concatStringsSep",
        text(call, ""),
        list([...s.value].map((c) => applyLater(call, f, derived(call, s, c)))),
      );
    }),
  ),
  define(
    "splitString",
    "separator string",
    "string -> string -> [string]",
    strict((call, separator, given) => {
      const sep = stringified(call, separator, "splitString");
      if (sep.type === "unknown") return sep;
      const s = stringified(call, given, "splitString");
      if (s.type === "unknown") return s;
      if (sep.value === "") return unsupported("splitString with an empty separator", call.at, { type: "list" });
      return list(
        s.value.split(sep.value).map((part) => ready(derived(call, s, part))),
        made(call),
      );
    }),
  ),
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
      const s = stringified(call, given, "escapeShellArg");
      return s.type === "unknown" ? s : shellQuoted(call, s);
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
            const s = stringified(call, value, "escapeShellArgs");
            return s.type === "unknown" ? s : shellQuoted(call, s);
          }),
        ),
      ),
    ),
  ),
  define(
    "escapeRegex",
    "string",
    "string -> string",
    strict((call, given) => mapped(call, given, "escapeRegex", (s) => s.replace(/[\\[{()^$?*+|.]/g, "\\$&"))),
  ),
  define(
    "escapeXML",
    "string",
    "string -> string",
    strict((call, given) => {
      const names: Record<string, string> = { '"': "&quot;", "'": "&apos;", "<": "&lt;", ">": "&gt;", "&": "&amp;" };
      return mapped(call, given, "escapeXML", (s) => s.replace(/["'<>&]/g, (c) => names[c] ?? c));
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
    "toSentenceCase",
    "string",
    "string -> string",
    strict((call, given) => {
      const s = needString(call, given, "toSentenceCase");
      if (s.type === "unknown") return s;
      const lower = s.value.replace(/[A-Z]+/g, (x) => x.toLowerCase());
      return derived(
        call,
        s,
        lower.replace(/^[a-z]/, (x) => x.toUpperCase()),
      );
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
  define("isStringLike", "x", "any -> bool", (call, x) => {
    const value = x.force();
    if (value.type === "unknown") return becauseOf(value, "isStringLike", call.at, { type: "boolean" });
    if (value.type !== "attrs") return boolean(value.type === "string" || value.type === "path", made(call));
    const path = has(call, value, "outPath");
    if (path === true) return boolean(true, made(call));
    const other = has(call, value, "__toString");
    if (other === true) return boolean(true, made(call));
    return isUnknown(path) ? path : isUnknown(other) ? other : boolean(false, made(call));
  }),
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

/** Forces every argument; of undecided ones, each candidate is tried. */
function strict(run: (call: Call, ...args: Value[]) => Value): Definition["run"] {
  return (call, ...thunks) => {
    const go = (done: readonly Value[], left: readonly Thunk[]): Value => {
      const [next, ...others] = left;
      return next === undefined ? run(call, ...done) : each(call, next, (value) => go([...done, value], others));
    };
    return go([], thunks);
  };
}

/** What is known of the beginning or the end of a string that is unknown as a whole. */
function endOf(value: Value, end: "prefix" | "suffix"): string | null {
  return value.type === "unknown" && !fails(value) ? (value.shape?.[end] ?? null) : null;
}

/** The text where nixpkgs uses `substring` and `match`, which take a path or a set with `__toString` as well. */
function coerced(call: Call, given: Value, via: string): StringValue | Unknown {
  if (given.type === "string") return given;
  if (given.type === "unknown") return becauseOf(given, via, call.at);
  if (given.type === "attrs") return stringified(call, given, via);
  return given.type === "path"
    ? unsupported(`${via} of a path, which Nix copies to the store`, call.at)
    : wrongType("a string", given.type, call.at);
}

/** `toString given`. */
function stringified(call: Call, given: Value, via: string): StringValue | Unknown {
  return given.type === "string" ? given : needString(call, builtin(call, "toString", given), via);
}

function derived(call: Call, from: StringValue, value: string): StringValue {
  return { type: "string", value, origin: made(call, [from.origin]) };
}

function mapped(call: Call, given: Value, via: string, f: (text: string) => string): Value {
  const s = coerced(call, given, via);
  return s.type === "unknown" ? s : derived(call, s, f(s.value));
}

function startsWithBytes(value: string, prefix: string): boolean {
  return value.startsWith(prefix);
}

/** Nix counts bytes: what cuts a text into characters is only modelled where both agree. */
function ascii(value: string): boolean {
  return /^[\x00-\x7f]*$/.test(value);
}

function nixString(value: string): string {
  return JSON.stringify(value).replaceAll("$", "\\$");
}

function shellQuoted(call: Call, s: StringValue): StringValue {
  if (/^[A-Za-z0-9,._+:@%/-]+$/.test(s.value)) return s;
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
