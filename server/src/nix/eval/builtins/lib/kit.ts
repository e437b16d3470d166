import { charge } from "../../budget.ts";
import { becauseOf, originAt, string, unknown, wrongType } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import {
  type Attribute,
  type AttributesValue,
  type FunctionValue,
  type Item,
  type ListValue,
  type Origin,
  ready,
  type StringValue,
  type Thunk,
  type Unknown,
  type Value,
  type ValueType,
} from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { apply, each, force, type Given, thunkOf } from "./combine.ts";

/** What the modelled functions are built of: reading arguments, calling functions, making lists and sets with their marks. */
type Run = Definition["run"];

/**
 * Declares the functions of one set of lib, `section("lists", "lib/lists.nix")`. Parameters are separated by spaces; one
 * with a `!` is always looked at, so that of an undecided argument each candidate is tried.
 */
export function section(set: string, source: string) {
  return (name: string, parameters: string, signature: string, run: Run): Definition => {
    const names = parameters.split(" ");
    const strict = names.flatMap((parameter, i) => (parameter.endsWith("!") ? [i] : []));
    return {
      name: `lib.${set}.${name}`,
      parameters: names.map((parameter) => parameter.replace("!", "")),
      signature,
      source,
      run: strict.length === 0 ? run : (call, ...args) => tryCandidates(call, run, args, strict),
    };
  };
}

function tryCandidates(call: Call, run: Run, args: readonly Thunk[], strict: readonly number[]): Value {
  const [index, ...others] = strict;
  const argument = index === undefined ? undefined : args[index];
  if (argument === undefined) return run(call, ...args);
  const value = argument.force();
  if (value.type !== "unknown" || value.why.reason !== "undecided") return tryCandidates(call, run, args, others);
  return each(call, value, (one) =>
    tryCandidates(
      call,
      run,
      args.map((x, i) => (i === index ? ready(one) : x)),
      others,
    ),
  );
}

export function made(call: Call, from: readonly Origin[] = []): Origin {
  return originAt(call.at, "builtin", from);
}

/** A function of `arity` arguments made while evaluating; `run` gets them all. */
export function lambda(call: Call, name: string, arity: number, run: (...args: Thunk[]) => Value): FunctionValue {
  const curried = (given: readonly Thunk[]): FunctionValue => ({
    type: "function",
    name,
    formals: null,
    ellipsis: false,
    apply: (argument) => {
      const all = [...given, argument];
      return all.length === arity ? run(...all) : curried(all);
    },
    origin: made(call),
  });
  return curried([]);
}

/** A builtin of Nix by name, for the functions that lib only passes on. */
export function builtin(call: Call, name: string, ...args: readonly Given[]): Value {
  const builtins = call.evaluator.builtins.force();
  const entry = builtins.type === "attrs" ? builtins.entries.get(name) : undefined;
  if (!entry) return unknown({ reason: "unsupported", what: `builtins.${name}` }, call.at);
  return apply(call, entry.thunk, ...args);
}

const articles: Record<ValueType, string> = {
  integer: "an integer",
  float: "a float",
  boolean: "a Boolean",
  null: "null",
  string: "a string",
  path: "a path",
  list: "a list",
  attrs: "a set",
  function: "a function",
};

/** The argument if it is of this type; otherwise the unknown to return. `via` names the function. */
export function need<T extends ValueType>(
  call: Call,
  given: Given,
  type: T,
  via: string,
): Extract<Value, { type: T }> | Unknown {
  const value = force(given);
  if (value.type === type) return value as Extract<Value, { type: T }>;
  if (value.type === "unknown") return becauseOf(value, via, call.at);
  return wrongType(articles[type], value.type, call.at);
}
export function needList(call: Call, given: Given, via: string): ListValue | Unknown {
  return need(call, given, "list", via);
}
export function needAttrs(call: Call, given: Given, via: string): AttributesValue | Unknown {
  return need(call, given, "attrs", via);
}
export function needString(call: Call, given: Given, via: string): StringValue | Unknown {
  return need(call, given, "string", via);
}
/** A count or index that fits a list. */
export function needCount(call: Call, given: Given, via: string): number | Unknown {
  const value = need(call, given, "integer", via);
  return value.type === "unknown" ? value : Number(value.value);
}

/** Why the elements of the list and their positions are not all certain; null when they are. */
export function uncertainty(of: ListValue, count = of.items.length): Unknown | null {
  if (of.rest) return of.rest;
  for (let i = 0; i < count; i++) {
    const conditional = of.items[i]?.conditional;
    if (conditional) return conditional;
  }
  return null;
}
export function item(thunk: Given, conditional?: Unknown): Item {
  return conditional ? { thunk: thunkOf(thunk), conditional } : { thunk: thunkOf(thunk) };
}
export function attribute(thunk: Given, at: Attribute["at"], conditional?: Unknown): Attribute {
  return conditional ? { thunk: thunkOf(thunk), at, conditional } : { thunk: thunkOf(thunk), at };
}
export function listValue(call: Call, items: readonly Item[], rest: Unknown | null = null, from?: Origin): ListValue {
  charge(4 + 2 * items.length);
  return { type: "list", items, rest, origin: made(call, from ? [from] : []) };
}
export function attrsValue(
  call: Call,
  entries: ReadonlyMap<string, Attribute>,
  rest: Unknown | null = null,
  from?: Origin,
): AttributesValue {
  charge(32 + 8 * entries.size);
  return { type: "attrs", entries, rest, origin: made(call, from ? [from] : []) };
}

/** In the order of names that Nix has. */
export function sortedEntries(of: AttributesValue): (readonly [string, Attribute])[] {
  charge(8 * of.entries.size);
  return [...of.entries].sort(([a], [b]) => compareBytes(a, b));
}

export function text(call: Call, value: string): StringValue {
  return string(value, made(call));
}
