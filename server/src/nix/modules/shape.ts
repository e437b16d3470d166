import { becauseOf, external } from "../eval/make.ts";
import type { Attribute, AttributesValue, Item, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed } from "../eval/value.ts";
import {
  type Definition,
  type DefinitionSet,
  definitionsOf,
  type Open,
  propertyOf,
  pushDown,
  uncertain,
} from "./definition.ts";
import type { Resolved } from "./discharge.ts";
import { mergeDefinitions } from "./merge.ts";
import { isForced, nixosTypes } from "./types/nixos.ts";
import { hasAttribute, mergeEqual } from "./types/scalars.ts";
import type { MergeContext, OptionType } from "./types/type.ts";

/**
 * Definitions of an option whose declaration we do not have (NixOS's own options are not loaded), merged by what they
 * are: sets deeply, lists one after the other, scalars when they agree. NixOS may add to lists and sets: they are open.
 */
export function mergeByShape(
  context: MergeContext,
  loc: readonly string[],
  definitions: readonly Definition[],
  opens: readonly Open[],
): Value {
  typed ??= nixosTypes(shaped);
  const type = typed(loc);
  if (type) return mergeDefinitions(context, loc, type, definitions, opens).read();
  return mergePlain(context, loc, definitions, opens);
}

let typed: ReturnType<typeof nixosTypes> | null = null;

/** A part of an option whose type is known, of which no type is. */
const shaped: OptionType = {
  kind: "shaped",
  name: "an option that is not modelled",
  check: () => true,
  parts: () => true,
  empty: null,
  merge: (context, loc, definitions, open) => {
    const given = definitions.map(({ thunk, conditional, file, at }) => ({
      value: thunk,
      wrappers: uncertain([], conditional),
      file,
      at,
    }));
    const value = mergePlain(context, loc, given, open ? [{ because: open, wrappers: [], foreign: false }] : []);
    const closed = value.type === "attrs" && open === null && isForced(definitions);
    return closed && definitions.every((d) => d.value.type === "attrs" && !d.value.rest)
      ? { ...value, rest: null }
      : value;
  },
};

function mergePlain(
  context: MergeContext,
  loc: readonly string[],
  definitions: readonly Definition[],
  opens: readonly Open[],
): Value {
  if (definitions.length > 0 && definitions.every((d) => isPlainSet(d.value, 0)))
    return mergeSets(context, loc, definitions, opens);
  return mergeDefinitions(context, loc, undeclared, definitions, opens).read();
}

/** Why the value of an option that nothing defines is not known. */
export function notModelled(loc: readonly string[]): Unknown {
  return external(loc.length === 0 ? "an option of NixOS that is not modelled" : `NixOS option ${loc.join(".")}`);
}

function mergeSets(
  context: MergeContext,
  loc: readonly string[],
  definitions: readonly Definition[],
  given: readonly Open[],
): Value {
  const opens = [...given];
  const sets: DefinitionSet[] = [];
  for (const definition of definitions) pushDown(definition, sets, opens);
  const entries = new Map<string, Attribute>();
  for (const { set } of sets) {
    for (const [name, { at }] of set.entries) {
      if (entries.has(name)) continue;
      const path = [...loc, name];
      entries.set(name, {
        at,
        thunk: delayed(at, () => mergeByShape(context, path, definitionsOf(name, sets), opens)),
      });
    }
  }
  const from = sets.map((s) => s.set.origin);
  const origin = { at: from[0]?.at ?? null, step: "merge" as const, from };
  return { type: "attrs", entries, rest: opens[0]?.because ?? notModelled(loc), origin };
}

/** A set that stands for nested options, whatever properties are around it; not a package, a flake or a function. */
function isPlainSet(thunk: Thunk, depth: number): boolean {
  const value = thunk.force();
  const property = propertyOf(value);
  switch (property.kind) {
    case "merge": {
      const contents = property.contents.force();
      return (
        contents.type === "list" && depth < 20 && contents.items.every((item) => isPlainSet(item.thunk, depth + 1))
      );
    }
    case "plain":
      return value.type === "attrs" && hasAttribute(value, "outPath", "__functor", "_type", "__toString") !== true;
    default:
      return depth < 20 && isPlainSet(property.content, depth + 1);
  }
}

const undeclared: OptionType = {
  kind: "undeclared",
  name: "an option that is not modelled",
  check: () => true,
  parts: (definitions) => definitions.length > 0 && definitions.every((d) => d.value.type === "list"),
  empty: null,
  merge: (_context, loc, definitions, open) => {
    if (definitions.length > 0 && definitions.every((d) => d.value.type === "list"))
      return joined(loc, definitions, open);
    const [only] = definitions;
    if (only && definitions.length === 1) return openInside(only.value, loc);
    // Equal strings may be one value or lines that follow each other.
    if (definitions.some((d) => d.value.type === "string" || d.value.type === "attrs" || d.value.type === "function")) {
      return becauseOf(notModelled(loc), loc.join("."));
    }
    return mergeEqual(loc, definitions);
  },
};

function joined(loc: readonly string[], definitions: readonly Resolved[], open: Unknown | null): Value {
  const items: Item[] = [];
  for (const { value, conditional } of definitions) {
    if (value.type !== "list") continue;
    for (const item of value.items) {
      const thunk = delayed(item.thunk.at, () => openInside(item.thunk.force(), loc));
      const unsure = item.conditional ?? conditional;
      items.push(unsure ? { thunk, conditional: unsure } : { thunk });
    }
  }
  const from = definitions.flatMap((d) => (d.value.type === "unknown" ? [] : [d.value.origin]));
  const origin = { at: from[0]?.at ?? null, step: "merge" as const, from };
  return { type: "list", items, rest: open ?? notModelled(loc), origin };
}

/** A set inside an option of unknown type may have more attributes: the defaults of a submodule. */
function openInside(value: Value, loc: readonly string[]): Value {
  if (value.type === "list") {
    const items = value.items.map((item) => ({
      ...item,
      thunk: delayed(item.thunk.at, () => openInside(item.thunk.force(), loc)),
    }));
    return { ...value, items };
  }
  if (value.type !== "attrs" || hasAttribute(value, "outPath", "__functor", "_type") === true) return value;
  const entries = new Map<string, Attribute>();
  for (const [name, entry] of value.entries) {
    entries.set(name, { ...entry, thunk: delayed(entry.at, () => openInside(entry.thunk.force(), loc)) });
  }
  const set: AttributesValue = { ...value, entries, rest: value.rest ?? notModelled(loc) };
  return set;
}
