import { attributes, becauseOf, boolean, list, nullValue, string } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import { type Attribute, type Item, type ListValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import {
  apply,
  applyLater,
  budget,
  choose,
  equal,
  fails,
  force,
  has,
  holds,
  isUnknown,
  later,
  select,
  thunkOf,
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
import { concatItems, foldStrictly, mapList } from "./lists.ts";

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
  define("foldAttrs", "op nul sets!", "(a -> b -> b) -> b -> [{ ${name} :: a }] -> { ${name} :: b }", foldSets),
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
  define("zipAttrs", "sets!", "[{ ${name} :: a }] -> { ${name} :: [a] }", (call, sets) =>
    zipped(call, "zipAttrs", sets, (_, values) => ready(values)),
  ),
  define(
    "zipAttrsWithNames",
    "names! f sets",
    "[string] -> (string -> [a] -> b) -> [attrs] -> attrs",
    (call, names, f, sets) =>
      generated(call, "zipAttrsWithNames", names, (x) =>
        applyLater(
          call,
          f,
          x,
          later(call, () => {
            const name = needString(call, x, "zipAttrsWithNames");
            return name.type === "unknown" ? name : collected(call, "zipAttrsWithNames", sets, name.value);
          }),
        ),
      ),
  ),
  define("cartesianProduct", "set!", "{ ${name} :: [a] } -> [{ ${name} :: a }]", (call, given) =>
    cartesian(call, given),
  ),
  define("cartesianProductOfSets", "set!", "{ ${name} :: [a] } -> [{ ${name} :: a }]", (call, given) =>
    cartesian(call, given),
  ),
  define("mapCartesianProduct", "f set!", "(attrs -> b) -> { ${name} :: [a] } -> [b]", (call, f, given) =>
    mapList(call, "mapCartesianProduct", cartesian(call, given), (x) => applyLater(call, f, x)),
  ),
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
    later(call, () => {
      const inner = value.force();
      return inner.type === "attrs" ? filterDeep(call, predicate, value) : inner;
    }),
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
function generated(call: Call, via: string, given: Thunk, value: (x: Thunk) => Thunk): Value {
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

function foldSets(call: Call, op: Thunk, nul: Thunk, given: Thunk): Value {
  return zipped(call, "foldAttrs", given, (_, values) =>
    later(call, () => {
      let result: Thunk = nul;
      for (const { thunk, conditional } of [...values.items].reverse()) {
        const tail = result;
        result = conditional
          ? later(call, () =>
              choose(
                call,
                conditional,
                () => apply(call, op, thunk, tail),
                () => tail.force(),
              ),
            )
          : applyLater(call, op, thunk, tail);
      }
      return values.rest ? becauseOf(values.rest, "foldAttrs", call.at) : result.force();
    }),
  );
}

/** For each name of any of the sets, what `f` makes of its values, in the order of the sets. */
function zipped(call: Call, via: string, given: Thunk, f: (name: string, values: ListValue) => Thunk): Value {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  let rest = xs.rest;
  const columns = new Map<string, Item[]>();
  const places = new Map<string, Attribute["at"]>();
  for (const x of xs.items) {
    const set = needAttrs(call, x.thunk, via);
    if (set.type === "unknown") {
      if (fails(set) && !x.conditional) return set;
      rest ??= set;
      continue;
    }
    rest ??= set.rest;
    for (const [name, entry] of set.entries) {
      const column = columns.get(name);
      const value = item(entry.thunk, entry.conditional ?? x.conditional);
      if (column) column.push(value);
      else {
        columns.set(name, [value]);
        places.set(name, entry.at);
      }
    }
  }
  const entries = new Map<string, Attribute>();
  for (const [name, values] of [...columns].sort(([a], [b]) => compareBytes(a, b))) {
    const doubt = values.every((x) => x.conditional) ? values[0]?.conditional : undefined;
    entries.set(name, attribute(f(name, listValue(call, values, rest)), places.get(name) ?? call.at, doubt));
  }
  return attrsValue(call, entries, rest);
}

/** The values of one attribute in those sets that have it. */
function collected(call: Call, via: string, sets: Thunk, name: string): Value {
  const xs = needList(call, sets, via);
  if (xs.type === "unknown") return xs;
  return concatItems(call, xs, (x) => {
    const there = has(call, x, name);
    if (isUnknown(there))
      return listValue(call, [
        item(
          later(call, () => select(call, x, name)),
          there,
        ),
      ]);
    return list(there ? [later(call, () => select(call, x, name))] : []);
  });
}

function cartesian(call: Call, given: Thunk): Value {
  const set = needAttrs(call, given, "cartesianProduct");
  if (set.type === "unknown") return set;
  let result: Value = list([ready(attributes([], made(call)))], made(call));
  for (const [name, entry] of sortedEntries(set)) {
    const choices = needList(call, entry.thunk, "cartesianProduct");
    if (choices.type === "unknown" || entry.conditional || set.rest) {
      const doubt = choices.type === "unknown" ? choices : (entry.conditional ?? (set.rest as Unknown));
      return becauseOf(doubt, "cartesianProduct", call.at, { type: "list" });
    }
    const before: ListValue = result as ListValue;
    result = concatItems(call, before, (chosen) =>
      mapList(call, "cartesianProduct", choices, (choice) =>
        thunkOf(update(call, chosen, attributes([[name, choice]], made(call)))),
      ),
    );
    if (result.type !== "list") return result;
  }
  const doubt = set.rest;
  return doubt ? becauseOf(doubt, "cartesianProduct", call.at, { type: "list" }) : result;
}
