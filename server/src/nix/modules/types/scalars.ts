import { becauseOf, fails, string } from "../../eval/make.ts";
import { equals, isError, joinStrings } from "../../eval/ops.ts";
import type { AttributesValue, Unknown, Value } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
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
    join: (other) => (other.kind === kind ? scalar(kind, check, merge) : null),
  };
}

/** All definitions must be equal (`mergeEqualOption`, lib/options.nix). */
export function mergeEqual(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first, ...others] = definitions;
  if (!first) return fails(`The option \`${loc.join(".")}' has no definition.`, null, "throw");
  for (const other of others) {
    const same = sameValue(first.value, other.value);
    if (same === false) {
      return fails(`The option \`${loc.join(".")}' has conflicting definition values.`, other.at, "throw");
    }
    if (same !== true) return becauseOf(same, loc.join("."), other.at);
  }
  return first.value;
}

function sameValue(a: Value, b: Value): boolean | Unknown {
  const verdict = equals(a, b, null);
  if (verdict.type === "boolean") return verdict.value;
  return verdict.type === "unknown" ? verdict : false;
}

/** Only one definition is allowed (`mergeOneOption`). */
export function mergeOne(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first, second] = definitions;
  if (second) return fails(`The option \`${loc.join(".")}' is defined multiple times.`, second.at, "throw");
  return first ? first.value : fails(`The option \`${loc.join(".")}' has no definition.`, null, "throw");
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
  return { ...type, name: "string", texts: true };
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

export function integerBetween(kind: string, lowest: bigint | null, highest: bigint | null): OptionType {
  return scalar(kind, (value) => {
    if (value.type === "unknown") return value;
    return (
      value.type === "integer" &&
      (lowest === null || value.value >= lowest) &&
      (highest === null || value.value <= highest)
    );
  });
}

/** `types.path`: a string-like value that begins with a slash. */
export const absolutePath: OptionType = scalar("path", (value) => {
  if (value.type === "string") return value.value.startsWith("/");
  if (value.type === "attrs") return isStringLike(value);
  return value.type === "unknown" ? value : value.type === "path";
});

export const anyValue = (kind: string, merge: Merge): OptionType => scalar(kind, () => true, merge);
export const bool = scalar("bool", ofType("boolean"));
export const int = scalar("int", ofType("integer"));
export const str = scalar("str", ofType("string"));

/** A type that we cannot read: one definition passes as it is, several are unknown. */
export function opaque(kind: string, why: Unknown): OptionType {
  return scalar(
    kind,
    () => true,
    (_loc, definitions) => (definitions.length === 1 && definitions[0] ? definitions[0].value : why),
  );
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
    join: (other) => (other.kind === "enum" && other.values ? enumeration([...values, ...other.values]) : null),
    values,
  };
}
