import { fails, float, integer, originAt, unsupported, wrongType } from "../make.ts";
import type { FloatValue, IntegerValue, Place, Value } from "../value.ts";
import { mapUndecided } from "./undecided.ts";
import { isError, pass } from "./unknowns.ts";

type NumberValue = IntegerValue | FloatValue;

export const smallestInteger = -(2n ** 63n);
export const largestInteger = 2n ** 63n - 1n;

/** `left - right`. */
export function subtract(left: Value, right: Value, at: Place): Value {
  return arithmetic(
    left,
    right,
    "-",
    (a, b) => a - b,
    (a, b) => a - b,
    at,
  );
}

/** `left * right`. */
export function multiply(left: Value, right: Value, at: Place): Value {
  return arithmetic(
    left,
    right,
    "*",
    (a, b) => a * b,
    (a, b) => a * b,
    at,
  );
}

/** `left / right`: integers are divided towards zero; zero as divisor is an error, of floats too. */
export function divide(left: Value, right: Value, at: Place): Value {
  return mapUndecided(
    right,
    (r) => {
      if ((r.type === "integer" && r.value === 0n) || (r.type === "float" && r.value === 0)) {
        return left.type === "integer" || left.type === "float"
          ? fails("division by zero", at)
          : arithmeticError(left, at);
      }
      return arithmetic(
        left,
        r,
        "/",
        (a, b) => a / b,
        (a, b) => a / b,
        at,
      );
    },
    at,
  );
}

/** `-value`, which Nix computes as `0 - value`. */
export function negate(value: Value, at: Place): Value {
  return subtract({ type: "integer", value: 0n, origin: { at, step: "operator", from: [] } }, value, at);
}

/** The sum of two numbers; `+` on other types is `add`. */
export function addNumbers(left: NumberValue, right: NumberValue, at: Place): Value {
  return arithmetic(
    left,
    right,
    "+",
    (a, b) => a + b,
    (a, b) => a + b,
    at,
  );
}

/** A 64-bit integer, or unknown when it does not fit: Nix versions wrap around or fail. */
export function checkedInteger(value: bigint, at: Place, from: IntegerValue["origin"][] = []): Value {
  if (value < smallestInteger || value > largestInteger)
    return unsupported("integer overflow", at, { type: "integer" });
  return integer(value, originAt(at, "operator", from));
}

function arithmetic(
  left: Value,
  right: Value,
  via: string,
  integers: (a: bigint, b: bigint) => bigint,
  floats: (a: number, b: number) => number,
  at: Place,
): Value {
  return mapUndecided(
    left,
    (a) =>
      mapUndecided(
        right,
        (b) => {
          // Nix evaluates both sides before it looks at their types.
          if (b.type === "unknown" && isError(b) && !(a.type === "unknown" && isError(a))) return pass(b, via, at);
          if (a.type === "unknown") return pass(a, via, at, numberShape(a.shape?.type, b.type));
          if (a.type !== "integer" && a.type !== "float") return wrongType("number", a.type, at);
          if (b.type === "unknown") return pass(b, via, at, numberShape(b.shape?.type, a.type));
          if (b.type !== "integer" && b.type !== "float") return wrongType("number", b.type, at);
          if (a.type === "integer" && b.type === "integer") {
            return checkedInteger(integers(a.value, b.value), at, [a.origin, b.origin]);
          }
          return float(floats(Number(a.value), Number(b.value)), originAt(at, "operator", [a.origin, b.origin]));
        },
        at,
      ),
    at,
  );
}

/** An operation with a float gives a float; with an integer of the other side unknown, nothing is sure. */
function numberShape(one: string | undefined, other: string | undefined): { type: "float" | "integer" } | undefined {
  if (one === "float" || other === "float") return { type: "float" };
  return one === "integer" && other === "integer" ? { type: "integer" } : undefined;
}

function arithmeticError(left: Value, at: Place): Value {
  return left.type === "unknown" ? pass(left, "/", at) : wrongType("number", left.type, at);
}
