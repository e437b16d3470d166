import { stack } from "../budget.ts";
import { dismiss } from "../dismissals.ts";
import { originAt, wrongType } from "../make.ts";
import {
  type Attribute,
  type AttributesValue,
  delayed,
  type Item,
  type ListValue,
  type Place,
  type Unknown,
  type Value,
} from "../value.ts";
import { isDeliberate, isError, isUnfinished, negated, overBudget, pass, undecided } from "./unknowns.ts";

/** More results than these are not kept apart: the value is then simply unknown. */
const mostCandidates = 8;

/**
 * `if condition then … else …`. An undecided condition keeps both: two lists become one list of conditional items, two
 * sets one set of conditional attributes, equal scalars one value, everything else an undecided value. A branch that
 * fails on purpose (`throw`, `assert`) is set aside: whoever gets a value at all gets the other one.
 */
export function branch(condition: Value, then: () => Value, otherwise: () => Value, at: Place): Value {
  if (condition.type === "boolean") return condition.value ? then() : otherwise();
  if (condition.type !== "unknown") return wrongType("boolean", condition.type, at);
  if (isError(condition) || isUnfinished(condition)) return pass(condition, "if", at);
  if (
    condition.why.reason !== "undecided" &&
    condition.shape?.type !== undefined &&
    condition.shape.type !== "boolean"
  ) {
    return wrongType("boolean", condition.shape.type, at);
  }
  dismiss();
  if (stack.exploring >= stack.exploringLimit) return overBudget("depth", at);
  stack.exploring++;
  const first = then();
  const second = otherwise();
  stack.exploring--;
  return join(condition, first, second, at);
}

/** Applies `f` to a value, or to each candidate of an undecided one, and joins the results. */
export function mapUndecided(value: Value, f: (value: Value) => Value, at: Place): Value {
  if (value.type !== "unknown" || value.why.reason !== "undecided") return f(value);
  const { condition, candidates } = value.why;
  dismiss();
  if (stack.exploring >= stack.exploringLimit) return pass(condition, "if", at);
  stack.exploring++;
  const results = candidates.map(f);
  stack.exploring--;
  if (results.length === 1) {
    const [only] = results as [Value];
    return only.type === "unknown" ? only : undecided(condition, results, at);
  }
  return results.reduce((a, b) => join(condition, a, b, at));
}

/** One value for "the first if the condition holds, else the second". */
export function join(condition: Unknown, first: Value, second: Value, at: Place): Value {
  if (first === second) return first;
  if (first.type === "unknown" && isUnfinished(first)) return pass(first, "if", at);
  if (second.type === "unknown" && isUnfinished(second)) return pass(second, "if", at);
  if (first.type === "unknown" && isDeliberate(first)) {
    if (second.type === "unknown" && isError(second)) return first;
    dismiss();
    return second;
  }
  if (second.type === "unknown" && isDeliberate(second)) {
    if (first.type === "unknown" && isError(first)) return second;
    dismiss();
    return first;
  }
  if (first.type === "list" && second.type === "list") return joinLists(condition, first, second, at);
  if (first.type === "attrs" && second.type === "attrs") return joinSets(condition, first, second, at);
  const candidates: Value[] = [];
  for (const value of [...flat(first), ...flat(second)]) {
    if (!candidates.some((c) => sameScalar(c, value))) candidates.push(value);
  }
  const [only] = candidates;
  if (candidates.length === 1 && only) return only;
  if (candidates.length > mostCandidates) return pass(condition, "if", at);
  return undecided(condition, candidates, at);
}

/** True for equal values without parts: those whose candidates may be merged into one. */
export function sameScalar(a: Value, b: Value): boolean {
  if (a === b) return true;
  switch (a.type) {
    case "integer":
    case "boolean":
    case "string":
    case "path":
      return a.type === b.type && a.value === b.value;
    case "float":
      return b.type === "float" && Object.is(a.value, b.value);
    case "null":
      return b.type === "null";
    default:
      return false;
  }
}

function flat(value: Value): readonly Value[] {
  return value.type === "unknown" && value.why.reason === "undecided" ? value.why.candidates : [value];
}

function joinLists(condition: Unknown, a: ListValue, b: ListValue, at: Place): ListValue {
  const not = negated(condition, at);
  const items: Item[] = [];
  // What both begin with is there in any case.
  let same = 0;
  while (same < a.items.length && a.items[same]?.thunk === b.items[same]?.thunk && !a.rest && !b.rest) {
    const [x, y] = [a.items[same] as Item, b.items[same] as Item];
    if (x.conditional !== y.conditional) break;
    items.push(x);
    same++;
  }
  // And what both end with, such as the tail of a fold in which only the first element is undecided.
  let end = 0;
  while (end < Math.min(a.items.length, b.items.length) - same && !a.rest && !b.rest) {
    const [x, y] = [a.items.at(-1 - end) as Item, b.items.at(-1 - end) as Item];
    if (x.thunk !== y.thunk || x.conditional !== y.conditional) break;
    end++;
  }
  for (const item of a.items.slice(same, a.items.length - end))
    items.push({ thunk: item.thunk, conditional: condition });
  for (const item of b.items.slice(same, b.items.length - end)) items.push({ thunk: item.thunk, conditional: not });
  items.push(...a.items.slice(a.items.length - end));
  return { type: "list", items, rest: a.rest ?? b.rest, origin: originAt(at, "operator", [a.origin, b.origin]) };
}

function joinSets(condition: Unknown, a: AttributesValue, b: AttributesValue, at: Place): AttributesValue {
  const not = negated(condition, at);
  const entries = new Map<string, Attribute>();
  for (const [name, x] of a.entries) {
    const y = b.entries.get(name);
    entries.set(name, y ? joinAttributes(condition, x, y, at) : oneSided(condition, x, b.rest, at));
  }
  for (const [name, y] of b.entries) {
    if (!a.entries.has(name)) entries.set(name, oneSided(not, y, a.rest, at));
  }
  return { type: "attrs", entries, rest: a.rest ?? b.rest, origin: originAt(at, "operator", [a.origin, b.origin]) };
}

function joinAttributes(condition: Unknown, x: Attribute, y: Attribute, at: Place): Attribute {
  const conditional = x.conditional ?? y.conditional;
  const thunk =
    x.thunk === y.thunk
      ? x.thunk
      : delayed(x.at, () =>
          branch(
            condition,
            () => x.thunk.force(),
            () => y.thunk.force(),
            at,
          ),
        );
  return conditional ? { thunk, at: x.at, conditional } : { thunk, at: x.at };
}

/** An attribute that only one branch names; the other branch may still have it, of unknown value, when it is open. */
function oneSided(condition: Unknown, x: Attribute, otherRest: Unknown | null, at: Place): Attribute {
  if (otherRest === null) return { thunk: x.thunk, at: x.at, conditional: condition };
  const thunk = delayed(x.at, () =>
    branch(
      condition,
      () => x.thunk.force(),
      () => pass(otherRest, "…", at),
      at,
    ),
  );
  return { thunk, at: x.at, conditional: condition };
}
