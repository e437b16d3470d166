import { dismiss } from "../dismissals.ts";
import { boolean, originAt, wrongType } from "../make.ts";
import type { Place, Value } from "../value.ts";
import { mapUndecided } from "./undecided.ts";
import { isError, pass } from "./unknowns.ts";

/** `!value`. */
export function not(value: Value, at: Place): Value {
  return mapUndecided(
    value,
    (v) => {
      if (v.type === "boolean") return boolean(!v.value, originAt(at, "operator", [v.origin]));
      return v.type === "unknown" ? pass(v, "!", at, booleanShape) : wrongType("boolean", v.type, at);
    },
    at,
  );
}

/** `left && right`: a known `false` on either side decides, unless the other side fails first. */
export function and(left: Value, right: () => Value, at: Place): Value {
  return shortCircuit(left, right, false, "&&", at);
}

/** `left || right`. */
export function or(left: Value, right: () => Value, at: Place): Value {
  return shortCircuit(left, right, true, "||", at);
}

/** `left -> right`. */
export function implies(left: Value, right: () => Value, at: Place): Value {
  return or(not(left, at), right, at);
}

const booleanShape = { type: "boolean" } as const;

function shortCircuit(left: Value, right: () => Value, decisive: boolean, via: string, at: Place): Value {
  if (left.type === "boolean") {
    if (left.value === decisive) return left;
    return mapUndecided(
      right(),
      (other) => {
        if (other.type === "boolean") return other;
        return other.type === "unknown" ? pass(other, via, at, booleanShape) : wrongType("boolean", other.type, at);
      },
      at,
    );
  }
  if (left.type !== "unknown") return wrongType("boolean", left.type, at);
  if (isError(left)) return pass(left, via, at, booleanShape);
  if (left.why.reason === "undecided") return mapUndecided(left, (l) => shortCircuit(l, right, decisive, via, at), at);
  dismiss();
  const other = right();
  // The left side is a boolean or an error; whichever boolean it is, the right side decides.
  if (other.type === "boolean" && other.value === decisive) return other;
  return pass(left, via, at, booleanShape);
}
