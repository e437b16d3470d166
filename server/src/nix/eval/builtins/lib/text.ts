import { becauseOf, unsupported, wrongType } from "../../make.ts";
import { isError } from "../../ops/unknowns.ts";
import { mapPieces, piecesOf, textShape } from "../../pieces.ts";
import type { StringValue, Thunk, Unknown, Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { each } from "./combine.ts";
import { builtin, made, needString } from "./kit.ts";

/** Forces every argument; of undecided ones, each candidate is tried. */
export function strict(run: (call: Call, ...args: Value[]) => Value): Definition["run"] {
  return (call, ...thunks) => {
    const go = (done: readonly Value[], left: readonly Thunk[]): Value => {
      const [next, ...others] = left;
      return next === undefined ? run(call, ...done) : each(call, next, (value) => go([...done, value], others));
    };
    return go([], thunks);
  };
}

/** The text where nixpkgs uses `substring` and `match`, which take a path or a set with `__toString` as well. */
export function coerced(call: Call, given: Value, via: string): StringValue | Unknown {
  if (given.type === "string") return given;
  if (given.type === "unknown") return becauseOf(given, via, call.at);
  if (given.type === "attrs") return stringified(call, given, via);
  return given.type === "path"
    ? unsupported(`${via} of a path, which Nix copies to the store`, call.at)
    : wrongType("a string", given.type, call.at);
}

/** `toString given`. */
export function stringified(call: Call, given: Value, via: string): StringValue | Unknown {
  return given.type === "string" ? given : needString(call, builtin(call, "toString", given), via);
}

export function derived(call: Call, from: StringValue, value: string): StringValue {
  return { type: "string", value, origin: made(call, [from.origin]) };
}

/** {@link mapped} for what goes character by character: of an unknown text, what is known stays known. */
export function charwise(
  call: Call,
  given: Value,
  via: string,
  changes: "special" | "any",
  f: (text: string) => string,
): Value {
  if (given.type !== "unknown" || given.shape?.type !== "string" || isError(given)) return mapped(call, given, via, f);
  return becauseOf(given, via, call.at, textShape(mapPieces(piecesOf(given), f, changes)));
}

export function mapped(call: Call, given: Value, via: string, f: (text: string) => string): Value {
  const s = coerced(call, given, via);
  return s.type === "unknown" ? s : derived(call, s, f(s.value));
}

/** Nix counts bytes: what cuts a text into characters is only modelled where both agree. */
export function ascii(value: string): boolean {
  return /^[\x00-\x7f]*$/.test(value);
}
