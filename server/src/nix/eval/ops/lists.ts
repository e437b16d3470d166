import { charge, sizeLimits } from "../budget.ts";
import { originAt, wrongType } from "../make.ts";
import type { Item, ListValue, Origin, Place, Unknown, Value } from "../value.ts";
import { mapUndecided } from "./undecided.ts";
import { isError, overBudget, pass } from "./unknowns.ts";

/** `left ++ right`. An unknown side leaves an open list. */
export function concatLists(left: Value, right: Value, at: Place): Value {
  return mapUndecided(left, (a) => mapUndecided(right, (b) => concat([a, b], "++", at), at), at);
}

/** Many lists in a row, as `builtins.concatLists` and module merging need. */
export function concatManyLists(lists: readonly Value[], via: string, at: Place): Value {
  const index = lists.findIndex((v) => v.type === "unknown" && v.why.reason === "undecided");
  if (index < 0) return concat(lists, via, at);
  return mapUndecided(
    lists[index] as Value,
    (v) =>
      concatManyLists(
        lists.map((old, i) => (i === index ? v : old)),
        via,
        at,
      ),
    at,
  );
}

function concat(lists: readonly Value[], via: string, at: Place): Value {
  let rest: Unknown | null = null;
  const full: ListValue[] = [];
  let uncertain = false;
  // Nix evaluates all operands of `++` before it looks at their types.
  const error = via === "++" ? lists.find((v) => v.type === "unknown" && isError(v)) : undefined;
  if (error?.type === "unknown") return pass(error, via, at, { type: "list" });
  for (const v of lists) {
    if (v.type === "list") {
      if (v.items.length > 0 || v.rest) full.push(v);
    } else if (v.type !== "unknown") return uncertain && rest ? rest : wrongType("list", v.type, at);
    else if (isError(v)) return uncertain && rest ? rest : pass(v, via, at, { type: "list" });
    else if (v.shape?.type !== undefined && v.shape.type !== "list") return wrongType("list", v.shape.type, at);
    else {
      rest ??= pass(v, via, at, { type: "list" });
      uncertain = true;
    }
  }
  if (rest && full.length === 0) return rest;
  if (full.length === 1 && !rest) return full[0] as ListValue;
  const items: Item[] = [];
  const origins: Origin[] = [];
  for (const one of full) {
    if (items.length + one.items.length > sizeLimits.elements) return overBudget("size", at);
    charge(one.items.length);
    for (const item of one.items) items.push(item);
    origins.push(one.origin);
    rest ??= one.rest;
  }
  return { type: "list", items, rest, origin: originAt(at, "operator", origins) };
}
