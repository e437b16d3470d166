import type { FunctionValue, Origin, Thunk, Value } from "../../eval/value.ts";

export const origin: Origin = { at: null, step: "builtin", from: [] };

/** A function of a model, of one argument. */
export function f(name: string, apply: (argument: Thunk) => Value): FunctionValue {
  return { type: "function", name, formals: null, ellipsis: false, apply, origin };
}
