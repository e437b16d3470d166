import { becauseOf, boolean, fails as failure, integer, string } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import type { Attribute, Item, ListValue, Thunk, Unknown, Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { apply, applyLater, budget, equal, fails, force, holds, isUnknown, less } from "./combine.ts";
import {
  attribute,
  attrsValue,
  builtin,
  item,
  listValue,
  made,
  needCount,
  needList,
  needString,
  section,
  uncertainty,
} from "./kit.ts";
import { not } from "./lists.ts";

const define = section("lists", "lib/lists.nix");

/** `lib.lists`: parts of lists by position, order and equality. What depends on an uncertain position is unknown. */
export const listParts: readonly Definition[] = [
  define("sublist", "start! count! list!", "int -> int -> [a] -> [a]", (call, start, count, given) => {
    const xs = needList(call, given, "sublist");
    if (xs.type === "unknown") return xs;
    const from = needCount(call, start, "sublist");
    if (typeof from !== "number") return from;
    const length = needCount(call, count, "sublist");
    return typeof length === "number" ? sublist(call, xs, from, length) : length;
  }),
  define("take", "count! list!", "int -> [a] -> [a]", (call, count, given) => takeFirst(call, count, given)),
  define("drop", "count! list!", "int -> [a] -> [a]", (call, count, given) => {
    const xs = needList(call, given, "drop");
    if (xs.type === "unknown") return xs;
    const from = needCount(call, count, "drop");
    return typeof from === "number" ? sublist(call, xs, from, Number.POSITIVE_INFINITY) : from;
  }),
  define("takeEnd", "count! list!", "int -> [a] -> [a]", (call, count, given) =>
    fromEnd(call, count, given, "takeEnd"),
  ),
  define("dropEnd", "count! list!", "int -> [a] -> [a]", (call, count, given) =>
    fromEnd(call, count, given, "dropEnd"),
  ),
  define("last", "list!", "[a] -> a", (call, given) => {
    const xs = needList(call, given, "last");
    if (xs.type === "unknown") return xs;
    if (xs.rest) return becauseOf(xs.rest, "last", call.at);
    const end = xs.items.at(-1);
    if (!end) return failure("lists.last: list must not be empty!", call.at, "throw");
    return end.conditional ? becauseOf(end.conditional, "last", call.at) : end.thunk.force();
  }),
  define("init", "list!", "[a] -> [a]", (call, given) => {
    const xs = needList(call, given, "init");
    if (xs.type === "unknown") return xs;
    if (xs.rest) return becauseOf(xs.rest, "init", call.at, { type: "list" });
    const end = xs.items.at(-1);
    if (!end) return failure("lists.init: list must not be empty!", call.at, "throw");
    if (end.conditional) return becauseOf(end.conditional, "init", call.at, { type: "list" });
    return listValue(call, xs.items.slice(0, -1), null, xs.origin);
  }),
  define("findFirst", "predicate default list!", "(a -> bool) -> a -> [a] -> a", (call, predicate, fallback, given) => {
    const found = findFirst(call, predicate, given);
    if (found === null) return fallback.force();
    return "index" in found ? found.thunk.force() : found;
  }),
  define(
    "findFirstIndex",
    "predicate default list!",
    "(a -> bool) -> a -> [a] -> int",
    (call, predicate, fallback, given) => {
      const found = findFirst(call, predicate, given);
      if (found === null) return fallback.force();
      return "index" in found ? integer(found.index, made(call)) : found;
    },
  ),
  define(
    "findSingle",
    "predicate default multiple list!",
    "(a -> bool) -> a -> a -> [a] -> a",
    (call, predicate, fallback, multiple, given) => {
      const xs = needList(call, given, "findSingle");
      if (xs.type === "unknown") return xs;
      if (xs.rest) return becauseOf(xs.rest, "findSingle", call.at);
      const found: Thunk[] = [];
      for (const { thunk, conditional } of xs.items) {
        const verdict = holds(call, predicate, thunk);
        if (isUnknown(verdict)) return verdict;
        if (verdict && conditional) return becauseOf(conditional, "findSingle", call.at);
        if (verdict) found.push(thunk);
      }
      const [only] = found;
      return only === undefined ? fallback.force() : found.length === 1 ? only.force() : multiple.force();
    },
  ),
  define("unique", "list!", "[a] -> [a]", (call, given) => {
    const xs = needList(call, given, "unique");
    return xs.type === "unknown" ? xs : unique(call, xs);
  }),
  define("allUnique", "list!", "[a] -> bool", (call, given) => {
    const xs = needList(call, given, "allUnique");
    if (xs.type === "unknown") return xs;
    const doubt = uncertainty(xs);
    if (doubt) return becauseOf(doubt, "allUnique", call.at, { type: "boolean" });
    const kept = unique(call, xs);
    if (kept.type !== "list") return kept;
    const unsure = uncertainty(kept);
    return unsure
      ? becauseOf(unsure, "allUnique", call.at, { type: "boolean" })
      : boolean(kept.items.length === xs.items.length, made(call));
  }),
  define("uniqueStrings", "list!", "[string] -> [string]", (call, given) => {
    const groups = groupBy(call, "uniqueStrings", given, (x) => x.force());
    if (groups.type !== "attrs") return groups;
    const names = [...groups.entries].sort(([a], [b]) => compareBytes(a, b));
    return listValue(
      call,
      names.map(([name, entry]) => item(string(name, made(call)), entry.conditional)),
      groups.rest,
    );
  }),
  define("intersectLists", "e list!", "[a] -> [a] -> [a]", (call, e, given) =>
    selection(call, "intersectLists", e, given, true),
  ),
  define("subtractLists", "e list!", "[a] -> [a] -> [a]", (call, e, given) =>
    selection(call, "subtractLists", e, given, false),
  ),
  define("mutuallyExclusive", "a! b!", "[a] -> [a] -> bool", (call, a, b) => {
    const common = selection(call, "mutuallyExclusive", a, b, true);
    if (common.type !== "list") return common;
    if (common.items.some((x) => !x.conditional)) return boolean(false, made(call));
    const doubt = uncertainty(common);
    return doubt ? becauseOf(doubt, "mutuallyExclusive", call.at, { type: "boolean" }) : boolean(true, made(call));
  }),
  define("sort", "less list!", "(a -> a -> bool) -> [a] -> [a]", (call, order, given) => {
    const xs = needList(call, given, "sort");
    if (xs.type === "unknown") return xs;
    if (!uncertainty(xs)) return builtin(call, "sort", order, xs);
    return sortItems(call, xs, (a, b) => holds(call, order, a.thunk, b.thunk));
  }),
  define("sortOn", "f list!", "(a -> b) -> [a] -> [a]", (call, f, given) => {
    const xs = needList(call, given, "sortOn");
    if (xs.type === "unknown") return xs;
    const keys = new Map(xs.items.map((x) => [x, applyLater(call, f, x.thunk)]));
    return sortItems(call, xs, (a, b) => less(call, keys.get(a) as Thunk, keys.get(b) as Thunk));
  }),
  define("hasPrefix", "prefix! list!", "[a] -> [a] -> bool", (call, prefix, given) => {
    const verdict = isListPrefix(call, prefix, given);
    return isUnknown(verdict) ? verdict : boolean(verdict, made(call));
  }),
  define("removePrefix", "prefix! list!", "[a] -> [a] -> [a]", (call, prefix, given) => {
    const verdict = isListPrefix(call, prefix, given);
    if (isUnknown(verdict)) return verdict;
    if (!verdict)
      return failure("lib.lists.removePrefix: the first list is not a prefix of the second", call.at, "throw");
    return sublist(
      call,
      force(given) as ListValue,
      (force(prefix) as ListValue).items.length,
      Number.POSITIVE_INFINITY,
    );
  }),
  define("commonPrefix", "first! second!", "[a] -> [a] -> [a]", (call, first, second) => {
    const xs = needList(call, first, "commonPrefix");
    if (xs.type === "unknown") return xs;
    const ys = needList(call, second, "commonPrefix");
    if (ys.type === "unknown") return ys;
    let length = 0;
    for (; length < xs.items.length && length < ys.items.length; length++) {
      const doubt = uncertainty(xs, length + 1) ?? uncertainty(ys, length + 1);
      if (doubt) return becauseOf(doubt, "commonPrefix", call.at, { type: "list" });
      const same = equal(call, (xs.items[length] as Item).thunk, (ys.items[length] as Item).thunk);
      if (isUnknown(same)) return same;
      if (!same) break;
    }
    return sublist(call, xs, 0, length);
  }),
  define("replaceElemAt", "list! index! element", "[a] -> int -> a -> [a]", (call, given, index, element) => {
    const xs = needList(call, given, "replaceElemAt");
    if (xs.type === "unknown") return xs;
    const at = needCount(call, index, "replaceElemAt");
    if (typeof at !== "number") return at;
    const doubt = uncertainty(xs);
    if (doubt) return becauseOf(doubt, "replaceElemAt", call.at, { type: "list" });
    if (at < 0 || at >= xs.items.length)
      return failure(`'lists.replaceElemAt' called with index ${at}`, call.at, "throw");
    return listValue(
      call,
      xs.items.map((x, i) => (i === at ? item(element) : x)),
      null,
      xs.origin,
    );
  }),
  define("compareLists", "compare a! b!", "(a -> a -> int) -> [a] -> [a] -> int", (call, compare, a, b) => {
    const xs = needList(call, a, "compareLists");
    if (xs.type === "unknown") return xs;
    const ys = needList(call, b, "compareLists");
    if (ys.type === "unknown") return ys;
    const doubt = uncertainty(xs) ?? uncertainty(ys);
    if (doubt) return becauseOf(doubt, "compareLists", call.at, { type: "integer" });
    for (const [i, x] of xs.items.entries()) {
      const y = ys.items[i];
      if (!y) return integer(1, made(call));
      const order = apply(call, compare, x.thunk, y.thunk);
      const zero = equal(call, order, integer(0));
      if (isUnknown(zero)) return zero;
      if (!zero) return order;
    }
    return integer(xs.items.length === ys.items.length ? 0 : -1, made(call));
  }),
];

/** Elements from `start`, at most `count`; unknown where an uncertain element stands before or among them. */
export function sublist(call: Call, xs: ListValue, start: number, count: number): Value {
  if (start < 0 && count > 0 && xs.items.length > 0) return failure("list index is negative", call.at);
  const end = Math.min(xs.items.length, start + count);
  // Without an end, what follows the start is taken as it is: only the elements before must be certain.
  const doubt = xs.rest ?? uncertainty(xs, count === Number.POSITIVE_INFINITY ? Math.min(start, xs.items.length) : end);
  if (doubt) return becauseOf(doubt, "sublist", call.at, { type: "list" });
  if (start < xs.items.length && count < 0) return failure(`cannot create list of size ${count}`, call.at);
  return listValue(call, xs.items.slice(start, end), null, xs.origin);
}

function takeFirst(call: Call, count: Thunk, given: Thunk): Value {
  const xs = needList(call, given, "take");
  if (xs.type === "unknown") return xs;
  const length = needCount(call, count, "take");
  return typeof length === "number" ? sublist(call, xs, 0, length) : length;
}

function fromEnd(call: Call, count: Thunk, given: Thunk, via: "takeEnd" | "dropEnd"): Value {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  const doubt = uncertainty(xs);
  if (doubt) return becauseOf(doubt, via, call.at, { type: "list" });
  const n = needCount(call, count, via);
  if (typeof n !== "number") return n;
  const at = Math.max(0, xs.items.length - n);
  return via === "takeEnd" ? sublist(call, xs, at, Number.POSITIVE_INFINITY) : sublist(call, xs, 0, at);
}

function findFirst(call: Call, predicate: Thunk, given: Thunk): { thunk: Thunk; index: number } | Unknown | null {
  const xs = needList(call, given, "findFirst");
  if (xs.type === "unknown") return xs;
  if (xs.rest) return becauseOf(xs.rest, "findFirst", call.at);
  for (const [index, { thunk, conditional }] of xs.items.entries()) {
    const verdict = holds(call, predicate, thunk);
    if (isUnknown(verdict)) return verdict;
    if (verdict) return conditional ? becauseOf(conditional, "findFirst", call.at) : { thunk, index };
  }
  return null;
}

/** Whether the list has an equal element; unknown when only uncertain ones may be. */
function contains(call: Call, x: Thunk, xs: ListValue): boolean | Unknown {
  let doubt: Unknown | null = xs.rest;
  for (const { thunk, conditional } of xs.items) {
    if (!call.evaluator.spend()) return budget(call);
    const same = equal(call, thunk, x);
    if (isUnknown(same)) {
      if (fails(same) && !conditional) return same;
      doubt ??= same;
    } else if (same) {
      if (!conditional) return true;
      doubt ??= conditional;
    }
  }
  return doubt ? becauseOf(doubt, "elem", call.at, { type: "boolean" }) : false;
}

function selection(call: Call, via: string, e: Thunk, given: Thunk, wanted: boolean): Value {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  const kept: Item[] = [];
  for (const x of xs.items) {
    const among = needList(call, e, via);
    if (among.type === "unknown") return among;
    const found = contains(call, x.thunk, among);
    const verdict = wanted ? found : not(found);
    if (isUnknown(verdict) && fails(verdict) && !x.conditional) return verdict;
    if (verdict !== false) kept.push(verdict === true ? x : item(x.thunk, x.conditional ?? verdict));
  }
  return listValue(call, kept, xs.rest, xs.origin);
}

function unique(call: Call, xs: ListValue): Value {
  const kept: Item[] = [];
  for (const x of xs.items) {
    const before = contains(call, x.thunk, listValue(call, kept));
    if (before === true) continue;
    if (isUnknown(before) && fails(before)) return before;
    // An element that an open list does not show may be the same, and stand before this one.
    const doubt = x.conditional ?? xs.rest ?? (before === false ? undefined : before);
    kept.push(doubt ? item(x.thunk, doubt) : x);
  }
  return listValue(call, kept, xs.rest, xs.origin);
}

/**
 * A stable merge sort: it asks `less` in no order that a caller could observe but through `trace`. Leaving an element out
 * does not change the order of the others, so conditional elements keep their marks.
 */
function sortItems(call: Call, xs: ListValue, before: (a: Item, b: Item) => boolean | Unknown): Value {
  let problem: Unknown | null = null;
  const merge = (items: readonly Item[]): readonly Item[] => {
    if (items.length < 2 || problem) return items;
    const middle = items.length >> 1;
    const left = merge(items.slice(0, middle));
    const right = merge(items.slice(middle));
    const merged: Item[] = [];
    let l = 0;
    let r = 0;
    while (l < left.length && r < right.length && !problem) {
      const verdict = before(right[r] as Item, left[l] as Item);
      if (isUnknown(verdict)) problem = verdict;
      merged.push(verdict === true ? (right[r++] as Item) : (left[l++] as Item));
    }
    return [...merged, ...left.slice(l), ...right.slice(r)];
  };
  const sorted = merge(xs.items);
  if (problem) return becauseOf(problem, "sort", call.at, { type: "list" });
  return listValue(call, sorted, xs.rest, xs.origin);
}

function groupBy(call: Call, via: string, given: Thunk, key: (x: Thunk) => Value): Value {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  const groups = new Map<string, Item[]>();
  let rest = xs.rest;
  for (const x of xs.items) {
    const name = needString(call, key(x.thunk), via);
    if (name.type === "unknown") {
      if (fails(name) && !x.conditional) return name;
      rest ??= name;
    } else {
      const group = groups.get(name.value);
      if (group) group.push(x);
      else groups.set(name.value, [x]);
    }
  }
  const entries = new Map<string, Attribute>();
  for (const [name, items] of groups) {
    const every = items.every((x) => x.conditional) ? items[0]?.conditional : undefined;
    entries.set(name, attribute(listValue(call, items, rest), call.at, every));
  }
  return attrsValue(call, entries, rest, xs.origin);
}

function isListPrefix(call: Call, prefix: Thunk, given: Thunk): boolean | Unknown {
  const ps = needList(call, prefix, "hasPrefix");
  if (ps.type === "unknown") return ps;
  const xs = needList(call, given, "hasPrefix");
  if (xs.type === "unknown") return xs;
  const doubt = uncertainty(ps) ?? uncertainty(xs, ps.items.length);
  if (doubt) return becauseOf(doubt, "hasPrefix", call.at);
  if (xs.items.length < ps.items.length) return false;
  for (const [i, p] of ps.items.entries()) {
    const same = equal(call, p.thunk, (xs.items[i] as Item).thunk);
    if (isUnknown(same) || !same) return same;
  }
  return true;
}
