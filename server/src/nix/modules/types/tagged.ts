import { attributes, becauseOf, list, string, unsupported } from "../../eval/make.ts";
import { applyFunction, concatManyLists } from "../../eval/ops.ts";
import type { Attribute, AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import { delayed, placeSpan, ready } from "../../eval/value.ts";
import { type Definition, propertyOf, typeTag } from "../definition.ts";
import { priorities, type Resolved } from "../discharge.ts";
import { refuse, showOption } from "../refusal.ts";
import { composed, inPhrase, phrase, phraseOf } from "./phrase.ts";
import { conflict } from "./scalars.ts";
import { bindType, type MergeContext, type OptionType } from "./type.ts";

type Tags = ReadonlyMap<string, Attribute>;

/** `attrTag`: a set with one attribute, whose name says which option its value is of. */
export function attrTag(tags: Tags, typeOf: (value: Value) => OptionType): OptionType {
  const choices = [...tags.keys()].sort().map((name) => showOption([name]));
  return {
    kind: "attrTag",
    name: "attrTag",
    phrase: () => phrase(`attribute-tagged union with choices: ${choices.join(", ")}`, "noun"),
    tags,
    check: (value) => {
      if (value.type !== "attrs") return value.type === "unknown" ? value : false;
      const unsure = value.rest ?? [...value.entries.values()].find((entry) => entry.conditional)?.conditional;
      if (unsure) return value.entries.size > 1 ? false : unsure;
      const [name] = value.entries.keys();
      return value.entries.size === 1 && name !== undefined && tags.has(name);
    },
    parts: () => false,
    empty: null,
    join: (other) => (other.tags ? attrTag(joinedTags(tags, other.tags, typeOf), typeOf) : null),
    nested: () => [],
    subOptions: (_context, prefix) =>
      attributes(
        [...tags].map(([name, { thunk, at }]) => [
          name,
          delayed(at, () => tagOption(name, { thunk, at }, [["loc", list([...prefix, name].map(text))]])),
        ]),
      ),
    merge: (context, loc, definitions) => mergeTagged(context, loc, tags, definitions),
  };
}

/** All tags of both; one that both have is an option that is declared twice. */
function joinedTags(a: Tags, b: Tags, typeOf: (value: Value) => OptionType): Tags {
  const all = new Map([...a, ...b]);
  for (const [name, first] of a) {
    const second = b.get(name);
    if (!second) continue;
    const thunk = delayed(first.at, () => {
      const [one, other] = [tagOption(name, first), tagOption(name, second)];
      if (one.type !== "attrs" || other.type !== "attrs") return one.type === "attrs" ? other : one;
      const both = ["declarations", "declarationPositions"].map((part) => {
        const lists = [one, other].map((option) => option.entries.get(part)?.thunk.force() ?? list([]));
        return [part, { thunk: ready(concatManyLists(lists, part, first.at)), at: first.at }] as const;
      });
      const type = ["type", joinedType(one, other, typeOf)] as const;
      return { ...one, entries: new Map([...other.entries, ...one.entries, ...both, type]) };
    });
    all.set(name, { thunk, at: first.at });
  }
  return all;
}

function joinedType(a: AttributesValue, b: AttributesValue, typeOf: (value: Value) => OptionType): Attribute {
  const at = a.entries.get("type")?.at ?? null;
  const [own, other] = [a, b].map((option) => option.entries.get("type")?.thunk);
  if (!own || !other) return { thunk: own ?? other ?? ready(attributes([])), at };
  const thunk = delayed(at, () => {
    const joined = typeOf(own.force()).join?.(typeOf(other.force())) ?? null;
    if (joined === null) {
      const message = "A tag is already declared with another type.";
      return refuse({ kind: "declaration", loc: [], message, definitions: [] }, at);
    }
    if ("type" in joined) return joined;
    const value = attributes([
      ["_type", string("option-type")],
      ["name", string(joined.name)],
    ]);
    bindType(value, joined);
    return value;
  });
  return { thunk, at };
}

function text(part: string): Thunk {
  return ready(string(part));
}

/** The option of a tag, with where it is declared. */
function tagOption(name: string, tag: Attribute, more: Iterable<readonly [string, Thunk | Value]> = []): Value {
  const option = tag.thunk.force();
  if (option.type === "unknown") return option;
  const kind = option.type === "attrs" ? typeTag(option) : null;
  if (option.type !== "attrs" || kind !== "option") {
    const was =
      kind === "option-type"
        ? "was a bare type, not wrapped in mkOption."
        : kind === null
          ? "was not."
          : `was of type "${kind}".`;
    const message = `In attrTag, each tag value must be an option, but tag ${showOption([name])} ${was}`;
    return refuse({ kind: "declaration", loc: [name], message, definitions: [] }, tag.at);
  }
  const file = placeSpan(tag.at)?.file;
  const places = file === undefined ? [] : [ready(string(file))];
  const unsure = unsupported("places in the source");
  const positions = places.map((place) =>
    ready(
      attributes([
        ["file", place],
        ["line", unsure],
        ["column", unsure],
      ]),
    ),
  );
  const own = attributes([["declarations", list(places)], ["declarationPositions", list(positions)], ...more]);
  return { ...option, entries: new Map([...own.entries, ...option.entries, ...attributes(more).entries]) };
}

function mergeTagged(
  context: MergeContext,
  loc: readonly string[],
  tags: Tags,
  definitions: readonly Resolved[],
): Value {
  const names = definitions.map(({ value }) => (value.type === "attrs" ? [...value.entries.keys()] : []));
  const choice = names[0]?.[0];
  const tag = choice === undefined ? undefined : tags.get(choice);
  if (choice === undefined || tag === undefined) return conflict(loc, "is not one of the valid choices", definitions);
  const other = names.find(([name]) => name !== choice)?.[0];
  if (other !== undefined) return conflict(loc, `is defined both as \`${choice}\` and \`${other}\``, definitions);
  const inside = definitions.flatMap(({ value, file }): Definition[] => {
    const entry = value.type === "attrs" ? value.entries.get(choice) : undefined;
    return entry ? [{ value: entry.thunk, wrappers: [], file, at: entry.at }] : [];
  });
  const option = delayed(tag.at, () => tagOption(choice, tag));
  const thunk = delayed(inside[0]?.at ?? null, () => context.option([...loc, choice], option, inside));
  return attributes([[choice, thunk]], { at: definitions[0]?.at ?? null, step: "merge", from: [] });
}

export interface AttrListOptions {
  readonly asAttrs: boolean;
  /** Makes one value of those that have the same name. */
  readonly mergeValues: Thunk | null;
}

interface ListItem {
  readonly name: string;
  readonly value: Thunk;
  readonly order: number;
  readonly priority: number;
  readonly definition: Resolved;
}

/** `attrListOf` and `attrListWith`: attributes in an order, with as many of one name as there are. */
export function attrListOf(elemType: OptionType, options: AttrListOptions): OptionType {
  const type: OptionType = {
    kind: "attrListOf",
    name: "attrListOf",
    element: elemType,
    phrase: (context) =>
      composed("composite", "attribute list of ", inPhrase(phraseOf(elemType, context), "noun", "composite")),
    check: (value) => (value.type === "unknown" ? value : value.type === "list" || value.type === "attrs"),
    parts: () => false,
    empty: () => (options.asAttrs ? attributes([]) : list([])),
    nested: () => [["elemType", elemType]],
    merge: (context, loc, definitions) => {
      const merged = mergedItems(context, loc, type, elemType, definitions);
      if ("type" in merged) return merged;
      const sets = merged.map(({ name, value }) => ready(attributes([[name, value]])));
      return options.asAttrs ? grouped(merged, options.mergeValues) : list(sets);
    },
    meta: (context, loc, definitions) => {
      const merged = mergedItems(context, loc, type, elemType, definitions);
      if ("type" in merged) return merged;
      const values = merged.map(({ name, value }) => ready(attributes([[name, value]])));
      const located = merged.map(({ name, value, order, definition }) => {
        const content = attributes([
          ["_type", string("order")],
          ["priority", numberOf(order)],
          ["content", attributes([[name, value]])],
        ]);
        return ready(
          attributes([
            ["_type", string("definition")],
            ["file", string(definition.file)],
            ["value", content],
          ]),
        );
      });
      return attributes([
        [
          "attrList",
          list(merged.map((item) => delayed(null, () => context.meta([...loc, item.name], elemType, [plain(item)])))),
        ],
        ["attrListValue", list(values)],
        ["definitions", list(located)],
      ]);
    },
  };
  return type;
}

function numberOf(order: number): Value {
  return { type: "integer", value: BigInt(Math.trunc(order)), origin: { at: null, step: "merge", from: [] } };
}

function grouped(items: readonly { name: string; value: Thunk }[], merge: Thunk | null): Value {
  const byName = new Map<string, Thunk[]>();
  for (const { name, value } of items) byName.set(name, [...(byName.get(name) ?? []), value]);
  return attributes(
    [...byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, values]) => [
        name,
        delayed(null, () =>
          merge ? applyFunction(merge.force(), [text(name), ready(list(values))], null) : list(values),
        ),
      ]),
  );
}

function plain({ value, definition }: { value: Thunk; definition: Resolved }): Definition {
  return { value, wrappers: [], file: definition.file, at: value.at };
}

function mergedItems(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  elemType: OptionType,
  definitions: readonly Resolved[],
): ListItem[] | Unknown {
  const all: ListItem[] = [];
  for (const definition of definitions) {
    const items = itemsOf(context, loc, type, definition);
    if ("type" in items) return items;
    all.push(...items);
  }
  const best = new Map<string, number>();
  for (const { name, priority } of all) best.set(name, Math.min(priority, best.get(name) ?? priorities.plain));
  const kept = all.filter((item) => item.priority === best.get(item.name)).sort((a, b) => a.order - b.order);
  const made: ListItem[] = [];
  for (const item of kept) {
    const merged = context.merge([...loc, item.name], elemType, [plain(item)], []);
    if (merged.defined === false) continue;
    if (merged.defined !== true) return becauseOf(merged.defined, loc.join("."));
    made.push({ ...item, value: delayed(item.value.at, () => merged.read()) });
  }
  return made;
}

function itemsOf(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definition: Resolved,
): ListItem[] | Unknown {
  const { value } = definition;
  if (value.type === "attrs") {
    const unsure = uncertaintyOf(value);
    if (unsure) return becauseOf(unsure, loc.join("."));
    return [...value.entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { thunk }]) => ({ name, definition, ...peeled(thunk) }));
  }
  if (value.type !== "list") return value.type === "unknown" ? value : [];
  const unsure = value.rest ?? value.items.find((item) => item.conditional)?.conditional;
  if (unsure) return becauseOf(unsure, loc.join("."));
  const made: ListItem[] = [];
  for (const { thunk } of value.items) {
    const raw = propertyOf(thunk.force());
    const ordered = raw.kind === "order" ? raw : null;
    const inside = ordered ? ordered.content.force() : thunk.force();
    if (inside.type === "unknown") return becauseOf(inside, loc.join("."), thunk.at);
    if (inside.type !== "attrs" || inside.entries.size !== 1 || uncertaintyOf(inside)) {
      const doubt = inside.type === "attrs" ? uncertaintyOf(inside) : null;
      if (doubt) return becauseOf(doubt, loc.join("."), thunk.at);
      return wrongElement(context, loc, type, definition, inside, thunk);
    }
    const [entry] = inside.entries;
    if (!entry) continue;
    const item = peeled(entry[1].thunk);
    const order = ordered ? orderOf(ordered.priority) : item.order;
    made.push({ name: entry[0], definition, ...item, order });
  }
  return made;
}

function uncertaintyOf(value: AttributesValue): Unknown | null {
  return value.rest ?? [...value.entries.values()].find((entry) => entry.conditional)?.conditional ?? null;
}

function wrongElement(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definition: Resolved,
  value: Value,
  thunk: Thunk,
): Unknown {
  const problem =
    value.type === "attrs"
      ? `a single-key attribute set, but got ${value.entries.size} keys`
      : `an attribute set, but got ${value.type === "boolean" ? "bool" : value.type}`;
  const wanted = phraseOf(type, context).text;
  const message = `A definition for option \`${showOption(loc)}' is not of type \`${wanted}'. Each list element must be ${problem}.`;
  const culprit = { file: definition.file, at: thunk.at ?? definition.at };
  return refuse({ kind: "type", loc, message, definitions: [culprit] });
}

/** Takes off properties around a value in any order; an override stays around it for the merging of the element. */
function peeled(thunk: Thunk): Pick<ListItem, "value" | "order" | "priority"> {
  const property = propertyOf(thunk.force());
  if (property.kind === "order") {
    return { ...peeled(property.content), order: orderOf(property.priority) };
  }
  if (property.kind === "override") {
    const inside = peeled(property.content);
    const value = attributes([
      ["_type", string("override")],
      ["priority", property.priority],
      ["content", inside.value],
    ]);
    return { value: ready(value), order: inside.order, priority: orderOf(property.priority) };
  }
  return { value: thunk, order: plainOrder, priority: priorities.plain };
}

const plainOrder = 1000;

function orderOf(thunk: Thunk): number {
  const value = thunk.force();
  return value.type === "integer" || value.type === "float" ? Number(value.value) : plainOrder;
}
