import { fails, wrongType } from "../make.ts";
import { addNumbers, checkedInteger, divide, lessThan, mapUndecided, multiply, pass, subtract } from "../ops.ts";
import type { Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, errorOf, expect } from "./kit.ts";

function operation(name: string, signature: string, run: (a: Value, b: Value, at: Call["at"]) => Value): Definition {
  return builtin(name, "e1 e2", signature, (call, a, b) => {
    const left = a.force();
    return errorOf(left) ? left : run(left, b.force(), call.at);
  });
}

function bits(name: string, run: (a: bigint, b: bigint) => bigint): Definition {
  return builtin(name, "e1 e2", "int -> int -> int", (call, a, b) =>
    expect(
      call,
      a,
      "integer",
      name,
      (x) =>
        expect(call, b, "integer", name, (y) => checkedInteger(run(x.value, y.value), call.at, [x.origin, y.origin]), {
          type: "integer",
        }),
      { type: "integer" },
    ),
  );
}

/** `ceil` and `floor`: an integer passes as it is; a float must fit into 64 bits afterwards. */
function round(name: string, run: (x: number) => number): Definition {
  return builtin(name, "double", "number -> int", (call, argument) =>
    mapUndecided(
      argument.force(),
      (v) => {
        if (v.type === "integer") return v;
        if (v.type === "unknown") return pass(v, name, call.at, { type: "integer" });
        if (v.type !== "float") return wrongType("float", v.type, call.at);
        const rounded = run(v.value);
        if (!Number.isFinite(rounded)) return fails(`${name} of a number that is not finite`, call.at);
        return checkedInteger(BigInt(rounded), call.at, []);
      },
      call.at,
    ),
  );
}

export const numberBuiltins: readonly Definition[] = [
  builtin("add", "e1 e2", "number -> number -> number", (call, a, b) =>
    mapUndecided(
      a.force(),
      (x) => {
        if (x.type === "unknown") return pass(x, "add", call.at);
        const other = errorOf(b.force());
        if (other) return pass(other, "add", call.at);
        if (x.type !== "integer" && x.type !== "float") return wrongType("number", x.type, call.at);
        return mapUndecided(
          b.force(),
          (y) => {
            if (y.type === "unknown") return pass(y, "add", call.at);
            if (y.type !== "integer" && y.type !== "float") return wrongType("number", y.type, call.at);
            return addNumbers(x, y, call.at);
          },
          call.at,
        );
      },
      call.at,
    ),
  ),
  operation("sub", "number -> number -> number", subtract),
  operation("mul", "number -> number -> number", multiply),
  operation("div", "number -> number -> number", divide),
  operation("lessThan", "a -> a -> bool", lessThan),
  bits("bitAnd", (a, b) => a & b),
  bits("bitOr", (a, b) => a | b),
  bits("bitXor", (a, b) => a ^ b),
  round("ceil", Math.ceil),
  round("floor", Math.floor),
];
