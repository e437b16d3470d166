import { becauseOf, boolean, list, string } from "../../eval/make.ts";
import { applyFunction } from "../../eval/ops.ts";
import type { Attribute, Thunk, Unknown, Value } from "../../eval/value.ts";
import { delayed } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { refuse, showOption } from "../refusal.ts";
import { attrsOf, emptySet, inner, joinElements } from "./containers.ts";
import { composed, inPhrase, phrase, phraseOf, wordsOf } from "./phrase.ts";
import {
  anyValue,
  conflict,
  described,
  familyOf,
  hasAttribute,
  isStringLike,
  mergeEqual,
  mergeOne,
} from "./scalars.ts";
import type { MergeContext, OptionType } from "./type.ts";

/** Definitions that are not of a type; `message` is what Nix says of the first. */
export function mismatch(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definitions: readonly Resolved[],
): Unknown {
  const wanted = wordsOf(type, context);
  const message = `A definition for option \`${showOption(loc)}' is not of type \`${wanted}'.`;
  return refuse({ kind: "type", loc, message, definitions, wanted });
}

/** `either`: the first type that all definitions are of. */
export function either(left: OptionType, right: OptionType): OptionType {
  const check = (value: Value) => or(left.check(value), () => right.check(value));
  const chosen = (definitions: readonly Resolved[]): OptionType | Unknown | null => {
    for (const type of [left, right]) {
      if (type.adHoc) return type;
      let unsure: Unknown | null = null;
      let fits = true;
      for (const { value } of definitions) {
        const checked = type.check(value);
        if (checked === false) fits = false;
        else if (checked !== true) unsure ??= checked;
      }
      if (fits) return unsure ?? type;
    }
    return null;
  };
  return {
    kind: "either",
    name: "either",
    phrase: (context) => {
      const [first, second] = [phraseOf(left, context), phraseOf(right, context)];
      return first.class === "nonRestrictiveClause"
        ? composed("conjunction", first.text, ", or ", inPhrase(second, "noun", "conjunction"))
        : composed(
            "conjunction",
            inPhrase(first, "noun", "conjunction"),
            " or ",
            inPhrase(second, "noun", "conjunction", "composite"),
          );
    },
    check,
    parts: () => false,
    empty: null,
    sides: [left, right],
    nested: () => [
      ["left", left],
      ["right", right],
    ],
    join: (other) => {
      if (!other.sides || familyOf(other) !== "either") return null;
      const [a, b] = [left.join?.(other.sides[0]) ?? null, right.join?.(other.sides[1]) ?? null];
      if (a === null || b === null) return null;
      return "type" in a ? a : "type" in b ? b : either(a, b);
    },
    merge: (context, loc, definitions) => {
      const type = chosen(definitions);
      if (type === null) return mergeOne(loc, definitions);
      return "type" in type ? becauseOf(type, loc.join(".")) : type.merge(context, loc, definitions, null);
    },
    meta: (context, loc, definitions) => {
      const type = chosen(definitions);
      if (type !== null && "type" in type) return becauseOf(type, "valueMeta");
      return type?.meta?.(context, loc, definitions) ?? emptySet();
    },
  };
}

/** `coercedTo`: definitions of the first type go through the function. */
export function coercedTo(from: OptionType, convert: Thunk, final: OptionType): OptionType {
  const converted = (definition: Resolved): Resolved | Unknown => {
    const checked = from.check(definition.value);
    if (checked === false) return definition;
    if (checked !== true) return checked;
    const thunk = delayed(definition.at, () => applyFunction(convert.force(), [definition.thunk], definition.at));
    return { ...definition, thunk, value: thunk.force() };
  };
  const type: OptionType = {
    kind: "coercedTo",
    name: "coercedTo",
    phrase: (context) =>
      composed(
        null,
        inPhrase(phraseOf(final, context), "noun"),
        " or ",
        inPhrase(phraseOf(from, context), "noun"),
        " convertible to it",
      ),
    check: (value) => or(from.check(value), () => final.check(value)),
    parts: () => false,
    empty: final.empty,
    ...inner(final, (elem) => coercedTo(from, convert, elem)),
    nested: () => [
      ["coercedType", from],
      ["finalType", final],
    ],
    merge: (context, loc, definitions) => {
      if (from.adHoc) return from.merge(context, loc, definitions, null);
      const made: Resolved[] = [];
      for (const definition of definitions) {
        const result = converted(definition);
        if ("type" in result) return becauseOf(result, loc.join("."), definition.at);
        if (result.value.type === "unknown") return becauseOf(result.value, loc.join("."), definition.at);
        if (final.check(result.value) === false) return mismatch(context, loc, type, [definition]);
        made.push(result);
      }
      return final.merge(context, loc, made, null);
    },
  };
  return type;
}

/** `unique` and `uniq`. */
export function unique(elemType: OptionType): OptionType {
  return {
    ...elemType,
    kind: "unique",
    name: "unique",
    family: "unique",
    phrase: (context) => phraseOf(elemType, context),
    ...inner(elemType, unique),
    join: joinElements("unique", elemType, unique),
    merge: (context, loc, definitions, open) =>
      definitions.length > 1
        ? conflict(loc, "is defined multiple times while it's expected to be unique.", definitions)
        : elemType.merge(context, loc, definitions, open),
  };
}

/** `anything`: sets deeply, functions pointwise, everything else must be equal. */
export const anything: OptionType = {
  kind: "anything",
  name: "anything",
  phrase: () => phrase("anything", "noun"),
  check: () => true,
  parts: (definitions) =>
    definitions.length > 0 && definitions.every((d) => d.value.type === "attrs" && isStringLike(d.value) === false),
  empty: null,
  join: (other) => (other.kind === "anything" ? anything : null),
  merge: (context, loc, definitions, open) => {
    if (anything.parts(definitions)) return attrsOf(anything).merge(context, loc, definitions, open);
    const [first, ...others] = definitions;
    if (!first) return mergeEqual(loc, definitions);
    const kindOf = ({ value }: Resolved) => (value.type === "attrs" ? `set ${isStringLike(value)}` : value.type);
    const other = others.find((d) => kindOf(d) !== kindOf(first));
    if (other) return conflict(loc, "has conflicting option types", [first, other]);
    if (first.value.type === "attrs") return mergeOne(loc, definitions);
    return first.value.type === "function" ? pointwise(context, loc, definitions) : mergeEqual(loc, definitions);
  },
};

/** The function that gives what the definitions give, merged. */
function pointwise(context: MergeContext, loc: readonly string[], definitions: readonly Resolved[]): Value {
  const body = [...loc, "<function body>"];
  return {
    type: "function",
    name: loc.join("."),
    formals: null,
    ellipsis: false,
    origin: { at: definitions[0]?.at ?? null, step: "merge", from: [] },
    apply: (argument, at) => {
      const results = definitions.map((d) => {
        const thunk = delayed(at, () => applyFunction(d.value, [argument], at));
        return { ...d, thunk, value: thunk.force() };
      });
      const unsure = results.find((d) => d.value.type === "unknown")?.value;
      if (unsure?.type === "unknown") return becauseOf(unsure, loc.join("."), at);
      return anything.merge(context, body, results, null);
    },
  };
}

/** `functionTo`: definitions are called, their results merged. */
export function functionTo(elemType: OptionType): OptionType {
  return {
    kind: "functionTo",
    name: "functionTo",
    phrase: (context) =>
      composed(
        "composite",
        "function that evaluates to a(n) ",
        inPhrase(phraseOf(elemType, context), "noun", "composite"),
      ),
    check: (value) => value.type === "function" || (value.type === "attrs" && hasAttribute(value, "__functor")),
    parts: () => false,
    empty: null,
    ...inner(elemType, functionTo, "<function body>"),
    join: joinElements("functionTo", elemType, functionTo),
    merge: (context, loc, definitions) => ({
      type: "function",
      name: loc.join("."),
      formals: null,
      ellipsis: false,
      origin: { at: definitions[0]?.at ?? null, step: "merge", from: [] },
      apply: (argument, at) =>
        context
          .merge(
            [...loc, "<function body>"],
            elemType,
            definitions.map((d) => ({
              value: delayed(at, () => applyFunction(d.value, [argument], at)),
              wrappers: [],
              file: d.file,
              at: d.at,
            })),
            [],
          )
          .read(),
    }),
  };
}

/** `unspecified`: merged by what the values are (`mergeDefaultOption`, lib/options.nix). */
export const unspecified: OptionType = described(
  { ...anyValue("unspecified", mergeByValues), parts: () => false },
  "unspecified value",
);

export function mergeByValues(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first] = definitions;
  if (definitions.length === 1 && first) return first.value;
  const values = definitions.map((d) => d.value);
  if (values.every((v) => v.type === "list")) {
    const items = values.flatMap((v) => v.items);
    return { ...list([]), items, rest: values.find((v) => v.rest)?.rest ?? null };
  }
  if (values.every((v) => v.type === "attrs")) {
    const entries = new Map<string, Attribute>();
    for (const value of values) for (const [name, entry] of value.entries) entries.set(name, entry);
    return { ...emptySet(), entries, rest: values.find((v) => v.rest)?.rest ?? null };
  }
  if (values.every((v) => v.type === "boolean")) return boolean(values.some((v) => v.value));
  if (values.every((v) => v.type === "string")) return string(values.map((v) => v.value).join(""));
  const unsure = values.find((v) => v.type === "unknown");
  if (unsure?.type === "unknown") return becauseOf(unsure, loc.join("."));
  if (values.every((v) => v.type === "function")) {
    return {
      type: "function",
      name: loc.join("."),
      formals: null,
      ellipsis: false,
      origin: first ? { at: first.at, step: "merge", from: [] } : emptySet().origin,
      apply: (argument, at) =>
        mergeByValues(
          loc,
          definitions.map((d) => ({ ...d, value: applyFunction(d.value, [argument], at) })),
        ),
    };
  }
  const message = `Cannot merge definitions of \`${showOption(loc)}'.`;
  const same = values.every((v) => v.type === "integer") ? mergeEqual(loc, definitions) : null;
  return same && same.type !== "unknown" ? same : refuse({ kind: "conflict", loc, message, definitions });
}

function or(first: boolean | Unknown, second: () => boolean | Unknown): boolean | Unknown {
  if (first === true) return true;
  const other = second();
  if (other === true || first === false) return other;
  return first;
}
