import { originalOf } from "../../eval/builtins/lib/type-parts.ts";
import { attributes, becauseOf, list, string, unsupported } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { unspecified } from "./compound.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { OptionType } from "./type.ts";
import { functorOf } from "./view.ts";

/** `mkOptionType { … }` of the user's: its own functions are called. */
export function custom(value: AttributesValue, typeOf: (value: Value) => OptionType): OptionType {
  const parameters = value.entries.get("__parameters")?.thunk.force();
  const original = parameters?.type === "attrs" ? originalOf(parameters) : undefined;
  const part = (name: string) => {
    const thunk = value.entries.get(name)?.thunk;
    return thunk === original?.entries.get(name)?.thunk ? undefined : thunk;
  };
  const name = value.entries.get("name")?.thunk.force();
  const shown = name?.type === "string" ? name.value : "custom";
  const merge = part("merge");
  return {
    ...unspecified,
    phrase: () => phraseOfValue(value),
    kind: "custom",
    name: shown,
    family: shown,
    ...mergedBy(merge),
    empty: emptyOf(part("emptyValue")),
    ...(part("getSubOptions") ? { subOptions: (_context, prefix) => subOptionsBy(part("getSubOptions"), prefix) } : {}),
    join: (other) => {
      const own = part("typeMerge");
      return own || part("functor") ? joinedBy(own, value, other, typeOf) : null;
    },
  };
}

/** The user's `merge` instead of ours. */
export function mergedBy(merge: Thunk | undefined): Pick<OptionType, "merge" | "parts"> {
  if (!merge) return unspecified;
  return {
    parts: () => false,
    merge: (_context, loc, definitions) =>
      applyFunction(merge.force(), mergeArguments(loc, definitions), at(definitions)),
  };
}

function at(definitions: readonly Resolved[]) {
  return definitions[0]?.at ?? null;
}

/** `loc` and `defs` as a merge function takes them. */
export function mergeArguments(loc: readonly string[], definitions: readonly Resolved[]): [Thunk, Thunk] {
  const given = definitions.map((d) =>
    ready(
      attributes([
        ["file", string(d.file)],
        ["value", d.thunk],
      ]),
    ),
  );
  return [ready(list(loc.map((part) => ready(string(part))))), ready(list(given))];
}

/** `emptyValue` as a value says it. */
export function emptyOf(thunk: Thunk | undefined): OptionType["empty"] {
  const value = thunk?.force();
  if (value?.type !== "attrs") return null;
  const empty = value.entries.get("value");
  return empty ? () => empty.thunk.force() : null;
}

function subOptionsBy(thunk: Thunk | undefined, prefix: readonly string[]): Value {
  const names = ready(list(prefix.map((part) => ready(string(part)))));
  return thunk ? applyFunction(thunk.force(), [names], null) : attributes([]);
}

/** `a.typeMerge b.functor`, or by the user's `functor` where only that is given. */
function joinedBy(
  own: Thunk | undefined,
  value: AttributesValue,
  other: OptionType,
  typeOf: (value: Value) => OptionType,
): OptionType | null | Unknown {
  const theirs = functorOf(other);
  if (theirs === null) return unsupported("joining with a type of another make");
  const result = own ? applyFunction(own.force(), [theirs], null) : byFunctor(value, theirs);
  if (result.type === "unknown") return becauseOf(result, "typeMerge");
  return result.type === "attrs" ? typeOf(result) : null;
}

/** `defaultTypeMerge` of lib/types.nix. */
function byFunctor(value: AttributesValue, theirs: Thunk): Value {
  const functor = selectAttribute(value, "functor", null);
  const [a, b] = [selectAttribute(functor, "name", null), selectAttribute(theirs.force(), "name", null)];
  if (a.type !== "string" || b.type !== "string" || a.value !== b.value) {
    return { type: "null", origin: { at: null, step: "merge", from: [] } };
  }
  const mine = selectAttribute(functor, "payload", null);
  const type = selectAttribute(functor, "type", null);
  if (mine.type === "null") return type;
  const operation = selectAttribute(functor, "binOp", null);
  const payload = applyFunction(
    operation,
    [ready(mine), ready(selectAttribute(theirs.force(), "payload", null))],
    null,
  );
  if (payload.type === "unknown" || payload.type === "null") return payload;
  return applyFunction(type, [ready(payload)], null);
}

/** `description` and `descriptionClass` as a value says them. */
export function phraseOfValue(value: AttributesValue): Phrase {
  const text = selectAttribute(value, "description", null);
  const named = value.entries.get("descriptionClass")?.thunk.force();
  const known = ["noun", "composite", "conjunction", "nonRestrictiveClause"] as const;
  const of = named?.type === "string" ? (known.find((name) => name === named.value) ?? null) : null;
  return phrase(text.type === "string" ? text.value : text.type === "unknown" ? text : "", of);
}
