import { attributes, list, unsupported, wrongType } from "../make.ts";
import { applyFunction, lessThan, overBudget, pass } from "../ops.ts";
import {
  type Attribute,
  type AttributesValue,
  type Item,
  type ListValue,
  ready,
  type Thunk,
  type Unknown,
  type Value,
} from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, errorOf, expect, expectClosed, failsAt, madeBy, notCallable } from "./kit.ts";

const listShape = { type: "list" } as const;
const setShape = { type: "attrs" } as const;

/** Builtins that order or group the elements of lists. */
export const sortBuiltins: readonly Definition[] = [
  builtin("sort", "comparator list", "(a -> a -> bool) -> [a] -> [a]", (call, comparator, given) =>
    expectClosed(call, given, "sort", (thunks, l) => sort(call, comparator, thunks, l), listShape),
  ),
  builtin("partition", "pred list", "(a -> bool) -> [a] -> { right, wrong }", (call, pred, given) => {
    const bad = notCallable(call, pred);
    if (bad) return pass(bad, "partition", call.at, setShape);
    return expect(call, given, "list", "partition", (l) => partition(call, pred, l), setShape);
  }),
  builtin("groupBy", "f list", "(a -> string) -> [a] -> { }", (call, f, given) => {
    const bad = notCallable(call, f);
    if (bad) return pass(bad, "groupBy", call.at, setShape);
    return expect(call, given, "list", "groupBy", (l) => groupBy(call, f, l), setShape);
  }),
  builtin("genericClosure", "attrset", "{ startSet, operator } -> [{ key }]", (call, set) =>
    expect(call, set, "attrs", "genericClosure", (s) => closure(call, s), listShape),
  ),
];

function sort(call: Call, comparator: Thunk, thunks: readonly Thunk[], l: ListValue): Value {
  if (thunks.length === 0) return l;
  const bad = notCallable(call, comparator);
  if (bad) return pass(bad, "sort", call.at, listShape);
  for (const thunk of thunks) {
    const value = thunk.force();
    if (errorOf(value)) return pass(value as Unknown, "sort", call.at, listShape);
  }
  let problem: Unknown | null = null;
  const before = (a: Thunk, b: Thunk): boolean => {
    if (problem) return false;
    if (!call.evaluator.spend()) problem = overBudget("steps", call.at);
    const answer = applyFunction(comparator.force(), [a, b], call.at);
    if (answer.type === "boolean") return answer.value;
    problem ??=
      answer.type === "unknown" ? pass(answer, "sort", call.at, listShape) : wrongType("boolean", answer.type, call.at);
    return false;
  };
  const sorted = [...thunks].sort((a, b) => {
    if (!before(a, b)) return before(b, a) ? 1 : 0;
    // What is less both ways is no order: the result would depend on the algorithm.
    if (before(b, a)) problem ??= unsupported("sort with a comparison that is not an order", call.at, listShape);
    return -1;
  });
  for (let i = 1; i < sorted.length && !problem; i++) {
    if (before(sorted[i] as Thunk, sorted[i - 1] as Thunk)) {
      problem ??= unsupported("sort with a comparison that is not an order", call.at, listShape);
    }
  }
  return problem ?? list(sorted, madeBy(call, l.origin));
}

function partition(call: Call, pred: Thunk, l: ListValue): Value {
  const right: Item[] = [];
  const wrong: Item[] = [];
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    // Unlike `filter`, Nix evaluates the elements here.
    const element = item.thunk.force();
    if (element.type === "unknown" && failsAt(element, item)) {
      if (item.conditional) continue;
      return pass(element, "partition", call.at);
    }
    const answer = applyFunction(pred.force(), [item.thunk], call.at);
    if (answer.type === "boolean") (answer.value ? right : wrong).push(item);
    else if (answer.type !== "unknown") {
      if (!item.conditional) return wrongType("boolean", answer.type, call.at);
    } else if (failsAt(answer, item)) {
      // A conditional element that fails is not there, if there is a value at all.
      if (!item.conditional) return pass(answer, "partition", call.at, setShape);
    } else {
      right.push({ thunk: item.thunk, conditional: answer });
      wrong.push({ thunk: item.thunk, conditional: answer });
    }
  }
  const part = (items: readonly Item[]): Value => ({
    type: "list",
    items,
    rest: l.rest,
    origin: madeBy(call, l.origin),
  });
  return attributes(
    [
      ["right", part(right)],
      ["wrong", part(wrong)],
    ],
    madeBy(call),
  );
}

function groupBy(call: Call, f: Thunk, l: ListValue): Value {
  const groups = new Map<string, Item[]>();
  let rest: Unknown | null = l.rest;
  for (const item of l.items) {
    if (!call.evaluator.spend()) return overBudget("steps", call.at);
    const name = applyFunction(f.force(), [item.thunk], call.at);
    if (name.type === "string") {
      const group = groups.get(name.value);
      if (group) group.push(item);
      else groups.set(name.value, [item]);
    } else if (name.type !== "unknown") {
      if (!item.conditional) return wrongType("string", name.type, call.at);
    } else if (failsAt(name, item)) {
      // A conditional element that fails is not there, if there is a value at all.
      if (!item.conditional) return pass(name, "groupBy", call.at, setShape);
    } else rest ??= pass(name, "groupBy", call.at);
  }
  const entries = new Map<string, Attribute>();
  for (const [name, items] of groups) {
    const value: Value = { type: "list", items, rest, origin: madeBy(call, l.origin) };
    const conditional = items.every((item) => item.conditional) ? items[0]?.conditional : undefined;
    const thunk = ready(value);
    entries.set(name, conditional ? { thunk, at: call.at, conditional } : { thunk, at: call.at });
  }
  return { type: "attrs", entries, rest, origin: madeBy(call, l.origin) };
}

function closure(call: Call, set: AttributesValue): Value {
  const start = set.entries.get("startSet");
  const operator = set.entries.get("operator");
  if (!start || !operator) {
    return set.rest
      ? pass(set.rest, "genericClosure", call.at, listShape)
      : wrongType("set with startSet and operator", "attrs", call.at);
  }
  return expectClosed(
    call,
    start.thunk,
    "genericClosure",
    (thunks) => {
      const work = [...thunks];
      const seen = new Seen(call);
      const result: Thunk[] = [];
      if (work.length > 0) {
        const bad = notCallable(call, operator.thunk);
        if (bad) return pass(bad, "genericClosure", call.at, listShape);
      }
      for (let at = 0; at < work.length; at++) {
        const next = work[at] as Thunk;
        // A key that is not text is compared with all before it.
        if (!call.evaluator.spend(seen.comparisons)) return overBudget("steps", call.at);
        const element = next.force();
        if (element.type === "unknown") return pass(element, "genericClosure", call.at, listShape);
        const key = element.type === "attrs" ? element.entries.get("key") : undefined;
        if (!key) return wrongType("set with a key", element.type, call.at);
        const isNew = seen.add(key.thunk.force());
        if (isNew === false) continue;
        if (isNew !== true) return pass(isNew, "genericClosure", call.at, listShape);
        result.push(next);
        let problem: Value | null = null;
        const more = expectClosed(
          call,
          applyFunction(operator.thunk.force(), [next], call.at),
          "genericClosure",
          (list_, l) => {
            work.push(...list_);
            return l;
          },
        );
        if (more.type !== "list") problem = more;
        if (problem) return problem;
      }
      return list(result, madeBy(call));
    },
    listShape,
  );
}

/** The keys met so far, told apart as `<` does. */
class Seen {
  readonly #call: Call;
  readonly #texts = new Set<string>();
  readonly #others: Value[] = [];

  constructor(call: Call) {
    this.#call = call;
  }

  /** How many steps it takes to add a key. */
  get comparisons(): number {
    return 1 + 2 * this.#others.length;
  }

  /** True if the key is new; an unknown if that cannot be told, or if keys cannot be compared. */
  add(key: Value): boolean | Unknown {
    if (key.type === "unknown") return key;
    if (key.type === "string" && this.#others.length === 0) {
      if (this.#texts.has(key.value)) return false;
      this.#texts.add(key.value);
      return true;
    }
    if (this.#texts.size > 0) return wrongType("string", key.type, this.#call.at);
    for (const other of this.#others) {
      const less = lessThan(key, other, this.#call.at);
      if (less.type === "unknown") return less;
      const more = lessThan(other, key, this.#call.at);
      if (more.type === "unknown") return more;
      if (less.type === "boolean" && more.type === "boolean" && !less.value && !more.value) return false;
    }
    this.#others.push(key);
    return true;
  }
}
