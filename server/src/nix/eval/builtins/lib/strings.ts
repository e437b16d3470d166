import { becauseOf, boolean, list, unsupported } from "../../make.ts";
import { joinPieces, piecesOf, prefixOf, suffixOf, textShape } from "../../pieces.ts";
import { type Pieces, ready, type TextPiece, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { nameOf, toListOf } from "./attrsets.ts";
import { applyLater, choose, each, fails, has, isUnknown, later, thunkOf } from "./combine.ts";
import { builtin, made, need, needString, section, text } from "./kit.ts";
import { mapIndexed, mapList } from "./lists.ts";
import { inStoreText } from "./store-text.ts";
import { ascii, charwise, coerced, derived, mapped, strict, stringified } from "./text.ts";

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
      const begins = given.type === "path" ? inStoreText(call.evaluator, given.value, p.value, "start") : null;
      if (begins !== null) return boolean(begins, made(call));
      const s = coerced(call, given, "hasPrefix");
      return s.type === "unknown" ? s : boolean(s.value.startsWith(p.value), made(call, [s.origin]));
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
      const ends = given.type === "path" ? inStoreText(call.evaluator, given.value, e.value, "end") : null;
      if (ends !== null) return boolean(ends, made(call));
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
      const held = given.type === "path" ? inStoreText(call.evaluator, given.value, i.value, "anywhere") : null;
      if (held !== null) return boolean(held, made(call));
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
      if (given.type === "unknown" && !fails(given)) return withoutPrefix(call, given, p.value);
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
      if (given.type === "unknown" && !fails(given)) return withoutSuffix(call, given, e.value);
      const s = coerced(call, given, "removeSuffix");
      if (s.type === "unknown") return s;
      return s.value.endsWith(e.value) ? derived(call, s, s.value.slice(0, s.value.length - e.value.length)) : given;
    }),
  ),
  define(
    "toUpper",
    "string",
    "string -> string",
    strict((call, given) =>
      charwise(call, given, "toUpper", "any", (s) => s.replace(/[a-z]+/g, (x) => x.toUpperCase())),
    ),
  ),
  define(
    "toLower",
    "string",
    "string -> string",
    strict((call, given) =>
      charwise(call, given, "toLower", "any", (s) => s.replace(/[A-Z]+/g, (x) => x.toLowerCase())),
    ),
  ),
  define(
    "trim",
    "string",
    "string -> string",
    strict((call, given) => {
      const ends = given.type === "unknown" && !fails(given) ? given.shape?.pieces : undefined;
      if (given.type === "unknown" && ends) return trimmed(call, given, ends);
      return mapped(call, given, "trim", (s) => s.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
    }),
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
      if (sep.value === "" && !ascii(s.value)) return unsupported("splitString of text that is not ASCII", call.at);
      return list(
        partsOf(s.value, sep.value).map((part) => ready(derived(call, s, part))),
        made(call),
      );
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
];

/** What is known of the beginning or the end of a string that is unknown as a whole. */
function endOf(value: Value, end: "prefix" | "suffix"): string | null {
  if (value.type !== "unknown" || fails(value)) return null;
  return (end === "prefix" ? prefixOf(value) : suffixOf(value)) || null;
}

/** What is left of an unknown text whose known beginning decides: else nothing is known of it. */
function withoutPrefix(call: Call, given: Unknown, prefix: string): Unknown {
  const [first, ...rest] = piecesOf(given);
  const known = prefixOf(given);
  if (known !== "" && !prefix.startsWith(known) && !known.startsWith(prefix))
    return becauseOf(given, "removePrefix", call.at, given.shape);
  const shape = typeof first === "string" && first.startsWith(prefix) ? [first.slice(prefix.length), ...rest] : null;
  return becauseOf(given, "removePrefix", call.at, shape ? textShape(joinPieces(shape)) : { type: "string" });
}

function withoutSuffix(call: Call, given: Unknown, suffix: string): Unknown {
  const pieces = piecesOf(given);
  const last = pieces.at(-1);
  const known = suffixOf(given);
  if (known !== "" && !suffix.endsWith(known) && !known.endsWith(suffix))
    return becauseOf(given, "removeSuffix", call.at, given.shape);
  const shape =
    typeof last === "string" && last.endsWith(suffix)
      ? [...pieces.slice(0, -1), last.slice(0, last.length - suffix.length)]
      : null;
  return becauseOf(given, "removeSuffix", call.at, shape ? textShape(joinPieces(shape)) : { type: "string" });
}

/** A store path begins and ends with no blank; of another unknown end, nothing is known afterwards. */
function trimmed(call: Call, given: Unknown, pieces: Pieces): Unknown {
  const made = pieces.map((piece, i) => {
    if (typeof piece !== "string") return piece.word || (i > 0 && i < pieces.length - 1) ? piece : { why: piece.why };
    const start = i === 0 ? piece.replace(/^[ \t\r\n]+/, "") : piece;
    return i === pieces.length - 1 ? start.replace(/[ \t\r\n]+$/, "") : start;
  });
  const [first, last] = [pieces[0], pieces.at(-1)];
  // Blanks alone before a hole of any text: what the hole begins with is cut off as well.
  const unsure = (end: TextPiece | undefined, next: TextPiece | undefined) =>
    typeof end === "string" && /^[ \t\r\n]*$/.test(end) && typeof next === "object" && !next.word;
  if (unsure(first, pieces[1]) || unsure(last, pieces.at(-2)))
    return becauseOf(given, "trim", call.at, { type: "string" });
  return becauseOf(given, "trim", call.at, textShape(joinPieces(made)));
}

/** An empty separator is found before and behind every character, and once in an empty text. */
function partsOf(value: string, separator: string): string[] {
  if (separator !== "") return value.split(separator);
  return ["", ...value, ""];
}
