import { charge, sizeLimits } from "../budget.ts";
import { boolean, fails, integer, list, wrongType } from "../make.ts";
import {
  and,
  applyFunction,
  branch,
  concatManyLists,
  equalThunks,
  forward,
  isError,
  isUnfinished,
  or,
  overBudget,
  pass,
} from "../ops.ts";
import { delayed, type Item, type ListValue, ready, type Thunk, type Unknown, type Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { Application, builtin, errorOf, expect, failsAt, madeBy, notCallable, uncertainty } from "./kit.ts";

const listShape = { type: "list" } as const;
const booleanShape = { type: "boolean" } as const;

/** Builtins on lists. Conditional items keep their mark, and an open list stays open, wherever that is possible. */
export const listBuiltins: readonly Definition[] = [
  builtin("length", "list", "[a] -> int", (call, given) =>
    expect(
      call,
      given,
      "list",
      "length",
      (l) => {
        const open = uncertainty(l);
        return open
          ? pass(open, "length", call.at, { type: "integer" })
          : integer(l.items.length, madeBy(call, l.origin));
      },
      { type: "integer" },
    ),
  ),
  builtin("head", "list", "[a] -> a", (call, given) =>
    expect(call, given, "list", "head", (l) => elementAt(call, l, 0, "head")),
  ),
  builtin("tail", "list", "[a] -> [a]", (call, given) =>
    expect(call, given, "list", "tail", (l) => tail(call, l), listShape),
  ),
  builtin("elemAt", "list n", "[a] -> int -> a", (call, given, index) => {
    return expect(call, given, "list", "elemAt", (l) =>
      expect(call, index, "integer", "elemAt", (n) => elementAt(call, l, Number(n.value), "elemAt")),
    );
  }),
  builtin("map", "f list", "(a -> b) -> [a] -> [b]", (call, f, given) => {
    return expect(
      call,
      given,
      "list",
      "map",
      (l) => {
        if (l.items.length === 0) return l;
        const bad = notCallable(call, f);
        if (bad) return pass(bad, "map", call.at, listShape);
        if (!call.evaluator.spend(l.items.length)) return overBudget("steps", call.at);
        return mapItems(call, l, (thunk) => new Application(f, [thunk], call.at));
      },
      listShape,
    );
  }),
  builtin("filter", "f list", "(a -> bool) -> [a] -> [a]", (call, f, given) => {
    return expect(call, given, "list", "filter", (l) => filter(call, f, l), listShape);
  }),
  builtin("elem", "x list", "a -> [a] -> bool", (call, x, given) => {
    return expect(
      call,
      given,
      "list",
      "elem",
      (l) => quantify(call, l, (thunk) => equalThunks(x, thunk, call.at), true, "elem"),
      booleanShape,
    );
  }),
  builtin("any", "f list", "(a -> bool) -> [a] -> bool", (call, f, given) => quantifier(call, [f, given], true, "any")),
  builtin("all", "f list", "(a -> bool) -> [a] -> bool", (call, f, given) =>
    quantifier(call, [f, given], false, "all"),
  ),
  builtin("concatLists", "lists", "[[a]] -> [a]", (call, given) =>
    expect(
      call,
      given,
      "list",
      "concatLists",
      (l) => concatAll(call, l, (thunk) => thunk.force(), "concatLists"),
      listShape,
    ),
  ),
  builtin("concatMap", "f list", "(a -> [b]) -> [a] -> [b]", (call, f, given) => {
    const bad = notCallable(call, f);
    if (bad) return pass(bad, "concatMap", call.at, listShape);
    return expect(
      call,
      given,
      "list",
      "concatMap",
      (l) => concatAll(call, l, (thunk) => applyFunction(f.force(), [thunk], call.at), "concatMap"),
      listShape,
    );
  }),
  builtin("foldl'", "op nul list", "(b -> a -> b) -> b -> [a] -> b", (call, op, nul, given) => {
    const bad = notCallable(call, op);
    if (bad) return pass(bad, "foldl'", call.at);
    return expect(call, given, "list", "foldl'", (l) => fold(call, op, nul, l));
  }),
  builtin("genList", "generator length", "(int -> a) -> int -> [a]", (call, generator, length) => {
    return expect(
      call,
      length,
      "integer",
      "genList",
      (n) => {
        if (n.value < 0n) return fails(`cannot create list of size ${n.value}`, call.at);
        if (n.value > BigInt(sizeLimits.elements)) return overBudget("size", call.at);
        const count = Number(n.value);
        if (!call.evaluator.spend(count)) return overBudget("steps", call.at);
        const bad = count > 0 ? notCallable(call, generator) : null;
        if (bad) return pass(bad, "genList", call.at, listShape);
        const thunks = Array.from(
          { length: count },
          (_, i) => new Application(generator, [ready(integer(i))], call.at),
        );
        return list(thunks, madeBy(call));
      },
      listShape,
    );
  }),
];

/** The list with every element replaced; marks are kept. */
export function mapItems(call: Call, l: ListValue, change: (thunk: Thunk) => Thunk): ListValue {
  charge(2 * l.items.length);
  const items = l.items.map((item) => ({ ...item, thunk: change(item.thunk) }));
  return { type: "list", items, rest: l.rest && pass(l.rest, "map", call.at), origin: madeBy(call, l.origin) };
}

function elementAt(call: Call, l: ListValue, index: number, via: string): Value {
  if (l.rest) return pass(l.rest, via, call.at);
  const before = l.items.slice(0, index + 1).find((item) => item.conditional);
  if (before?.conditional && index >= 0) return firstPossible(call, l, index, via);
  const item = l.items[index];
  if (!item) return fails(index === 0 ? "list is empty" : `list index ${index} is out of bounds`, call.at);
  const value = item.thunk.force();
  return value.type === "unknown" ? forward(value, via, call.at) : value;
}

/** The first element of a list that begins with conditional ones: each of them may be it. */
function firstPossible(call: Call, l: ListValue, index: number, via: string): Value {
  const item = l.items[index];
  if (index !== 0 || !item?.conditional) {
    const cause = l.items.find((one) => one.conditional)?.conditional as Unknown;
    return pass(cause, via, call.at);
  }
  const others: ListValue = { ...l, items: l.items.slice(1) };
  return branch(
    item.conditional,
    () => item.thunk.force(),
    () => elementAt(call, others, 0, via),
    call.at,
  );
}

function tail(call: Call, l: ListValue): Value {
  const [first] = l.items;
  const open = l.rest ?? first?.conditional;
  if (open) return pass(open, "tail", call.at, listShape);
  if (!first) return fails("'tail' called on an empty list", call.at);
  charge(l.items.length);
  return { type: "list", items: l.items.slice(1), rest: null, origin: madeBy(call, l.origin) };
}

function filter(call: Call, f: Thunk, l: ListValue): Value {
  if (l.items.length === 0) return l;
  const bad = notCallable(call, f);
  if (bad) return pass(bad, "filter", call.at, listShape);
  const items: Item[] = [];
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const keep = applyFunction(f.force(), [item.thunk], call.at);
    if (keep.type === "boolean") {
      if (keep.value) items.push(item);
    } else if (keep.type !== "unknown") {
      if (!item.conditional) return wrongType("boolean", keep.type, call.at);
    } else if (failsAt(keep, item)) {
      // A conditional element that fails is not there, if there is a value at all.
      if (!item.conditional) return pass(keep, "filter", call.at, listShape);
    } else items.push({ thunk: item.thunk, conditional: keep });
  }
  return { type: "list", items, rest: l.rest && pass(l.rest, "filter", call.at), origin: madeBy(call, l.origin) };
}

function quantifier(call: Call, [f, given]: readonly [Thunk, Thunk], decisive: boolean, via: string): Value {
  const bad = notCallable(call, f);
  if (bad) return pass(bad, via, call.at, booleanShape);
  return expect(
    call,
    given,
    "list",
    via,
    (l) => quantify(call, l, (thunk) => applyFunction(f.force(), [thunk], call.at), decisive, via),
    booleanShape,
  );
}

/** Is there an element (`decisive` true), or do all elements hold (false)? One sure element decides, even of an open list. */
function quantify(call: Call, l: ListValue, holds: (thunk: Thunk) => Value, decisive: boolean, via: string): Value {
  let result: Value = boolean(!decisive, madeBy(call, l.origin));
  const combine = decisive ? or : and;
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const condition = item.conditional;
    result = combine(
      result,
      () =>
        condition
          ? branch(
              condition,
              () => holds(item.thunk),
              () => boolean(!decisive),
              call.at,
            )
          : holds(item.thunk),
      call.at,
    );
    if (result.type === "boolean" && result.value === decisive) return result;
    if (errorOf(result)) return result;
  }
  if (!l.rest) return result;
  return result.type === "unknown" ? result : pass(l.rest, via, call.at, booleanShape);
}

function concatAll(call: Call, l: ListValue, part: (thunk: Thunk) => Value, via: string): Value {
  const parts: Value[] = [];
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const value = part(item.thunk);
    const { conditional } = item;
    if (errorOf(value) && !conditional) return pass(value as Unknown, via, call.at, listShape);
    // Element after element: what is no list fails before the next one is evaluated.
    if (!conditional && value.type !== "list" && value.type !== "unknown")
      return wrongType("list", value.type, call.at);
    if (!conditional) parts.push(value);
    else if (value.type === "list") {
      parts.push({ ...value, items: value.items.map(({ thunk }) => ({ thunk, conditional })) });
    } else if (value.type !== "unknown" || !failsAt(value, item))
      parts.push(pass(conditional, via, call.at, listShape));
  }
  if (l.rest) parts.push(pass(l.rest, via, call.at, listShape));
  return parts.length === 0 ? list([], madeBy(call, l.origin)) : concatManyLists(parts, via, call.at);
}

function fold(call: Call, op: Thunk, nul: Thunk, l: ListValue): Value {
  if (l.rest) return pass(l.rest, "foldl'", call.at);
  let result: Thunk = nul;
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const before = result;
    const step = () => applyFunction(op.force(), [before, item.thunk], call.at);
    const { conditional } = item;
    // A thunk, because what its value was made from belongs to it.
    result = delayed(call.at, () => (conditional ? branch(conditional, step, () => before.force(), call.at) : step()));
    const value = result.force();
    if (value.type === "unknown" && (isError(value) || isUnfinished(value))) return value;
  }
  return result.force();
}
