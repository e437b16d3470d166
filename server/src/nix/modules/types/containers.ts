import { becauseOf, fails } from "../../eval/make.ts";
import type { Attribute, AttributesValue, Item, ListValue, Origin, Thunk, Unknown, Value } from "../../eval/value.ts";
import { delayed } from "../../eval/value.ts";
import { type Definition, uncertain } from "../definition.ts";
import type { Resolved } from "../discharge.ts";
import { ofType } from "./scalars.ts";
import type { MergeContext, OptionType } from "./type.ts";

const nothing: Origin = { at: null, step: "option-default", from: [] };
export const emptyList = (): ListValue => ({ type: "list", items: [], rest: null, origin: nothing });
export const emptySet = (): AttributesValue => ({ type: "attrs", entries: new Map(), rest: null, origin: nothing });

/** `listOf`: definitions one after the other; an element that is `mkIf false …` is left out. */
export function listOf(elemType: OptionType, empty = true): OptionType {
  return {
    kind: "listOf",
    name: `list of ${elemType.name}`,
    check: ofType("list"),
    parts: () => true,
    empty: empty ? emptyList : null,
    join: joinElements(elemType, (elem) => listOf(elem, empty)),
    ...inner(elemType, (elem) => listOf(elem, empty)),
    merge: (context, loc, definitions, open) => mergeLists(context, loc, elemType, definitions, open),
  };
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
export function attrsOf(elemType: OptionType, lazy = false): OptionType {
  const kind = lazy ? "lazyAttrsOf" : "attrsOf";
  return {
    kind,
    name: `attribute set of ${elemType.name}`,
    check: ofType("attrs"),
    parts: () => true,
    empty: emptySet,
    join: joinElements(elemType, (elem) => attrsOf(elem, lazy)),
    ...inner(elemType, (elem) => attrsOf(elem, lazy)),
    merge: (context, loc, definitions, open) => mergeSets(context, loc, elemType, lazy, definitions, open),
  };
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
      return merged.defined === false && type.empty ? type.empty() : merged.read();
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
    name: `null or ${elemType.name}`,
    check: (value) => value.type === "null" || elemType.check(value),
    parts: (definitions) => !definitions.some(isNull) && elemType.parts(definitions),
    empty: () => ({ type: "null", origin: nothing }),
    join: joinElements(elemType, nullOr),
    ...inner(elemType, nullOr),
    merge: (context, loc, definitions, open) => {
      if (!definitions.some(isNull)) return elemType.merge(context, loc, definitions, open);
      if (definitions.every(isNull)) return definitions[0]?.value as Value;
      return fails(
        `The option \`${loc.join(".")}' is defined both null and not null.`,
        definitions[0]?.at ?? null,
        "throw",
      );
    },
  };
}

/** `types.attrs`: shallow union, later definitions win. */
export const shallowSet: OptionType = {
  kind: "attrs",
  name: "attribute set",
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

function joinElements(elemType: OptionType, rebuild: Rebuild): NonNullable<OptionType["join"]> {
  const self = rebuild;
  return (other) => {
    const otherElem = other.element;
    if (!otherElem || other.kind !== self(elemType).kind) return null;
    const joined = elemType.join?.(otherElem);
    return joined ? self(joined) : null;
  };
}

/** What a container passes on from the type of its elements. */
export function inner(
  elemType: OptionType,
  rebuild: Rebuild,
): Pick<OptionType, "element" | "submodule" | "withModules"> {
  const { submodule, withModules } = elemType;
  return {
    element: elemType,
    ...(submodule ? { submodule } : {}),
    ...(withModules ? { withModules: (modules) => rebuild(withModules.call(elemType, modules)) } : {}),
  };
}
