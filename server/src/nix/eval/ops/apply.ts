import { stack } from "../budget.ts";
import { wrongType } from "../make.ts";
import { type Place, ready, type Thunk, type Value } from "../value.ts";
import { selectAttribute } from "./attributes.ts";
import { mapUndecided } from "./undecided.ts";
import { isError, overBudget, pass, undecided } from "./unknowns.ts";

/** Calls a function, or a set with `__functor`, with its arguments one after the other. */
export function applyFunction(f: Value, args: readonly Thunk[], at: Place): Value {
  let result = f;
  for (const argument of args) result = applyOne(result, argument, at);
  return result;
}

function applyOne(f: Value, argument: Thunk, at: Place): Value {
  switch (f.type) {
    case "function":
      return f.apply(argument, at);
    case "unknown":
      if (f.why.reason === "undecided") return mapUndecided(f, (one) => applyOne(one, argument, at), at);
      return pass(f, "call", at);
    case "attrs": {
      const functor = f.entries.get("__functor");
      if (!functor) return f.rest ? pass(f.rest, "__functor", at) : wrongType("function", "attrs", at);
      if (stack.depth >= stack.limit) return overBudget("depth", at);
      stack.depth++;
      const called = applyFunction(selectAttribute(f, "__functor", at), [ready(f), argument], at);
      stack.depth--;
      if (functor.conditional && !(called.type === "unknown" && isError(called))) {
        return called.type === "unknown" ? called : undecided(functor.conditional, [called], at);
      }
      return called;
    }
    default:
      return wrongType("function", f.type, at);
  }
}
