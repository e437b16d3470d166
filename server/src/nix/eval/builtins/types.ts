import { boolean, string } from "../make.ts";
import { isError, mapUndecided, pass } from "../ops.ts";
import type { Thunk, Value, ValueType } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, madeBy } from "./kit.ts";

const typeNames: Record<ValueType, string> = {
  integer: "int",
  float: "float",
  boolean: "bool",
  null: "null",
  string: "string",
  path: "path",
  list: "list",
  attrs: "set",
  function: "lambda",
};

function test(name: string, type: ValueType): Definition {
  return builtin(name, "e", "a -> bool", (call, e) =>
    typed(call, e, name, { type: "boolean" }, (found) => boolean(found === type, madeBy(call))),
  );
}

/** Questions about types are answered for an unknown value, too, where its type is known. */
export const typeBuiltins: readonly Definition[] = [
  test("isNull", "null"),
  test("isInt", "integer"),
  test("isFloat", "float"),
  test("isBool", "boolean"),
  test("isString", "string"),
  test("isPath", "path"),
  test("isList", "list"),
  test("isAttrs", "attrs"),
  test("isFunction", "function"),
  builtin("typeOf", "e", "a -> string", (call, e) =>
    typed(call, e, "typeOf", { type: "string" }, (found) => string(typeNames[found], madeBy(call))),
  ),
];

function typed(
  call: Call,
  argument: Thunk,
  via: string,
  shape: { readonly type: ValueType },
  use: (type: ValueType) => Value,
): Value {
  return mapUndecided(
    argument.force(),
    (v) => {
      if (v.type !== "unknown") return use(v.type);
      return v.shape?.type !== undefined && !isError(v) ? use(v.shape.type) : pass(v, via, call.at, shape);
    },
    call.at,
  );
}
