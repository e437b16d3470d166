import { attributes, boolean, fails, string, unknown, wrongType } from "../make.ts";
import {
  applyFunction,
  branch,
  compareBytes,
  hasAttribute,
  isError,
  mapUndecided,
  overBudget,
  pass,
  selectAttribute,
} from "../ops.ts";
import {
  type Attribute,
  type AttributesValue,
  delayed,
  type Item,
  type ListValue,
  ready,
  type Thunk,
  type Unknown,
  type Value,
} from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { Application, builtin, errorOf, expect, expectText, failsAt, madeBy, notCallable } from "./kit.ts";

const listShape = { type: "list" } as const;
const setShape = { type: "attrs" } as const;

/** Builtins on sets. */
export const attributeBuiltins: readonly Definition[] = [
  builtin("attrNames", "set", "{ } -> [string]", (call, set) =>
    expect(
      call,
      set,
      "attrs",
      "attrNames",
      (s) => listOf(call, s, (name) => ready(string(name, madeBy(call)))),
      listShape,
    ),
  ),
  builtin("attrValues", "set", "{ a = b } -> [b]", (call, set) =>
    expect(call, set, "attrs", "attrValues", (s) => listOf(call, s, (_, entry) => entry.thunk), listShape),
  ),
  builtin("getAttr", "s set", "string -> { } -> a", (call, s, set) =>
    expectText(call, s, "getAttr", (name) => {
      const from = set.force();
      if (errorOf(from)) return from;
      return selectAttribute(from, name, call.at);
    }),
  ),
  builtin("hasAttr", "s set", "string -> { } -> bool", (call, s, set) =>
    expectText(
      call,
      s,
      "hasAttr",
      (name) => expect(call, set, "attrs", "hasAttr", (v) => hasAttribute(v, name, call.at), { type: "boolean" }),
      { type: "boolean" },
    ),
  ),
  builtin("removeAttrs", "set list", "{ } -> [string] -> { }", (call, set, names) =>
    expect(
      call,
      set,
      "attrs",
      "removeAttrs",
      (s) => {
        const given = names.force();
        // Not knowing the names, every attribute is there only perhaps.
        if (given.type === "unknown" && !isError(given) && given.why.reason !== "undecided") {
          return remove(call, s, { type: "list", items: [], rest: given, origin: s.origin });
        }
        return expect(call, given, "list", "removeAttrs", (l) => remove(call, s, l), setShape);
      },
      setShape,
    ),
  ),
  builtin("intersectAttrs", "e1 e2", "{ } -> { } -> { }", (call, e1, e2) =>
    expect(
      call,
      e1,
      "attrs",
      "intersectAttrs",
      (a) => expect(call, e2, "attrs", "intersectAttrs", (b) => intersect(call, a, b), setShape),
      setShape,
    ),
  ),
  builtin("catAttrs", "attr list", "string -> [{ }] -> [a]", (call, attr, given) =>
    expectText(
      call,
      attr,
      "catAttrs",
      (name) => expect(call, given, "list", "catAttrs", (l) => catalogue(call, name, l), listShape),
      listShape,
    ),
  ),
  builtin("mapAttrs", "f attrset", "(string -> a -> b) -> { } -> { }", (call, f, set) =>
    expect(
      call,
      set,
      "attrs",
      "mapAttrs",
      (s) => {
        if (!call.evaluator.spend(s.entries.size)) return overBudget("steps", call.at);
        const entries = new Map<string, Attribute>();
        for (const [name, entry] of s.entries) {
          const thunk = new Application(f, [ready(string(name, madeBy(call))), entry.thunk], call.at);
          entries.set(name, { ...entry, thunk });
        }
        return {
          type: "attrs",
          entries,
          rest: s.rest && pass(s.rest, "mapAttrs", call.at),
          origin: madeBy(call, s.origin),
        };
      },
      setShape,
    ),
  ),
  builtin("listToAttrs", "e", "[{ name, value }] -> { }", (call, e) =>
    expect(call, e, "list", "listToAttrs", (l) => fromList(call, l), setShape),
  ),
  builtin("zipAttrsWith", "f list", "(string -> [a] -> b) -> [{ }] -> { }", (call, f, given) =>
    expect(call, given, "list", "zipAttrsWith", (l) => zip(call, f, l), setShape),
  ),
  builtin("functionArgs", "f", "(a -> b) -> { }", (call, f) =>
    mapUndecided(
      f.force(),
      (v) => {
        if (v.type === "unknown") return pass(v, "functionArgs", call.at, setShape);
        if (v.type !== "function") return wrongType("function", v.type, call.at);
        const formals = [...(v.formals ?? [])];
        return attributes(
          formals.map(([name, optional]) => [name, boolean(optional, madeBy(call))]),
          madeBy(call),
        );
      },
      call.at,
    ),
  ),
  {
    ...builtin("unsafeGetAttrPos", "s set", "string -> { } -> a", (call) =>
      unknown({ reason: "unsupported", what: "unsafeGetAttrPos" }, call.at),
    ),
    unknown: "places in the source",
  },
];

/** The entries in the order in which Nix lists them. */
export function sortedEntries(set: AttributesValue): readonly (readonly [string, Attribute])[] {
  return [...set.entries].sort(([a], [b]) => compareBytes(a, b));
}

function listOf(call: Call, set: AttributesValue, element: (name: string, entry: Attribute) => Thunk): ListValue {
  const items = sortedEntries(set).map(([name, entry]): Item => {
    const thunk = element(name, entry);
    return entry.conditional ? { thunk, conditional: entry.conditional } : { thunk };
  });
  return {
    type: "list",
    items,
    rest: set.rest && pass(set.rest, "attributes", call.at),
    origin: madeBy(call, set.origin),
  };
}

function remove(call: Call, set: AttributesValue, names: ListValue): Value {
  const entries = new Map(set.entries);
  let uncertain: Unknown | null = names.rest;
  for (const item of names.items) {
    const name = item.thunk.force();
    if (name.type === "string" && !item.conditional) entries.delete(name.value);
    else if (name.type === "string") weaken(entries, name.value, item.conditional as Unknown);
    else if (name.type !== "unknown") {
      if (!item.conditional) return wrongType("string", name.type, call.at);
    } else if (failsAt(name, item)) {
      if (!item.conditional) return pass(name, "removeAttrs", call.at, setShape);
    } else uncertain ??= name;
  }
  if (uncertain) for (const name of entries.keys()) weaken(entries, name, uncertain);
  return { type: "attrs", entries, rest: set.rest, origin: madeBy(call, set.origin) };
}

/** The attribute stays only perhaps. */
function weaken(entries: Map<string, Attribute>, name: string, cause: Unknown): void {
  const entry = entries.get(name);
  if (entry) entries.set(name, { ...entry, conditional: entry.conditional ?? cause });
}

function intersect(call: Call, a: AttributesValue, b: AttributesValue): Value {
  const entries = new Map<string, Attribute>();
  for (const [name, entry] of b.entries) {
    const other = a.entries.get(name);
    const cause = other ? other.conditional : a.rest;
    if (!other && !a.rest) continue;
    entries.set(name, cause && !entry.conditional ? { ...entry, conditional: cause } : entry);
  }
  const mayHoldMore = b.rest && (a.entries.size > 0 || a.rest) ? b.rest : null;
  return { type: "attrs", entries, rest: mayHoldMore, origin: madeBy(call, b.origin) };
}

function catalogue(call: Call, name: string, l: ListValue): Value {
  const items: Item[] = [];
  let rest: Unknown | null = l.rest;
  for (const item of l.items) {
    const set = item.thunk.force();
    if (set.type === "unknown") {
      if (failsAt(set, item) && item.conditional) continue;
      if (isError(set) && !item.conditional) return pass(set, "catAttrs", call.at, listShape);
      rest ??= pass(set, "catAttrs", call.at);
    } else if (set.type !== "attrs") {
      if (!item.conditional) return wrongType("set", set.type, call.at);
    } else {
      const entry = set.entries.get(name);
      const conditional = item.conditional ?? entry?.conditional;
      if (entry) items.push(conditional ? { thunk: entry.thunk, conditional } : { thunk: entry.thunk });
      else if (set.rest) rest ??= pass(set.rest, name, call.at);
    }
  }
  return { type: "list", items, rest, origin: madeBy(call, l.origin) };
}

/** `listToAttrs`: of several elements of one name the first counts. */
function fromList(call: Call, l: ListValue): Value {
  const entries = new Map<string, Attribute>();
  let rest: Unknown | null = l.rest;
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const pair = item.thunk.force();
    if (pair.type !== "attrs" && pair.type !== "unknown") {
      if (item.conditional) continue;
      return wrongType("set", pair.type, call.at);
    }
    const name = selectAttribute(pair, "name", call.at);
    if (name.type === "string") {
      const taken = entries.get(name.value);
      if (taken && !taken.conditional) continue;
      const held = pair.type === "attrs" ? pair.entries.get("value") : undefined;
      if (!held && pair.type === "attrs" && !pair.rest) return fails("attribute 'value' missing", call.at);
      const thunk =
        held && !held.conditional ? held.thunk : delayed(call.at, () => selectAttribute(pair, "value", call.at));
      addNamed(call, entries, name.value, { thunk, at: held?.at ?? call.at }, item.conditional ?? rest);
    } else if (name.type !== "unknown") {
      if (!item.conditional) return wrongType("string", name.type, call.at);
    } else if (failsAt(name, item)) {
      // A conditional element that fails is not there, if there is a value at all.
      if (!item.conditional) return pass(name, "listToAttrs", call.at, setShape);
    } else if (name.why.reason === "undecided") {
      for (const candidate of name.why.candidates) {
        const thunk = delayed(call.at, () => selectAttribute(pair, "value", call.at));
        if (candidate.type === "string") addNamed(call, entries, candidate.value, { thunk, at: call.at }, name);
        else if (candidate.type === "unknown") rest ??= pass(candidate, "listToAttrs", call.at);
      }
    } else rest ??= pass(name, "listToAttrs", call.at);
  }
  return { type: "attrs", entries, rest, origin: madeBy(call, l.origin) };
}

/** Adds an attribute behind those of the same name that come before; `cause` says why it may not count. */
function addNamed(
  call: Call,
  entries: Map<string, Attribute>,
  name: string,
  added: Attribute,
  cause: Unknown | null,
): void {
  const before = entries.get(name);
  if (before && !before.conditional) return;
  if (before?.conditional) {
    const condition = before.conditional;
    const thunk = delayed(added.at, () =>
      branch(
        condition,
        () => before.thunk.force(),
        () => added.thunk.force(),
        call.at,
      ),
    );
    entries.set(name, cause ? { thunk, at: before.at, conditional: condition } : { thunk, at: before.at });
  } else entries.set(name, cause ? { ...added, conditional: cause } : added);
}

function zip(call: Call, f: Thunk, l: ListValue): Value {
  const bad = notCallable(call, f);
  if (bad) return pass(bad, "zipAttrsWith", call.at, setShape);
  const found = new Map<string, Item[]>();
  let rest: Unknown | null = l.rest;
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const set = item.thunk.force();
    if (set.type === "unknown") {
      if (failsAt(set, item) && item.conditional) continue;
      if (isError(set) && !item.conditional) return pass(set, "zipAttrsWith", call.at, setShape);
      rest ??= pass(set, "zipAttrsWith", call.at);
      continue;
    }
    if (set.type !== "attrs") {
      if (item.conditional) continue;
      return wrongType("set", set.type, call.at);
    }
    rest ??= set.rest;
    for (const [name, entry] of set.entries) {
      const conditional = item.conditional ?? entry.conditional;
      const values = found.get(name);
      const value: Item = conditional ? { thunk: entry.thunk, conditional } : { thunk: entry.thunk };
      if (values) values.push(value);
      else found.set(name, [value]);
    }
  }
  const entries = new Map<string, Attribute>();
  for (const [name, items] of found) {
    const values: ListValue = { type: "list", items, rest, origin: madeBy(call, l.origin) };
    const thunk = delayed(call.at, () =>
      applyFunction(f.force(), [ready(string(name, madeBy(call))), ready(values)], call.at),
    );
    const sure = items.some((item) => !item.conditional);
    const conditional = items[0]?.conditional;
    entries.set(name, sure || !conditional ? { thunk, at: call.at } : { thunk, at: call.at, conditional });
  }
  return { type: "attrs", entries, rest, origin: madeBy(call, l.origin) };
}
