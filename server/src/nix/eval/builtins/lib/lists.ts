import { attributes, becauseOf, fails as failure, integer, list } from "../../make.ts";
import { type Item, type ListValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { apply, applyLater, budget, choose, equal, fails, force, holds, isUnknown, later } from "./combine.ts";
import { builtin, item, listValue, made, need, needCount, needList, section, uncertainty } from "./kit.ts";

const define = section("lists", "lib/lists.nix");

/** `lib.lists`: what makes lists of lists and folds them. Marks of conditional elements stay; an open list stays open. */
export const lists: readonly Definition[] = [
  define("singleton", "x", "a -> [a]", (call, x) => list([x], made(call))),
  define("forEach", "xs! f", "[a] -> (a -> b) -> [b]", (call, xs, f) =>
    mapList(call, "forEach", xs, (x) => applyLater(call, f, x)),
  ),
  define("foldr", "op nul list!", "(a -> b -> b) -> b -> [a] -> b", foldRight),
  define("fold", "op nul list!", "(a -> b -> b) -> b -> [a] -> b", foldRight),
  define("foldl", "op nul list!", "(b -> a -> b) -> b -> [a] -> b", foldLeft),
  define("foldl'", "op nul list", "(b -> a -> b) -> b -> [a] -> b", (call, op, nul, given) => {
    // Stricter than the builtin: the start is evaluated even where it is not used.
    const start = nul.force();
    return start.type === "unknown" && fails(start) ? start : builtin(call, "foldl'", op, nul, given);
  }),
  define("imap0", "f list!", "(int -> a -> b) -> [a] -> [b]", (call, f, xs) => mapIndexed(call, f, xs, 0)),
  define("imap1", "f list!", "(int -> a -> b) -> [a] -> [b]", (call, f, xs) => mapIndexed(call, f, xs, 1)),
  define("ifilter0", "predicate list!", "(int -> a -> bool) -> [a] -> [a]", (call, predicate, given) => {
    const xs = needList(call, given, "ifilter0");
    if (xs.type === "unknown") return xs;
    const indices = indexThunks(call, xs, 0);
    return filterItems(call, xs, (x, i) => holds(call, predicate, indices[i] as Thunk, x));
  }),
  define("flatten", "x!", "a | [a] -> [b]", (call, x) => {
    const value = force(x);
    return value.type === "list" || value.type === "unknown" ? flattened(call, value) : list([x], made(call));
  }),
  define("concatAttrValues", "set", "{ ${name} :: [a] } -> [a]", (call, set) => {
    const xs = builtin(call, "attrValues", set);
    return xs.type === "list" ? concatItems(call, xs, (x) => x.force()) : xs;
  }),
  define("remove", "e list!", "a -> [a] -> [a]", (call, e, given) =>
    filterList(call, "remove", given, (x) => not(equal(call, x, e))),
  ),
  define("count", "predicate list!", "(a -> bool) -> [a] -> int", (call, predicate, given) => {
    const xs = needList(call, given, "count");
    if (xs.type === "unknown") return xs;
    if (xs.rest) return becauseOf(xs.rest, "count", call.at, { type: "integer" });
    let found = 0;
    for (const { thunk, conditional } of xs.items) {
      const verdict = holds(call, predicate, thunk);
      if (isUnknown(verdict)) return verdict;
      if (verdict && conditional) return becauseOf(conditional, "count", call.at, { type: "integer" });
      if (verdict) found++;
    }
    return integer(found, made(call));
  }),
  define("optional", "condition element", "bool -> a -> [a]", (call, condition, element) => {
    const given = need(call, condition, "boolean", "optional");
    if (given.type === "unknown") return fails(given) ? given : listValue(call, [item(element, given)]);
    return list(given.value ? [element] : [], made(call));
  }),
  define("optionals", "condition elements", "bool -> [a] -> [a]", (call, condition, elements) => {
    const given = need(call, condition, "boolean", "optionals");
    if (given.type === "unknown")
      return choose(
        call,
        given,
        () => elements.force(),
        () => list([], made(call)),
      );
    return given.value ? elements.force() : list([], made(call));
  }),
  define("toList", "x!", "a | [a] -> [a]", (call, x) => {
    const value = x.force();
    if (value.type === "unknown") return becauseOf(value, "toList", call.at, { type: "list" });
    return value.type === "list" ? value : list([x], made(call));
  }),
  define("range", "first! last!", "int -> int -> [int]", (call, first, last) => {
    const from = need(call, first, "integer", "range");
    if (from.type === "unknown") return from;
    const to = need(call, last, "integer", "range");
    if (to.type === "unknown") return to;
    const length = to.value - from.value + 1n;
    return generate(call, length > 0n ? Number(length) : 0, (i) =>
      ready(integer(from.value + BigInt(i), made(call, [from.origin, to.origin]))),
    );
  }),
  define("replicate", "n! element", "int -> a -> [a]", (call, n, element) => {
    const times = needCount(call, n, "replicate");
    return typeof times === "number" ? generate(call, times, () => element) : times;
  }),
  define("reverseList", "xs!", "[a] -> [a]", (call, given) => {
    const xs = needList(call, given, "reverseList");
    return xs.type === "unknown" ? xs : listValue(call, [...xs.items].reverse(), xs.rest, xs.origin);
  }),
  define("zipListsWith", "f first! second!", "(a -> b -> c) -> [a] -> [b] -> [c]", (call, f, first, second) =>
    zip(call, first, second, (a, b) => applyLater(call, f, a, b)),
  ),
  define("zipLists", "first! second!", "[a] -> [b] -> [{ fst :: a; snd :: b; }]", (call, first, second) =>
    zip(call, first, second, (fst, snd) =>
      ready(
        attributes(
          [
            ["fst", fst],
            ["snd", snd],
          ],
          made(call),
        ),
      ),
    ),
  ),
  define("crossLists", "f lists!", "(a -> b -> c) -> [[a] [b]] -> [c]", (call, f, given) => {
    const xs = needList(call, given, "crossLists");
    if (xs.type === "unknown") return xs;
    return foldStrictly(call, xs, list([f]), (functions, args) => {
      const each = needList(call, functions, "crossLists");
      return each.type === "unknown"
        ? each
        : concatItems(call, each, (g) => mapList(call, "crossLists", args, (x) => applyLater(call, g, x)));
    });
  }),
];

/** A list of new elements, one for each of the given: conditional elements stay conditional, and open stays open. */
export function mapList(call: Call, via: string, given: Thunk | Value, f: (x: Thunk) => Thunk): Value {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  if (!call.evaluator.spend(xs.items.length)) return budget(call);
  return listValue(
    call,
    xs.items.map((x) => item(f(x.thunk), x.conditional)),
    xs.rest,
    xs.origin,
  );
}

/** Filters; an element of which the predicate cannot tell is kept as a conditional one. */
export function filterList(
  call: Call,
  via: string,
  given: Thunk | Value,
  test: (x: Thunk) => boolean | Unknown,
): Value {
  const xs = needList(call, given, via);
  return xs.type === "unknown" ? xs : filterItems(call, xs, test);
}

function filterItems(call: Call, xs: ListValue, test: (x: Thunk, index: number) => boolean | Unknown): Value {
  const kept: Item[] = [];
  for (const [i, x] of xs.items.entries()) {
    const verdict = test(x.thunk, i);
    if (isUnknown(verdict) && fails(verdict) && !x.conditional) return verdict;
    kept.push(...keep(x, verdict));
  }
  return listValue(call, kept, xs.rest, xs.origin);
}

function keep(x: Item, verdict: boolean | Unknown): Item[] {
  if (verdict === false) return [];
  return [verdict === true ? x : item(x.thunk, x.conditional ?? verdict)];
}

export function not(verdict: boolean | Unknown): boolean | Unknown {
  return isUnknown(verdict) ? verdict : !verdict;
}

/** The lists that `f` gives, one after the other. */
export function concatItems(call: Call, xs: ListValue, f: (x: Thunk) => Value): Value {
  const items: Item[] = [];
  let rest = xs.rest;
  for (const x of xs.items) {
    if (!call.evaluator.spend()) return budget(call);
    const part = needList(call, f(x.thunk), "concatMap");
    if (part.type === "unknown") {
      if (fails(part) && !x.conditional) return part;
      rest ??= part;
      continue;
    }
    rest ??= part.rest;
    for (const inner of part.items) items.push(item(inner.thunk, inner.conditional ?? x.conditional));
  }
  return listValue(call, items, rest, xs.origin);
}

function flattened(call: Call, value: Value): Value {
  const xs = needList(call, value, "flatten");
  if (xs.type === "unknown") return xs;
  return concatItems(call, xs, (x) => {
    const inner = x.force();
    return inner.type === "list" ? flattened(call, inner) : inner.type === "unknown" ? inner : list([x]);
  });
}

/** Elements of which the index is not certain (an earlier one is conditional) get an unknown index. */
function indexThunks(call: Call, xs: ListValue, first: number): Thunk[] {
  let doubt: Unknown | null = xs.rest;
  return xs.items.map((x, i) => {
    const thunk = ready(
      doubt ? becauseOf(doubt, "index", call.at, { type: "integer" }) : integer(i + first, made(call)),
    );
    doubt ??= x.conditional ?? null;
    return thunk;
  });
}

/** `f index element` for each element. */
export function mapIndexed(call: Call, f: Thunk, given: Thunk, first: number): Value {
  const xs = needList(call, given, `imap${first}`);
  if (xs.type === "unknown") return xs;
  const indices = indexThunks(call, xs, first);
  return listValue(
    call,
    xs.items.map((x, i) => item(applyLater(call, f, indices[i] as Thunk, x.thunk), x.conditional)),
    xs.rest,
    xs.origin,
  );
}

/** `op x₀ (op x₁ (… nul))`, each inner part only when asked for. A conditional element leaves both ways open. */
function foldRight(call: Call, op: Thunk, nul: Thunk, given: Thunk): Value {
  const xs = needList(call, given, "foldr");
  if (xs.type === "unknown") return xs;
  if (xs.rest) return becauseOf(xs.rest, "foldr", call.at);
  let result: Thunk = nul;
  for (let i = xs.items.length - 1; i >= 0; i--) {
    const { thunk, conditional } = xs.items[i] as Item;
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
  return result.force();
}

function foldLeft(call: Call, op: Thunk, nul: Thunk, given: Thunk): Value {
  const xs = needList(call, given, "foldl");
  if (xs.type === "unknown") return xs;
  if (xs.rest) return becauseOf(xs.rest, "foldl", call.at);
  let result: Thunk = nul;
  for (const { thunk, conditional } of xs.items) {
    const before = result;
    result = conditional
      ? later(call, () =>
          choose(
            call,
            conditional,
            () => apply(call, op, before, thunk),
            () => before.force(),
          ),
        )
      : applyLater(call, op, before, thunk);
  }
  return result.force();
}

/** A strict fold from the left in our own terms. */
export function foldStrictly(
  call: Call,
  xs: ListValue,
  start: Value,
  step: (accumulated: Value, x: Thunk) => Value,
): Value {
  if (xs.rest) return becauseOf(xs.rest, "foldl'", call.at);
  let result = start;
  for (const { thunk, conditional } of xs.items) {
    if (!call.evaluator.spend()) return budget(call);
    const before = result;
    result = conditional
      ? choose(
          call,
          conditional,
          () => step(before, thunk),
          () => before,
        )
      : step(before, thunk);
    if (result.type === "unknown" && fails(result)) return result;
  }
  return result;
}

/** `count` elements; lists of unreasonable length are out of budget rather than out of memory. */
export function generate(call: Call, count: number, element: (index: number) => Thunk): Value {
  if (count < 0) return failure(`cannot create list of size ${count}`, call.at);
  if (count > 1_000_000 || !call.evaluator.spend(count)) return budget(call);
  return list(
    Array.from({ length: count }, (_, i) => element(i)),
    made(call),
  );
}

function zip(call: Call, first: Thunk, second: Thunk, f: (a: Thunk, b: Thunk) => Thunk): Value {
  const xs = needList(call, first, "zipListsWith");
  if (xs.type === "unknown") return xs;
  const ys = needList(call, second, "zipListsWith");
  if (ys.type === "unknown") return ys;
  const length = Math.min(xs.items.length, ys.items.length);
  const doubt = uncertainty(xs, length) ?? uncertainty(ys, length);
  if (doubt) return becauseOf(doubt, "zipListsWith", call.at, { type: "list" });
  return list(
    Array.from({ length }, (_, i) => f((xs.items[i] as Item).thunk, (ys.items[i] as Item).thunk)),
    made(call),
  );
}
