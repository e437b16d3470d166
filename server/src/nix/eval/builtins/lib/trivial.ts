import { attributes, becauseOf, boolean, fails as failure, string } from "../../make.ts";
import type { Thunk, Unknown, Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { attributeOr } from "./attrsets.ts";
import { apply, choose, each, fails, force, has, isUnknown, later, select, update } from "./combine.ts";
import { builtin, lambda, made, need, needList, section } from "./kit.ts";
import { foldStrictly } from "./lists.ts";

const define = section("trivial", "lib/trivial.nix");

/** `lib.trivial`: functions of functions, and warnings. What only computes is written in Nix, in written/trivial.nix. */
export const trivial: readonly Definition[] = [
  define("id", "x", "a -> a", (_, x) => x.force()),
  define("const", "x y", "a -> b -> a", (_, x) => x.force()),
  define("flip", "f a b", "(a -> b -> c) -> b -> a -> c", (call, f, a, b) => apply(call, f, b, a)),
  define("pipe", "value functions!", "a -> [<functions>] -> b", (call, value, functions) => {
    const fs = needList(call, functions, "pipe");
    if (fs.type === "unknown") return fs;
    return foldStrictly(call, fs, value.force(), (acc, f) => apply(call, f, acc));
  }),
  define("mergeAttrs", "x y", "attrs -> attrs -> attrs", (call, x, y) => update(call, x, y)),
  define("boolToString", "b", "bool -> string", (call, b) => pick(call, b, "boolToString", "true", "false")),
  define("boolToYesNo", "b", "bool -> string", (call, b) => pick(call, b, "boolToYesNo", "yes", "no")),
  define("importJSON", "path", "path -> any", (call, path) =>
    builtin(
      call,
      "fromJSON",
      later(call, () => builtin(call, "readFile", path)),
    ),
  ),
  define("importTOML", "path", "path -> any", (call, path) =>
    builtin(
      call,
      "fromTOML",
      later(call, () => builtin(call, "readFile", path)),
    ),
  ),
  define("warn", "message value", "string -> a -> a", (call, message, value) => {
    const said = message.force();
    if (said.type === "unknown" && fails(said)) return becauseOf(said, "warn", call.at);
    return value.force();
  }),
  define("info", "message value", "string -> a -> a", (_, __, value) => value.force()),
  define("showWarnings", "warnings value", "[string] -> a -> a", (call, warnings, value) => {
    const xs = needList(call, warnings, "showWarnings");
    return xs.type === "unknown" && fails(xs) ? xs : value.force();
  }),
  define("warnIf", "condition message value", "bool -> string -> a -> a", (call, condition, _, value) =>
    afterCheck(call, condition, "warnIf", value),
  ),
  define("warnIfNot", "condition message value", "bool -> string -> a -> a", (call, condition, _, value) =>
    afterCheck(call, condition, "warnIfNot", value),
  ),
  define("throwIf", "condition message value", "bool -> string -> a -> a", (call, condition, message, value) =>
    throwOn(call, true, condition, message, value),
  ),
  define("throwIfNot", "condition message value", "bool -> string -> a -> a", (call, condition, message, value) =>
    throwOn(call, false, condition, message, value),
  ),
  define("setFunctionArgs", "f args", "(a -> b) -> attrs -> functor", (call, f, args) => functor(call, f, args)),
  define("mirrorFunctionArgs", "f g", "(a -> b) -> (a -> c) -> functor", (call, f, g) =>
    functor(
      call,
      g,
      later(call, () => argumentsOf(call, f)),
    ),
  ),
  define("functionArgs", "f", "(a -> b) -> { ${argument} :: bool }", (call, f) => argumentsOf(call, f)),
  define("isFunction", "f!", "any -> bool", (call, f) => {
    const verdict = isFunction(call, f);
    return isUnknown(verdict) ? verdict : boolean(verdict, made(call));
  }),
  define("toFunction", "value!", "any -> (a -> b)", (call, value) => {
    const verdict = isFunction(call, value);
    const constant = (): Value => lambda(call, "toFunction", 1, () => value.force());
    if (isUnknown(verdict)) return verdict;
    return verdict ? value.force() : constant();
  }),
];

function pick(call: Call, given: Thunk, via: string, yes: string, no: string): Value {
  return each(call, given, (value) => {
    const b = need(call, value, "boolean", via);
    return b.type === "unknown" ? b : string(b.value ? yes : no, made(call, [b.origin]));
  });
}

/** Whether or not the warning is shown, the value is the same; only a condition that fails stops it. */
function afterCheck(call: Call, condition: Thunk, via: string, value: Thunk): Value {
  const given = need(call, condition, "boolean", via);
  return given.type === "unknown" && fails(given) ? given : value.force();
}

function throwOn(call: Call, bad: boolean, condition: Thunk, message: Thunk, value: Thunk): Value {
  const given = need(call, condition, "boolean", "throwIf");
  const thrown = (): Value => {
    const said = message.force();
    return failure(said.type === "string" ? said.value : "thrown by the configuration", call.at, "throw");
  };
  if (given.type === "unknown")
    return choose(call, given, bad ? thrown : () => value.force(), bad ? () => value.force() : thrown);
  return given.value === bad ? thrown() : value.force();
}

/** A set that can be called, with the argument names that `functionArgs` shall see. */
function functor(call: Call, f: Thunk, args: Thunk): Value {
  const self = lambda(call, "__functor", 1, () => f.force());
  return attributes(
    [
      ["__functor", self],
      ["__functionArgs", args],
    ],
    made(call),
  );
}

function argumentsOf(call: Call, f: Thunk | Value): Value {
  return each(call, f, (value) => {
    if (value.type !== "attrs") return builtin(call, "functionArgs", value);
    const given = attributeOr(call, value, "__functionArgs");
    if (given !== null) return given;
    const inner = attributeOr(call, value, "__functor");
    return inner === null
      ? builtin(call, "functionArgs", value)
      : builtin(
          call,
          "functionArgs",
          later(call, () => apply(call, inner, value)),
        );
  });
}

export function isFunction(call: Call, f: Thunk | Value): boolean | Unknown {
  const value = force(f);
  if (value.type === "unknown")
    return value.shape?.type === "function" && !fails(value) ? true : becauseOf(value, "isFunction", call.at);
  if (value.type === "function") return true;
  if (value.type !== "attrs") return false;
  const there = has(call, value, "__functor");
  if (there !== true) return there;
  const inner = apply(call, select(call, value, "__functor"), value);
  return inner.type === "unknown" ? becauseOf(inner, "isFunction", call.at) : inner.type === "function";
}
