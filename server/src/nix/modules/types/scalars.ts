import { becauseOf, external, list, string, unsupported } from "../../eval/make.ts";
import { equals, isError, joinStrings, normalisePath } from "../../eval/ops.ts";
import { type AttributesValue, ready, type Unknown, type Value } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { refuse, showOption } from "../refusal.ts";
import { type Phrase, type PhraseClass, phrase } from "./phrase.ts";
import type { OptionType } from "./type.ts";

type Merge = (loc: readonly string[], definitions: readonly Resolved[]) => Value;

/** A type whose values are not taken apart. */
export function scalar(kind: string, check: OptionType["check"], merge: Merge = mergeEqual): OptionType {
  return {
    kind,
    name: kind,
    check,
    merge: (_context, loc, definitions) => merge(loc, definitions),
    parts: () => false,
    empty: null,
    join: (other) => (familyOf(other) === kind ? scalar(kind, check, merge) : null),
  };
}

/** The type in words. */
export function described(type: OptionType, text: string, of: PhraseClass | null = "noun"): OptionType {
  const { join } = type;
  return {
    ...type,
    phrase: () => phrase(text, of),
    ...(join
      ? {
          join: (other) => {
            const joined = join(other);
            return joined && !("type" in joined) ? described(joined, text, of) : joined;
          },
        }
      : {}),
  };
}

export function familyOf(type: OptionType): string {
  return type.family ?? type.kind;
}

/** All definitions must be equal (`mergeEqualOption`, lib/options.nix). */
export function mergeEqual(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first, ...others] = definitions;
  if (!first) return noValue(loc);
  for (const other of others) {
    const same = sameValue(first.value, other.value);
    if (same === false) return conflict(loc, "has conflicting definition values", [first, other]);
    if (same !== true) return becauseOf(same, loc.join("."), other.at);
  }
  return first.value;
}

/** Only one definition is allowed (`mergeOneOption`). */
export function mergeOne(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first, second] = definitions;
  if (second) return conflict(loc, "is defined multiple times while it's expected to be unique.", definitions);
  return first ? first.value : noValue(loc);
}

/** Definitions that contradict each other. The one that was found first in the texts stands last. */
export function conflict(loc: readonly string[], problem: string, definitions: readonly Resolved[]): Unknown {
  const message = `The option \`${showOption(loc)}' ${problem}`;
  const at = definitions[1]?.at ?? definitions[0]?.at ?? null;
  return refuse({ kind: "conflict", loc, message, definitions }, at);
}

export function noValue(loc: readonly string[]): Unknown {
  const message = `The option \`${showOption(loc)}' was accessed but has no value defined. Try setting the option.`;
  return refuse({ kind: "missing", loc, message, definitions: [] });
}

function sameValue(a: Value, b: Value): boolean | Unknown {
  const verdict = equals(a, b, null);
  if (verdict.type === "boolean") return verdict.value;
  return verdict.type === "unknown" ? verdict : false;
}

/** Strings with a separator between them. */
export function separated(separator: string): OptionType {
  const type = scalar("separatedString", ofType("string"), (loc, definitions) => {
    const [only] = definitions;
    if (only && definitions.length === 1) {
      if (only.value.type !== "unknown" || only.value.why.reason === "undecided") return only.value;
      return becauseOf(only.value, loc.join("."), only.at, only.value.shape);
    }
    const texts = definitions.map(({ value }) => value);
    const wrong = texts.find((value) => value.type === "unknown" && isError(value));
    if (wrong?.type === "unknown") return becauseOf(wrong, loc.join("."));
    const parts = texts.flatMap((value, i) => (i === 0 ? [value] : [string(separator), value]));
    const whole = joinStrings(parts, only?.at ?? null);
    if (whole.type !== "string") return whole;
    const from = texts.flatMap((value) => (value.type === "string" ? [value.origin] : []));
    return string(whole.value, { at: from[0]?.at ?? null, step: "merge", from });
  });
  return {
    ...type,
    texts: true,
    phrase: () => phrase(`strings concatenated with ${JSON.stringify(separator)}`, "noun"),
    payload: () => [["sep", string(separator)]],
    separator,
    join: (other) => (other.separator === separator ? separated(separator) : null),
  };
}

/** Checks by the type of the value. */
export function ofType(...types: readonly Value["type"][]): OptionType["check"] {
  return (value) => (value.type === "unknown" ? value : types.includes(value.type));
}

/** A string or what becomes one: paths and sets with `outPath` or `__toString`. */
export function isStringLike(value: Value): boolean | Unknown {
  if (value.type === "unknown") return value;
  if (value.type === "attrs") return hasAttribute(value, "outPath", "__toString");
  return value.type === "string" || value.type === "path";
}

/** Does the set have one of these? Unknown when that is not sure. */
export function hasAttribute(value: AttributesValue, ...names: readonly string[]): boolean | Unknown {
  let unsure: Unknown | null = value.rest;
  for (const name of names) {
    const entry = value.entries.get(name);
    if (entry && !entry.conditional) return true;
    if (entry?.conditional) unsure = entry.conditional;
  }
  return unsure ?? false;
}

/** `ints.between` and its kin. Declared twice it is any integer: `addCheck` is lost when types are joined. */
export function integerBetween(name: string, lowest: bigint | null, highest: bigint | null): OptionType {
  const type = scalar("ints.between", (value) => {
    if (value.type === "unknown") return value;
    return (
      value.type === "integer" &&
      (lowest === null || value.value >= lowest) &&
      (highest === null || value.value <= highest)
    );
  });
  const words = rangeWords(name, lowest, highest);
  return {
    ...type,
    name,
    family: "int",
    phrase: () => words,
    join: (other) => (familyOf(other) === "int" ? int : null),
  };
}

function rangeWords(name: string, lowest: bigint | null, highest: bigint | null) {
  if (name === "unsignedInt") return phrase("unsigned integer, meaning >=0", "nonRestrictiveClause");
  if (name === "positiveInt") return phrase("positive integer, meaning >0", "nonRestrictiveClause");
  const range = `between ${lowest} and ${highest} (both inclusive)`;
  const sized = /^(un)?signedInt(\d+)$/.exec(name);
  if (!sized) return phrase(`integer ${range}`, "noun");
  return phrase(`${sized[2]} bit ${sized[1] ?? ""}signed integer; ${range}`, "noun");
}

/** `types.pathWith`: a string-like value, by whether it is absolute and whether it lies in the Nix store. */
export function pathWith(absolute: boolean | null, inStore: boolean | null): OptionType {
  const position = absolute === null ? "" : absolute ? "absolute " : "relative ";
  const place = inStore === null ? "" : inStore ? " in the Nix store" : " not in the Nix store";
  const type = scalar("path", (value) => {
    if (value.type === "unknown") return value;
    // Without a demand for the store, a path is not taken: it could be copied there later on.
    const wanted = inStore === false ? value.type === "string" : isStringLike(value);
    if (wanted !== true) return wanted;
    const text = pathText(value);
    if (typeof text !== "string") return text;
    if (absolute !== null && text.startsWith("/") !== absolute) return false;
    if (inStore === null || isInStore(text)) return inStore !== false;
    // A flake is evaluated from a copy in the store, a file on its own where it lies.
    return value.type === "path" ? external("whether a path lies in a copy in the store") : !inStore;
  });
  return {
    ...type,
    phrase: () => phrase(`${position}path${place}`, "noun"),
    path: { absolute, inStore },
    join: (other) =>
      other.path && other.path.absolute === absolute && other.path.inStore === inStore
        ? pathWith(absolute, inStore)
        : null,
  };
}

/** The text of a string-like value. */
function pathText(value: Value): string | Unknown {
  if (value.type === "string" || value.type === "path") return value.value;
  const inner = value.type === "attrs" ? value.entries.get("outPath")?.thunk.force() : undefined;
  if (inner?.type === "string" || inner?.type === "path") return inner.value;
  return inner?.type === "unknown" ? becauseOf(inner, "outPath") : unsupported("the text of a set as a path");
}

/** Is it in a store path, or one itself? `/nix/store` and `/nix/store/.links` are not. */
function isInStore(text: string): boolean {
  const path = normalisePath(`/${text}`);
  return /^\/nix\/store\/[^/]{32}-[^/]+/.test(path) || /^\/[0-9a-z]{52}(\/|$)/.test(path);
}

/** `types.path` */
export const absolutePath = pathWith(true, null);

export const anyValue = (kind: string, merge: Merge): OptionType => scalar(kind, () => true, merge);
export const bool = described(scalar("bool", ofType("boolean")), "boolean");
export const int = described(scalar("int", ofType("integer")), "signed integer");
export const float = described(scalar("float", ofType("float")), "floating point number");
export const str = described(scalar("str", ofType("string")), "string");

/** A type that we cannot read: one definition passes as it is, several are unknown. */
export function opaque(
  kind: string,
  why: Unknown,
  merge: Merge = (_loc, definitions) => (definitions.length === 1 && definitions[0] ? definitions[0].value : why),
): OptionType {
  return scalar(kind, () => true, merge);
}

export function enumeration(values: readonly Value[]): OptionType {
  const check = (value: Value): boolean | Unknown => {
    let unsure: Unknown | null = null;
    for (const allowed of values) {
      const same = sameValue(value, allowed);
      if (same === true) return true;
      if (same !== false) unsure ??= same;
    }
    return unsure ?? false;
  };
  return {
    ...scalar("enum", check),
    phrase: () => enumerationWords(values),
    payload: () => [["values", list(values.map((value) => ready(value)))]],
    join: (other) => (other.kind === "enum" && other.values ? enumeration(union(values, other.values)) : null),
    values,
  };
}

/** Without those that are there already. */
function union(first: readonly Value[], second: readonly Value[]): Value[] {
  const all: Value[] = [];
  for (const value of [...first, ...second])
    if (!all.some((other) => sameValue(other, value) === true)) all.push(value);
  return all;
}

function enumerationWords(values: readonly Value[]): Phrase {
  const words = values.map(shown);
  if (words.length === 0) return phrase("impossible (empty enum)", "noun");
  if (words.length === 1) return phrase(`value ${words[0]} (singular enum)`, "noun");
  return phrase(`one of ${words.join(", ")}`, "conjunction");
}

function shown(value: Value): string {
  if (value.type === "string") return `"${value.value}"`;
  if (value.type === "integer" || value.type === "boolean") return String(value.value);
  return `<${value.type === "attrs" ? "set" : value.type === "function" ? "lambda" : value.type}>`;
}
