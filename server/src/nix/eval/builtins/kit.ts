import { external, originAt, wrongType } from "../make.ts";
import { applyFunction, type CoercionMode, coerceToString, isError, mapUndecided, pass, rootOf } from "../ops.ts";
import {
  type Item,
  type Known,
  type ListValue,
  type Origin,
  type Place,
  Thunk,
  type Unknown,
  type Value,
  type ValueType,
} from "../value.ts";
import type { Call, Definition } from "./definition.ts";

type OfType<T extends ValueType> = Extract<Known, { readonly type: T }>;

/** Declares a builtin of Nix; `parameters` are separated by spaces. */
export function builtin(name: string, parameters: string, signature: string, run: Definition["run"]): Definition {
  return { name, parameters: parameters.split(" "), signature, source: "Nix manual, builtins", run };
}

/** A builtin whose result lies outside the evaluation: it is named, so that the reason can be told. */
export function outside(
  name: string,
  parameters: string,
  signature: string,
  what: string,
  shape?: Unknown["shape"],
): Definition {
  return { ...builtin(name, parameters, signature, (call) => external(what, call.at, shape)), unknown: what };
}

/** Goes on with the argument if it is of the type; each candidate of an undecided one is tried, other unknowns pass. */
export function expect<T extends ValueType>(
  call: Call,
  argument: Thunk | Value,
  type: T,
  via: string,
  use: (value: OfType<T>) => Value,
  shape?: Unknown["shape"],
): Value {
  const value = argument instanceof Thunk ? argument.force() : argument;
  if (value.type === type) return use(value as OfType<T>);
  return mapUndecided(
    value,
    (v) => {
      if (v.type === type) return use(v as OfType<T>);
      if (v.type !== "unknown") return wrongType(type, v.type, call.at);
      return pass(v, via, call.at, shape);
    },
    call.at,
  );
}

/** Goes on with the text of a string argument: no coercion. */
export function expectText(
  call: Call,
  argument: Thunk | Value,
  via: string,
  use: (text: string) => Value,
  shape?: Unknown["shape"],
): Value {
  return expect(call, argument, "string", via, (v) => use(v.value), shape);
}

/** Goes on with the argument as a string, coerced as `mode` allows. */
export function coerced(
  call: Call,
  argument: Thunk | Value,
  mode: CoercionMode,
  via: string,
  use: (text: string) => Value,
  shape?: Unknown["shape"],
): Value {
  const value = argument instanceof Thunk ? argument.force() : argument;
  return expectText(call, coerceToString(value, mode, call.at), via, use, shape);
}

/** Goes on with all elements of a list that is fully known; an open one gives unknown. */
export function expectClosed(
  call: Call,
  argument: Thunk | Value,
  via: string,
  use: (elements: readonly Thunk[], list: ListValue) => Value,
  shape?: Unknown["shape"],
): Value {
  return expect(
    call,
    argument,
    "list",
    via,
    (list) => {
      const open = uncertainty(list);
      return open
        ? pass(open, via, call.at, shape)
        : use(
            list.items.map((item) => item.thunk),
            list,
          );
    },
    shape,
  );
}

/** Why the number of elements is not known; null when it is. */
export function uncertainty(list: ListValue): Unknown | null {
  if (list.rest) return list.rest;
  for (const item of list.items) if (item.conditional) return item.conditional;
  return null;
}

/** The value if it is an unknown that surely is an error: the whole operation then fails. */
export function errorOf(value: Value): Unknown | null {
  return value.type === "unknown" && isError(value) ? value : null;
}

/**
 * True when an operation surely fails at this element, so that a conditional one is not there if there is a value at all.
 * A cycle may come from looking at a branch that is not taken: of a conditional element it proves nothing.
 */
export function failsAt(value: Unknown, item: Item): boolean {
  return isError(value) && !(item.conditional && rootOf(value).why.reason === "cycle");
}

/** `f x` when it is asked for. */
export class Application extends Thunk {
  readonly at: Place;
  readonly #f: Thunk;
  readonly #args: readonly Thunk[];

  constructor(f: Thunk, args: readonly Thunk[], at: Place) {
    super();
    this.at = at;
    this.#f = f;
    this.#args = args;
  }

  protected compute(): Value {
    return applyFunction(this.#f.force(), this.#args, this.at);
  }
}

/** Why the argument cannot be called at all; null for functions, sets with `__functor` and what is not known. */
export function notCallable(call: Call, f: Thunk): Unknown | null {
  const value = f.force();
  if (value.type === "function") return null;
  if (value.type === "unknown") return isError(value) ? value : null;
  if (value.type === "attrs" && (value.entries.has("__functor") || value.rest)) return null;
  return wrongType("function", value.type, call.at);
}

export function madeBy(call: Call, ...from: readonly Origin[]): Origin {
  return originAt(call.at, "builtin", from);
}
