import { attributes, becauseOf, list } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import { type Attribute, type Item, type ListValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { generated } from "./attrsets.ts";
import { apply, applyLater, choose, fails, has, isUnknown, later, select, thunkOf, update } from "./combine.ts";
import {
  attribute,
  attrsValue,
  item,
  listValue,
  made,
  needAttrs,
  needList,
  needString,
  section,
  sortedEntries,
} from "./kit.ts";
import { concatItems, mapList } from "./lists.ts";

const define = section("attrsets", "lib/attrsets.nix");

/** `lib.attrsets`: many sets at once, name by name, and the products of sets of lists. */
export const attrColumns: readonly Definition[] = [
  define("foldAttrs", "op nul sets!", "(a -> b -> b) -> b -> [{ ${name} :: a }] -> { ${name} :: b }", foldSets),
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
];

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
