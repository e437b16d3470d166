import { attributes, becauseOf, boolean, fails as failure, list, nullValue, string, wrongType } from "../../make.ts";
import { ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { attributeOr } from "./attrsets.ts";
import { applyLater, each, equal, fails, holds, isUnknown, later, less, select, update } from "./combine.ts";
import { builtin, made, needAttrs, needList, section, uncertainty } from "./kit.ts";
import { isFunction } from "./trivial.ts";
import {
  checkFunction,
  eitherShape,
  internals,
  isOf,
  makeType,
  replaced,
  type Shape,
  separated,
  textCheck,
} from "./types.ts";

const define = section("types", "lib/types.nix");

/** The functions of `lib.types` that make types of types and of values. */
export const typeConstructors: readonly Definition[] = [
  define("pathWith", "arguments!", "{ inStore ? null, absolute ? null } -> type", (call, given) => {
    const set = needAttrs(call, given, "pathWith");
    if (set.type === "unknown") return set;
    const get = (name: string): Thunk => set.entries.get(name)?.thunk ?? ready(set.rest ?? nullValue());
    return makeType({
      kind: "pathWith",
      name: "path",
      parameters: [
        ["inStore", get("inStore")],
        ["absolute", get("absolute")],
      ],
    });
  }),
  define("strMatching", "pattern", "string -> type", (call, pattern) =>
    makeType({
      kind: "strMatching",
      description: "string matching a pattern",
      parameters: [["pattern", pattern]],
      check: (x) => {
        const value = x.force();
        if (value.type === "unknown") return becauseOf(value, "check", call.at, { type: "boolean" });
        if (value.type !== "string") return false;
        const matched = builtin(call, "match", pattern, value);
        return isUnknown(matched) ? matched : matched.type !== "null";
      },
    }),
  ),
  define("separatedString", "separator", "string -> type", (call, separator) =>
    each(call, separator, (sep) =>
      sep.type === "string"
        ? makeType(separated(sep.value))
        : makeType({ ...separated(""), parameters: [["sep", sep]] }),
    ),
  ),
  define("passwdEntry", "type", "type -> type", (_, elemType) =>
    makeType({
      kind: "passwdEntry",
      parameters: [["elemType", elemType]],
      check: (x) => textCheck(x, (s) => !/[:\n]/.test(s)),
    }),
  ),
  define("listOf", "type", "type -> type", (_call, elemType) =>
    makeType({ ...container("listOf", elemType), check: isOf("list"), empty: list([]) }),
  ),
  define("nonEmptyListOf", "type", "type -> type", (_call, elemType) =>
    makeType({
      ...container("nonEmptyListOf", elemType),
      name: "listOf",
      check: isNonEmptyList,
    }),
  ),
  define("attrsOf", "type", "type -> type", (_call, elemType) =>
    makeType({
      ...container("attrsOf", elemType),
      check: isOf("attrs"),
      empty: attributes([]),
    }),
  ),
  define("lazyAttrsOf", "type", "type -> type", (_call, elemType) =>
    makeType({
      ...container("lazyAttrsOf", elemType),
      check: isOf("attrs"),
      empty: attributes([]),
    }),
  ),
  define("loaOf", "type", "type -> type", (_call, elemType) =>
    makeType({
      ...container("attrsOf", elemType),
      name: "loaOf",
      check: isOf("attrs"),
      empty: attributes([]),
    }),
  ),
  define("attrListOf", "type", "type -> type", (_call, elemType) =>
    makeType({ ...container("attrListOf", elemType), empty: list([]) }),
  ),
  define("attrsWith", "arguments!", '{ elemType, lazy ? false, placeholder ? "name" } -> type', (call, given) => {
    const set = needAttrs(call, given, "attrsWith");
    if (set.type === "unknown") return set;
    const lazy = set.entries.get("lazy")?.thunk.force() ?? boolean(false);
    const elemType = later(call, () => select(call, set, "elemType"));
    const kind = lazy.type === "boolean" && lazy.value ? "lazyAttrsOf" : "attrsOf";
    return makeType({
      ...container(kind, elemType),
      check: isOf("attrs"),
      empty: attributes([]),
    });
  }),
  define("nullOr", "type", "type -> type", (call, elemType) =>
    makeType({
      ...container("nullOr", elemType),
      empty: nullValue(),
      check: (x) => x.force().type === "null" || checked(call, elemType, x),
    }),
  ),
  define("functionTo", "type", "type -> type", (call, elemType) =>
    makeType({
      ...container("functionTo", elemType),
      check: (x) => isFunction(call, x),
    }),
  ),
  define("uniq", "type", "type -> type", (call, elemType) => makeType(unique(call, elemType))),
  define("unique", "arguments type", "{ message } -> type -> type", (call, _, elemType) =>
    makeType(unique(call, elemType)),
  ),
  define("enum", "values", "[a] -> type", (call, values) =>
    makeType({
      kind: "enum",
      description: "one of several values",
      parameters: [["values", values]],
      check: (x) => {
        const among = builtin(call, "elem", x, values);
        return among.type === "boolean"
          ? among.value
          : among.type === "unknown"
            ? becauseOf(among, "enum", call.at)
            : false;
      },
    }),
  ),
  define("either", "left right", "type -> type -> type", (call, left, right) => makeType(either(call, left, right))),
  define("oneOf", "types!", "[type] -> type", (call, given) => {
    const xs = needList(call, given, "oneOf");
    if (xs.type === "unknown") return xs;
    const doubt = uncertainty(xs);
    if (doubt) return becauseOf(doubt, "oneOf", call.at);
    const [first, ...others] = xs.items;
    if (!first) return failure("types.oneOf needs to get at least one type in its argument", call.at, "throw");
    return others.reduce<Value>((left, right) => makeType(either(call, left, right.thunk)), first.thunk.force());
  }),
  define(
    "coercedTo",
    "from convert final",
    "type -> (a -> b) -> type -> type",
    (call, coercedType, coerceFunc, finalType) =>
      makeType({
        kind: "coercedTo",
        parameters: [
          ["coercedType", coercedType],
          ["coerceFunc", coerceFunc],
          ["finalType", finalType],
        ],
        nested: [
          ["coercedType", coercedType],
          ["finalType", finalType],
        ],
        emptyValue: later(call, () => select(call, finalType, "emptyValue")),
        check: (x) => {
          const final = checked(call, finalType, x);
          if (final === true) return true;
          const before = checked(call, coercedType, x);
          return before === true
            ? checked(call, finalType, applyLater(call, coerceFunc, x))
            : before === false
              ? final
              : before;
        },
      }),
  ),
  define("submodule", "modules", "module | [module] -> type", (call, modules) =>
    makeType(
      submodule([
        [
          "modules",
          later(call, () => {
            const value = modules.force();
            return value.type === "list" || value.type === "unknown" ? value : list([modules], made(call));
          }),
        ],
        ["specialArgs", attributes([])],
        ["shorthandOnlyDefinesConfig", boolean(true)],
      ]),
    ),
  ),
  define(
    "submoduleWith",
    "arguments!",
    "{ modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? false } -> type",
    (call, given) => {
      const set = needAttrs(call, given, "submoduleWith");
      if (set.type === "unknown") return set;
      const get = (name: string, fallback: Value): Thunk => set.entries.get(name)?.thunk ?? ready(set.rest ?? fallback);
      return makeType(
        submodule([
          ["modules", get("modules", list([]))],
          ["specialArgs", get("specialArgs", attributes([]))],
          ["shorthandOnlyDefinesConfig", get("shorthandOnlyDefinesConfig", boolean(false))],
        ]),
      );
    },
  ),
  define("deferredModuleWith", "arguments!", "{ staticModules ? [ ] } -> type", (call, given) => {
    const set = needAttrs(call, given, "deferredModuleWith");
    if (set.type === "unknown") return set;
    const modules = set.entries.get("staticModules")?.thunk ?? ready(set.rest ?? list([]));
    return makeType({ kind: "deferredModule", description: "module", parameters: [["staticModules", modules]] });
  }),
  define("attrTag", "tags", "{ ${tag} :: option } -> type", (_, tags) =>
    makeType({ kind: "attrTag", parameters: [["tags", tags]], nested: [] }),
  ),
  define("addCheck", "type check", "type -> (a -> bool) -> type", (call, elemType, check) =>
    each(call, elemType, (base) => {
      if (base.type !== "attrs") return base.type === "unknown" ? base : wrongType("a type", base.type, call.at);
      return replaced(base, [
        [
          "__parameters",
          attributes([
            ["kind", string("addCheck")],
            ["elemType", base],
            ["check", check],
          ]),
        ],
        [
          "check",
          checkFunction((x) => {
            const before = checked(call, base, x);
            return before === true ? holds(call, check, x) : before;
          }),
        ],
      ]);
    }),
  ),
  define("mkOptionType", "arguments", "{ name, check ? _: true, merge ? …, … } -> type", (call, given) =>
    each(call, given, (set) => {
      if (set.type !== "attrs")
        return set.type === "unknown" ? becauseOf(set, "mkOptionType", call.at) : wrongType("a set", set.type, call.at);
      const fallback = attributes([
        ["_type", string("option-type")],
        ["check", checkFunction(() => true)],
        ["description", later(call, () => select(call, set, "name"))],
        ["nestedTypes", attributes([])],
        ["emptyValue", attributes([])],
        ["__parameters", attributes([["kind", string("custom")]])],
      ]);
      const type = update(call, fallback, set);
      return type.type === "attrs" ? { ...type, rest: type.rest ?? internals } : type;
    }),
  ),
  define("isType", "type x", "string -> any -> bool", (call, type, x) => typeIs(call, type, x)),
  define("isOptionType", "x", "any -> bool", (call, x) => typeIs(call, string("option-type"), x)),
  define("setType", "type value", "string -> attrs -> attrs", (call, type, value) =>
    update(call, value, attributes([["_type", type]], made(call))),
  ),
  section("types.ints", "lib/types.nix")("between", "lowest highest", "int -> int -> type", (call, lowest, highest) =>
    between(call, "ints.between", "intBetween", lowest, highest),
  ),
  section("types.numbers", "lib/types.nix")(
    "between",
    "lowest highest",
    "number -> number -> type",
    (call, lowest, highest) => between(call, "numbers.between", "numberBetween", lowest, highest),
  ),
];

/** What the check of a type says of a value. */
function checked(call: Call, type: Thunk | Value, x: Thunk): boolean | Unknown {
  return holds(
    call,
    later(call, () => select(call, type, "check")),
    x,
  );
}

function container(kind: string, elemType: Thunk): Shape {
  return {
    kind,
    parameters: [["elemType", elemType]],
    nested: [["elemType", elemType]],
  };
}

function unique(call: Call, elemType: Thunk): Shape {
  return {
    kind: "unique",
    parameters: [["elemType", elemType]],
    emptyValue: later(call, () => select(call, elemType, "emptyValue")),
    nested: [["elemType", elemType]],
    check: (x) => checked(call, elemType, x),
  };
}

function either(call: Call, left: Thunk | Value, right: Thunk | Value): Shape {
  return eitherShape(left, right, (x) => {
    const first = checked(call, left, x);
    if (first === true) return true;
    const second = checked(call, right, x);
    return second === true || first === false ? second : first;
  });
}

function submodule(parameters: Iterable<readonly [string, Thunk | Value]>): Shape {
  return {
    kind: "submodule",
    emptyValue: internals,
    parameters,
    check: (x) => {
      const value = x.force();
      if (value.type === "unknown") return becauseOf(value, "check");
      if (value.type === "string") return value.value.startsWith("/");
      return value.type === "attrs" || value.type === "function" || value.type === "path";
    },
  };
}

function isNonEmptyList(x: Thunk): boolean | Unknown {
  const value = x.force();
  if (value.type === "unknown") return becauseOf(value, "check");
  if (value.type !== "list") return false;
  if (value.items.some((i) => !i.conditional)) return true;
  return value.rest ?? value.items[0]?.conditional ?? false;
}

export function typeIs(call: Call, type: Thunk | Value, x: Thunk): Value {
  const given = attributeOr(call, x, "_type");
  const same = equal(call, given ?? string(""), type);
  return isUnknown(same) ? same : boolean(same, made(call));
}

function between(call: Call, kind: string, name: string, lowest: Thunk, highest: Thunk): Value {
  const parameters = [
    ["lowest", lowest],
    ["highest", highest],
  ] as const;
  const empty = less(call, highest, lowest);
  if (isUnknown(empty) && fails(empty)) return empty;
  if (empty === true) return failure(`${kind}: lowest must be smaller than highest`, call.at, "throw");
  return makeType({
    kind,
    name,
    parameters,
    check: (x) => {
      const value = x.force();
      if (value.type === "unknown") return becauseOf(value, "check");
      if (value.type !== "integer" && (value.type !== "float" || kind === "ints.between")) return false;
      const below = less(call, x, lowest);
      if (below !== false) return isUnknown(below) ? below : false;
      const above = less(call, highest, x);
      return isUnknown(above) ? above : !above;
    },
  });
}
