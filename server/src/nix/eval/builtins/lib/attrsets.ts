import { attributes, becauseOf, boolean, nullValue, string } from "../../make.ts";
import { type Attribute, type ListValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import {
  apply,
  applyLater,
  budget,
  choose,
  each,
  equal,
  fails,
  force,
  has,
  holds,
  isUnknown,
  later,
  select,
  update,
} from "./combine.ts";
import {
  attribute,
  attrsValue,
  builtin,
  item,
  listValue,
  made,
  need,
  needAttrs,
  needList,
  needString,
  section,
  sortedEntries,
} from "./kit.ts";
import { foldStrictly, mapList } from "./lists.ts";

const define = section("attrsets", "lib/attrsets.nix");

/** `lib.attrsets`: sets from sets and lists. Conditional attributes stay conditional, open sets stay open. */
export const attrsets: readonly Definition[] = [
  define("nameValuePair", "name value", "string -> a -> { name :: string; value :: a; }", (call, name, value) =>
    attributes(
      [
        ["name", name],
        ["value", value],
      ],
      made(call),
    ),
  ),
  define(
    "mapAttrs'",
    "f set!",
    "(string -> a -> { name, value }) -> { ${name} :: a } -> { ${name} :: b }",
    (call, f, given) => {
      const pairs = toListOf(call, "mapAttrs'", given, (name, value) => applyLater(call, f, nameOf(call, name), value));
      return fromPairs(call, pairs);
    },
  ),
  define("mapAttrsToList", "f set!", "(string -> a -> b) -> { ${name} :: a } -> [b]", (call, f, given) =>
    toListOf(call, "mapAttrsToList", given, (name, value) => applyLater(call, f, nameOf(call, name), value)),
  ),
  define("attrsToList", "set!", "{ ${name} :: a } -> [{ name :: string; value :: a; }]", (call, given) =>
    toListOf(call, "attrsToList", given, (name, value) =>
      ready(
        attributes(
          [
            ["name", nameOf(call, name)],
            ["value", value],
          ],
          made(call),
        ),
      ),
    ),
  ),
  define("attrVals", "names! set", "[string] -> { ${name} :: a } -> [a]", (call, names, set) =>
    mapList(call, "attrVals", names, (name) => later(call, () => selectNamed(call, set, name))),
  ),
  define("getAttrs", "names! set", "[string] -> { ${name} :: a } -> { ${name} :: a }", (call, names, set) =>
    generated(call, "getAttrs", names, (x) => later(call, () => selectNamed(call, set, x))),
  ),
  define("genAttrs", "names! f", "[string] -> (string -> a) -> { ${name} :: a }", (call, names, f) =>
    generated(call, "genAttrs", names, (x) => applyLater(call, f, x)),
  ),
  define("genAttrs'", "xs! f", "[a] -> (a -> { name :: string; value :: b; }) -> { ${name} :: b }", (call, xs, f) => {
    const pairs = mapList(call, "genAttrs'", xs, (x) => applyLater(call, f, x));
    return fromPairs(call, pairs);
  }),
  define(
    "filterAttrs",
    "predicate set!",
    "(string -> a -> bool) -> { ${name} :: a } -> { ${name} :: a }",
    (call, predicate, given) =>
      filtered(call, "filterAttrs", given, (name, value) => holds(call, predicate, nameOf(call, name), value)),
  ),
  define("filterAttrsRecursive", "predicate set!", "(string -> any -> bool) -> attrs -> attrs", filterDeep),
  define(
    "foldlAttrs",
    "f init set!",
    "(a -> string -> b -> a) -> a -> { ${name} :: b } -> a",
    (call, f, start, given) => {
      const pairs = toListOf(call, "foldlAttrs", given, (name, value) =>
        ready(
          attributes([
            ["name", nameOf(call, name)],
            ["value", value],
          ]),
        ),
      );
      if (pairs.type !== "list") return pairs;
      const first = start.force();
      if (first.type === "unknown") return becauseOf(first, "foldlAttrs", call.at);
      return foldStrictly(call, pairs, first, (acc, pair) =>
        apply(
          call,
          f,
          acc,
          later(call, () => select(call, pair, "name")),
          later(call, () => select(call, pair, "value")),
        ),
      );
    },
  ),
  define("concatMapAttrs", "f set!", "(string -> a -> attrs) -> { ${name} :: a } -> attrs", (call, f, given) => {
    const parts = toListOf(call, "concatMapAttrs", given, (name, value) =>
      applyLater(call, f, nameOf(call, name), value),
    );
    return parts.type === "list" ? updated(call, "concatMapAttrs", parts) : parts;
  }),
  define("mergeAttrsList", "list!", "[attrs] -> attrs", (call, given) => {
    const parts = needList(call, given, "mergeAttrsList");
    return parts.type === "list" ? updated(call, "mergeAttrsList", parts) : parts;
  }),
  define("optionalAttrs", "condition set", "bool -> attrs -> attrs", (call, condition, set) => {
    const given = need(call, condition, "boolean", "optionalAttrs");
    if (given.type === "unknown")
      return choose(
        call,
        given,
        () => set.force(),
        () => attributes([], made(call)),
      );
    return given.value ? set.force() : attributes([], made(call));
  }),
  define("overrideExisting", "old! new", "attrs -> attrs -> attrs", (call, old, given) =>
    mapEntries(call, "overrideExisting", old, (name, value) =>
      later(call, () => {
        const there = has(call, given, name);
        if (isUnknown(there))
          return choose(
            call,
            there,
            () => select(call, given, name),
            () => value.force(),
          );
        return there ? select(call, given, name) : value.force();
      }),
    ),
  ),
  define("isDerivation", "value!", "any -> bool", (call, value) => {
    const type = attributeOr(call, value, "type");
    if (type === null) return boolean(false, made(call));
    const same = equal(call, type, string("derivation"));
    return isUnknown(same) ? same : boolean(same, made(call));
  }),
  define("recurseIntoAttrs", "set", "attrs -> attrs", (call, set) =>
    update(call, set, attributes([["recurseForDerivations", boolean(true)]], made(call))),
  ),
  define("dontRecurseIntoAttrs", "set", "attrs -> attrs", (call, set) =>
    update(call, set, attributes([["recurseForDerivations", boolean(false)]], made(call))),
  ),
];

export function nameOf(call: Call, name: string): Thunk {
  return ready(string(name, made(call)));
}

function selectNamed(call: Call, set: Thunk, name: Thunk): Value {
  const key = needString(call, name, "getAttrs");
  return key.type === "unknown" ? key : select(call, set, key.value);
}

/** `value.name or null`: null when the value is no set or has no such attribute. */
export function attributeOr(call: Call, value: Thunk | Value, name: string): Value | null {
  const set = force(value);
  if (set.type === "unknown") return becauseOf(set, name, call.at);
  if (set.type !== "attrs") return null;
  const there = has(call, set, name);
  if (there === false) return null;
  return isUnknown(there)
    ? choose(
        call,
        there,
        () => select(call, set, name),
        () => nullValue(),
      )
    : select(call, set, name);
}

export function mapEntries(
  call: Call,
  via: string,
  given: Thunk | Value,
  f: (name: string, value: Thunk) => Thunk,
): Value {
  const set = needAttrs(call, given, via);
  if (set.type === "unknown") return set;
  if (!call.evaluator.spend(set.entries.size)) return budget(call);
  const entries = new Map<string, Attribute>();
  for (const [name, entry] of set.entries)
    entries.set(name, attribute(f(name, entry.thunk), entry.at, entry.conditional));
  return attrsValue(call, entries, set.rest, set.origin);
}

/** One element for each attribute, in Nix's order of names. */
export function toListOf(
  call: Call,
  via: string,
  given: Thunk | Value,
  f: (name: string, value: Thunk) => Thunk,
): ListValue | Unknown {
  const set = needAttrs(call, given, via);
  if (set.type === "unknown") return set;
  if (!call.evaluator.spend(set.entries.size)) return budget(call);
  return listValue(
    call,
    sortedEntries(set).map(([name, entry]) => item(f(name, entry.thunk), entry.conditional)),
    set.rest,
    set.origin,
  );
}

function filtered(
  call: Call,
  via: string,
  given: Thunk | Value,
  test: (name: string, value: Thunk) => boolean | Unknown,
): Value {
  const set = needAttrs(call, given, via);
  if (set.type === "unknown") return set;
  const entries = new Map<string, Attribute>();
  for (const [name, entry] of sortedEntries(set)) {
    const verdict = test(name, entry.thunk);
    if (isUnknown(verdict) && fails(verdict) && !entry.conditional) return verdict;
    if (verdict !== false)
      entries.set(name, verdict === true ? entry : attribute(entry.thunk, entry.at, entry.conditional ?? verdict));
  }
  return attrsValue(call, entries, set.rest, set.origin);
}

function filterDeep(call: Call, predicate: Thunk, given: Thunk): Value {
  const kept = filtered(call, "filterAttrsRecursive", given, (name, value) =>
    holds(call, predicate, nameOf(call, name), value),
  );
  return mapEntries(call, "filterAttrsRecursive", kept, (_, value) =>
    later(call, () =>
      each(call, value, (inner) => (inner.type === "attrs" ? filterDeep(call, predicate, ready(inner)) : inner)),
    ),
  );
}

/** A set from `{ name, value }` pairs: of equal names the first counts. */
export function fromPairs(call: Call, pairs: Value): Value {
  return pairs.type === "unknown" ? pairs : builtin(call, "listToAttrs", pairs);
}

/**
 * A set with one attribute for each name; it stands where the name stands. The value is a function of the name, so that
 * names which an open list does not show cannot change what is known.
 */
export function generated(call: Call, via: string, given: Thunk, value: (x: Thunk) => Thunk): Value {
  const names = needList(call, given, via);
  if (names.type === "unknown") return names;
  const entries = new Map<string, Attribute>();
  let rest = names.rest;
  for (const { thunk, conditional } of names.items) {
    if (!call.evaluator.spend()) return budget(call);
    const name = needString(call, thunk, via);
    if (name.type === "unknown") {
      if (fails(name) && !conditional) return name;
      rest ??= name;
      continue;
    }
    const before = entries.get(name.value);
    if (!before) entries.set(name.value, attribute(value(thunk), thunk.at, conditional));
    else if (before.conditional && !conditional) entries.set(name.value, attribute(before.thunk, before.at));
  }
  return attrsValue(call, entries, rest, names.origin);
}

/** Sets laid over each other from the left to the right. */
function updated(call: Call, via: string, parts: ListValue): Value {
  if (parts.rest) return attrsValue(call, new Map(), becauseOf(parts.rest, via, call.at), parts.origin);
  return foldStrictly(call, parts, attributes([], made(call)), (acc, part) => update(call, acc, part));
}
