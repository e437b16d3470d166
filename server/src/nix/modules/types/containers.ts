import { attributes, becauseOf, boolean, list, string } from "../../eval/make.ts";
import { isError } from "../../eval/ops.ts";
import type { Attribute, AttributesValue, Item, ListValue, Origin, Thunk, Unknown, Value } from "../../eval/value.ts";
import { delayed } from "../../eval/value.ts";
import { type Definition, uncertain } from "../definition.ts";
import type { Resolved } from "../discharge.ts";
import { composed, inPhrase, phrase, phraseOf } from "./phrase.ts";
import { conflict, familyOf, ofType } from "./scalars.ts";
import type { MergeContext, OptionType } from "./type.ts";

const nothing: Origin = { at: null, step: "option-default", from: [] };
export const emptyList = (): ListValue => ({ type: "list", items: [], rest: null, origin: nothing });
export const emptySet = (): AttributesValue => ({ type: "attrs", entries: new Map(), rest: null, origin: nothing });

/** `listOf`: definitions one after the other; an element that is `mkIf false …` is left out. */
export function listOf(elemType: OptionType): OptionType {
  return {
    kind: "listOf",
    name: "listOf",
    phrase: (context) => composed("composite", "list of ", inPhrase(phraseOf(elemType, context), "noun", "composite")),
    check: ofType("list"),
    parts: () => true,
    empty: emptyList,
    join: joinElements("listOf", elemType, listOf),
    ...inner(elemType, listOf, "*"),
    merge: (context, loc, definitions, open) => mergeLists(context, loc, elemType, definitions, open),
    meta: (context, loc, definitions) =>
      attributes([["list", list(elementsOf(loc, definitions).map((e) => metaOf(context, e, elemType)))]]),
  };
}

/** `nonEmptyListOf`, which is a list again when types are joined. */
export function nonEmptyListOf(elemType: OptionType): OptionType {
  const type = listOf(elemType);
  return {
    ...type,
    kind: "nonEmptyListOf",
    family: "listOf",
    phrase: (context) => composed("composite", "non-empty ", inPhrase(phraseOf(type, context), "noun")),
    empty: null,
    check: (value) => {
      if (value.type !== "list") return value.type === "unknown" ? value : false;
      if (value.items.some((item) => !item.conditional)) return true;
      return value.rest ?? value.items[0]?.conditional ?? false;
    },
    ...inner(elemType, nonEmptyListOf, "*"),
  };
}

interface Element {
  readonly loc: readonly string[];
  readonly definitions: readonly Definition[];
}

/** The elements of known definitions of a list. */
function elementsOf(loc: readonly string[], definitions: readonly Resolved[]): Element[] {
  return definitions.flatMap(({ value, file }, n) =>
    value.type !== "list"
      ? []
      : value.items.map(({ thunk }, m) => ({
          loc: [...loc, `[definition ${n + 1}-entry ${m + 1}]`],
          definitions: [{ value: thunk, wrappers: [], file, at: thunk.at }],
        })),
  );
}

function metaOf(context: MergeContext, element: Element, type: OptionType): Thunk {
  return delayed(null, () => context.meta(element.loc, type, element.definitions));
}

function mergeLists(
  context: MergeContext,
  loc: readonly string[],
  elemType: OptionType,
  definitions: readonly Resolved[],
  open: Unknown | null,
): Value {
  const items: Item[] = [];
  const from: Origin[] = [];
  let rest = open;
  definitions.forEach(({ value, conditional, file, at }, n) => {
    if (value.type === "unknown") rest ??= becauseOf(value, loc.join("."), at);
    if (value.type !== "list") return;
    from.push(value.origin);
    rest ??= value.rest;
    value.items.forEach((item, m) => {
      const place = [...loc, `[definition ${n + 1}-entry ${m + 1}]`];
      const definition: Definition = { value: item.thunk, wrappers: [], file, at: item.thunk.at };
      const element = context.merge(place, elemType, [definition], []);
      if (element.defined === false) return;
      const unsure = item.conditional ?? conditional ?? (element.defined === true ? null : element.defined);
      const thunk =
        element.defined === true ? delayed(item.thunk.at, element.read) : assumed(context, place, elemType, definition);
      items.push(unsure ? { thunk, conditional: unsure } : { thunk });
    });
  });
  const [only] = from;
  return {
    type: "list",
    items,
    rest,
    origin: from.length === 1 && only ? only : { at: only?.at ?? null, step: "merge", from },
  };
}

/** The value of an element under the condition that it exists. */
function assumed(context: MergeContext, loc: readonly string[], type: OptionType, definition: Definition): Thunk {
  return delayed(definition.at, () => context.assume(loc, type, [definition]));
}

/** `attrsOf` and `lazyAttrsOf`: attribute by attribute. */
export function attrsOf(elemType: OptionType, lazy = false, placeholder = "name"): OptionType {
  const kind = lazy ? "lazyAttrsOf" : "attrsOf";
  const rebuild = (elem: OptionType) => attrsOf(elem, lazy, placeholder);
  return {
    kind,
    name: kind,
    family: "attrsWith",
    placeholder,
    phrase: (context) =>
      composed(
        "composite",
        lazy ? "lazy attribute set of " : "attribute set of ",
        inPhrase(phraseOf(elemType, context), "noun", "composite"),
      ),
    check: ofType("attrs"),
    parts: () => true,
    empty: emptySet,
    payload: () => [
      ["lazy", boolean(lazy)],
      ["placeholder", string(placeholder)],
    ],
    ...inner(elemType, rebuild, `<${placeholder}>`),
    join: (other) => {
      if (other.kind !== kind || !other.element) return null;
      const theirs = other.placeholder ?? "name";
      if (theirs !== placeholder && theirs !== "name" && placeholder !== "name") return null;
      const name = placeholder === "name" ? theirs : placeholder;
      return rebuilt(elemType.join?.(other.element) ?? null, (elem) => attrsOf(elem, lazy, name));
    },
    merge: (context, loc, definitions, open) => mergeSets(context, loc, elemType, lazy, definitions, open),
    meta: (context, loc, definitions) =>
      attributes([["attrs", attributes(metasOf(context, loc, elemType, definitions))]]),
  };
}

function metasOf(
  context: MergeContext,
  loc: readonly string[],
  elemType: OptionType,
  definitions: readonly Resolved[],
): [string, Thunk][] {
  const byName = new Map<string, Definition[]>();
  for (const { value, file } of definitions) {
    if (value.type !== "attrs") continue;
    for (const [name, { thunk, at }] of value.entries) {
      const found = byName.get(name) ?? [];
      found.push({ value: thunk, wrappers: [], file, at });
      byName.set(name, found);
    }
  }
  return [...byName.keys()]
    .sort()
    .map((name) => [
      name,
      metaOf(context, { loc: [...loc, name], definitions: byName.get(name) as Definition[] }, elemType),
    ]);
}

function mergeSets(
  context: MergeContext,
  loc: readonly string[],
  elemType: OptionType,
  lazy: boolean,
  definitions: readonly Resolved[],
  open: Unknown | null,
): Value {
  const byName = new Map<string, { definitions: Definition[]; conditions: Set<Unknown | null> }>();
  const from: Origin[] = [];
  let rest = open;
  for (const { value, conditional, file, at } of definitions) {
    if (value.type === "unknown") rest ??= becauseOf(value, loc.join("."), at);
    if (value.type !== "attrs") continue;
    from.push(value.origin);
    rest ??= value.rest;
    for (const [name, entry] of value.entries) {
      const unsure = conditional ?? entry.conditional ?? null;
      const found = byName.get(name) ?? { definitions: [], conditions: new Set() };
      found.conditions.add(unsure);
      found.definitions.push({ value: entry.thunk, wrappers: uncertain([], unsure), file, at: entry.at });
      byName.set(name, found);
    }
  }
  // All are looked at to see whether they are there: one that fails makes the set fail.
  if (!lazy && !rest) rest = failureIn([...byName.values()].flatMap((found) => found.definitions));
  const entries = new Map<string, Attribute>();
  for (const name of [...byName.keys()].sort()) {
    const found = byName.get(name) as { definitions: Definition[]; conditions: Set<Unknown | null> };
    const made = element(context, [...loc, name], elemType, lazy, found.definitions, found.conditions, rest);
    if (made) entries.set(name, made);
  }
  const [only] = from;
  return {
    type: "attrs",
    entries,
    rest,
    origin: from.length === 1 && only ? only : { at: only?.at ?? null, step: "merge", from },
  };
}

function failureIn(definitions: readonly Definition[]): Unknown | null {
  for (const { value, wrappers } of definitions) {
    const found = value.force();
    if (found.type === "unknown" && wrappers.length === 0 && isError(found)) return found;
  }
  return null;
}

/** One attribute; null when it surely has no definition. Where all its definitions hang on one condition, so does it. */
function element(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  lazy: boolean,
  given: readonly Definition[],
  conditions: ReadonlySet<Unknown | null>,
  open: Unknown | null,
): Attribute | null {
  const at = given[given.length - 1]?.at ?? null;
  const opens = open ? [{ because: open, wrappers: [], foreign: false }] : [];
  const [condition] = conditions;
  const definitions = conditions.size === 1 && condition ? given.map((d) => ({ ...d, wrappers: [] })) : given;
  if (lazy) {
    const thunk = delayed(at, () => {
      const merged = context.merge(loc, type, definitions, opens);
      return merged.defined === false && type.empty ? type.empty(context, loc) : merged.read();
    });
    return conditions.size === 1 && condition ? { thunk, at, conditional: condition } : { thunk, at };
  }
  const merged = context.merge(loc, type, definitions, []);
  if (merged.defined === false) return null;
  const unsure = conditions.size === 1 && condition ? condition : merged.defined === true ? null : merged.defined;
  const thunk = delayed(at, () => {
    if (opens.length > 0) return context.merge(loc, type, definitions, opens).read();
    return merged.defined === true ? merged.read() : context.assume(loc, type, definitions);
  });
  return unsure ? { thunk, at, conditional: unsure } : { thunk, at };
}

/** `nullOr`. */
export function nullOr(elemType: OptionType): OptionType {
  const isNull = ({ value }: Resolved) => value.type === "null";
  return {
    kind: "nullOr",
    name: "nullOr",
    phrase: (context) =>
      composed("conjunction", "null or ", inPhrase(phraseOf(elemType, context), "noun", "conjunction")),
    check: (value) => value.type === "null" || elemType.check(value),
    parts: (definitions) => !definitions.some(isNull) && elemType.parts(definitions),
    empty: () => ({ type: "null", origin: nothing }),
    join: joinElements("nullOr", elemType, nullOr),
    ...inner(elemType, nullOr),
    merge: (context, loc, definitions, open) => {
      if (!definitions.some(isNull)) return elemType.merge(context, loc, definitions, open);
      if (definitions.every(isNull)) return definitions[0]?.value as Value;
      return conflict(loc, "is defined both null and not null", definitions);
    },
  };
}

/** `types.attrs`: shallow union, later definitions win. */
export const shallowSet: OptionType = {
  kind: "attrs",
  name: "attrs",
  phrase: () => phrase("attribute set"),
  check: ofType("attrs"),
  parts: (definitions) => definitions.every((d) => !d.conditional && d.value.type !== "unknown"),
  empty: emptySet,
  join: (other) => (other.kind === "attrs" ? shallowSet : null),
  merge: (_context, _loc, definitions, open) => {
    const entries = new Map<string, Attribute>();
    const from: Origin[] = [];
    let rest = open;
    for (const { value } of definitions) {
      if (value.type !== "attrs") continue;
      from.push(value.origin);
      rest ??= value.rest;
      for (const [name, entry] of value.entries) entries.set(name, entry);
    }
    const [only] = from;
    return {
      type: "attrs",
      entries,
      rest,
      origin: from.length === 1 && only ? only : { at: only?.at ?? null, step: "merge", from },
    };
  },
};

type Rebuild = (elemType: OptionType) => OptionType;
type Joined = OptionType | null | Unknown;

export function joinElements(family: string, elemType: OptionType, rebuild: Rebuild): (other: OptionType) => Joined {
  return (other) => {
    if (!other.element || familyOf(other) !== family) return null;
    return rebuilt(elemType.join?.(other.element) ?? null, rebuild);
  };
}

/** A container of joined elements. */
export function rebuilt(elem: Joined, rebuild: Rebuild): Joined {
  return elem === null || "type" in elem ? elem : rebuild(elem);
}

/** What a container passes on from the type of its elements; `step` is what it adds to the path of an option. */
export function inner(
  elemType: OptionType,
  rebuild: Rebuild,
  step?: string,
): Pick<OptionType, "element" | "submodule" | "withModules" | "subOptions" | "nested"> {
  const { submodule, withModules, subOptions } = elemType;
  return {
    element: elemType,
    nested: () => [["elemType", elemType]],
    ...(submodule ? { submodule } : {}),
    ...(withModules ? { withModules: (modules) => rebuild(withModules.call(elemType, modules)) } : {}),
    ...(subOptions
      ? {
          subOptions: (context, prefix) =>
            subOptions.call(elemType, context, step === undefined ? prefix : [...prefix, step]),
        }
      : {}),
  };
}
