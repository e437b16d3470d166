import { becauseOf, unknown, wrongType } from "../../make.ts";
import { applyFunction } from "../../ops/apply.ts";
import { hasAttribute, selectAttribute, updateAttributes } from "../../ops/attributes.ts";
import { equalThunks, lessThan } from "../../ops/compare.ts";
import { branch, mapUndecided } from "../../ops/undecided.ts";
import { isError } from "../../ops/unknowns.ts";
import { delayed, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call } from "../definition.ts";

/** The operations of ops/ as library functions use them: on thunks or values, at the place of the call. */
export type Given = Thunk | Value;

export function thunkOf(given: Given): Thunk {
  return "force" in given ? given : ready(given);
}
export function force(given: Given): Value {
  return "force" in given ? given.force() : given;
}
/** A thunk for `compute`, placed where the function is called. */
export function later(call: Call, compute: () => Value): Thunk {
  return delayed(call.at, compute);
}

/** Calls `f` with one argument after the other. */
export function apply(call: Call, f: Given, ...args: readonly Given[]): Value {
  if (!call.evaluator.spend(args.length)) return budget(call);
  return applyFunction(force(f), args.map(thunkOf), call.at);
}
/** `f args` when it is asked for. */
export function applyLater(call: Call, f: Given, ...args: readonly Given[]): Thunk {
  return delayed(call.at, () => apply(call, f, ...args));
}

export function budget(call: Call): Unknown {
  return unknown({ reason: "budget", what: "steps" }, call.at);
}
export function isUnknown(value: object | boolean | number | null): value is Unknown {
  return typeof value === "object" && value !== null && "type" in value && value.type === "unknown";
}
/** True when real Nix fails here as well: such an unknown decides a whole result, it is not "one of two". */
export function fails(of: Unknown): boolean {
  return isError(of);
}

/**
 * A truth value as JavaScript's. Where it is not known, an unknown that only has this cause: it may become the result of a
 * function that gives no Boolean, so it has neither the shape nor the candidates of the condition.
 */
function verdict(call: Call, value: Value, via: string): boolean | Unknown {
  if (value.type === "boolean") return value.value;
  return value.type === "unknown" ? becauseOf(value, via, call.at) : wrongType("a Boolean", value.type, call.at);
}

/** The outcome of a predicate. */
export function holds(call: Call, predicate: Given, ...args: readonly Given[]): boolean | Unknown {
  return verdict(call, apply(call, predicate, ...args), "predicate");
}
export function equal(call: Call, a: Given, b: Given): boolean | Unknown {
  return verdict(call, equalThunks(thunkOf(a), thunkOf(b), call.at), "==");
}
export function less(call: Call, a: Given, b: Given): boolean | Unknown {
  return verdict(call, lessThan(force(a), force(b), call.at), "<");
}
/** `set ? name`; false for what is no set. */
export function has(call: Call, set: Given, name: string): boolean | Unknown {
  return verdict(call, hasAttribute(force(set), name, call.at), `? ${name}`);
}
export function select(call: Call, set: Given, name: string): Value {
  return selectAttribute(force(set), name, call.at);
}
export function update(call: Call, left: Given, right: Given): Value {
  return updateAttributes(force(left), force(right), call.at);
}

/** `if condition then yes else no` for a condition that is not known. */
export function choose(call: Call, condition: Unknown, yes: () => Value, no: () => Value): Value {
  return branch(condition, yes, no, call.at);
}
/** `f` of a value, or of each candidate of an undecided one. */
export function each(call: Call, given: Given, f: (value: Value) => Value): Value {
  return mapUndecided(force(given), f, call.at);
}
