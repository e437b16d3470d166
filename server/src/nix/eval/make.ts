import { charge, chargeText } from "./budget.ts";
import type {
  Attribute,
  AttributesValue,
  BooleanValue,
  FloatValue,
  IntegerValue,
  ListValue,
  NullValue,
  Origin,
  OriginStep,
  PathValue,
  Place,
  StringValue,
  Thunk,
  Unknown,
  Value,
  ValueType,
  Why,
} from "./value.ts";
import { ready } from "./value.ts";

/** The origin of something that we made ourselves and that stands nowhere. */
export const nowhere: Origin = { at: null, step: "builtin", from: [] };

const nothing: readonly Origin[] = [];

export function originAt(at: Place, step: OriginStep, from: readonly Origin[] = nothing): Origin {
  return { at, step, from };
}

export function integer(value: bigint | number, origin: Origin = nowhere): IntegerValue {
  return { type: "integer", value: BigInt(value), origin };
}
export function float(value: number, origin: Origin = nowhere): FloatValue {
  return { type: "float", value, origin };
}
export function boolean(value: boolean, origin: Origin = nowhere): BooleanValue {
  return { type: "boolean", value, origin };
}
export function nullValue(origin: Origin = nowhere): NullValue {
  return { type: "null", origin };
}
export function string(value: string, origin: Origin = nowhere): StringValue {
  chargeText(value.length);
  return { type: "string", value, origin };
}
export function path(value: string, origin: Origin = nowhere): PathValue {
  return { type: "path", value, origin };
}
export function list(thunks: readonly Thunk[], origin: Origin = nowhere): ListValue {
  charge(4 + thunks.length);
  return { type: "list", items: thunks.map((thunk) => ({ thunk })), rest: null, origin };
}
/** A closed set from values or thunks, in the order given. */
export function attributes(
  entries: Iterable<readonly [string, Thunk | Value]>,
  origin: Origin = nowhere,
): AttributesValue {
  const map = new Map<string, Attribute>();
  for (const [name, given] of entries) {
    const thunk = "force" in given ? given : ready(given);
    map.set(name, { thunk, at: thunk.at });
  }
  charge(8 + 4 * map.size);
  return { type: "attrs", entries: map, rest: null, origin };
}

/** An unknown with its reason; `shape` is what is known all the same. */
export function unknown(why: Why, at: Place = null, shape?: Unknown["shape"]): Unknown {
  return shape ? { type: "unknown", at, why, shape } : { type: "unknown", at, why };
}
/** What an operation gives when an input of it is unknown. `via` names the binding, attribute or operation. */
export function becauseOf(of: Unknown, via: string, at: Place = null, shape?: Unknown["shape"]): Unknown {
  return unknown({ reason: "input", of, via }, at, shape);
}
export function external(what: string, at: Place = null, shape?: Unknown["shape"]): Unknown {
  return unknown({ reason: "external", what }, at, shape);
}
export function unsupported(what: string, at: Place = null, shape?: Unknown["shape"]): Unknown {
  return unknown({ reason: "unsupported", what }, at, shape);
}
/** A type error: real Nix fails too, and `tryEval` does not catch it. */
export function wrongType(expected: string, found: ValueType | "unknown", at: Place = null): Unknown {
  return unknown({ reason: "wrong-type", expected, found }, at);
}
/** An evaluation error that is not of a type (missing attribute, division by zero …). */
export function fails(
  message: string,
  at: Place = null,
  by: "throw" | "assert" | "abort" | "error" = "error",
): Unknown {
  return unknown({ reason: "throws", by, message }, at);
}

/** The unknown at the end of the chain: the root cause. An undecided value's root is that of its condition. */
export function rootCause(of: Unknown): Unknown {
  let at = of;
  for (;;) {
    if (at.why.reason === "input") at = at.why.of;
    else if (at.why.reason === "undecided") at = at.why.condition;
    else return at;
  }
}

/** Stands in the set `builtins` for those of other versions of Nix: what is not there is not known to be missing. */
export const otherBuiltins: Unknown = unsupported("builtin of another Nix version");
