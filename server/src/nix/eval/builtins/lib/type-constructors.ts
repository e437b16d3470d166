import { attributes, becauseOf, boolean, fails as failure, list, nullValue, string, wrongType } from "../../make.ts";
import { type AttributesValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { attributeOr } from "./attrsets.ts";
import { apply, applyLater, each, equal, fails, holds, isUnknown, later, less, select, update } from "./combine.ts";
import { builtin, made, needAttrs, needList, section, uncertainty } from "./kit.ts";
import { isFunction } from "./trivial.ts";
import { partNames, rememberOriginal, typePart } from "./type-parts.ts";
import { checkFunction, eitherShape, isOf, makeType, replaced, type Shape, separated, textCheck } from "./types.ts";

const define = section("types", "lib/types.nix");

/** The functions of `lib.types` that make types of types and of values. */
export const typeConstructors: readonly Definition[] = [
  define("pathWith", "arguments!", "{ inStore ? null, absolute ? null } -> type", (call, given) => {
    const set = needAttrs(call, given, "pathWith");
    if (set.type === "unknown") return set;
    const get = (name: string): Thunk => set.entries.get(name)?.thunk ?? ready(set.rest ?? nullValue());
    const [inStore, absolute] = [get("inStore").force(), get("absolute").force()];
    if (inStore.type === "boolean" && inStore.value && absolute.type === "boolean" && !absolute.value)
      return failure("In pathWith, inStore means the path must be absolute", call.at, "throw");
    return makeType(call, {
      kind: "pathWith",
      name: "path",
      parameters: [
        ["inStore", get("inStore")],
        ["absolute", get("absolute")],
      ],
    });
  }),
  define("strMatching", "pattern", "string -> type", (call, pattern) =>
    makeType(call, {
      kind: "strMatching",
      name: later(call, () => strMatchingName(call, pattern)),
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
        ? makeType(call, separated(sep.value))
        : makeType(call, { ...separated(""), parameters: [["sep", sep]] }),
    ),
  ),
  define("passwdEntry", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      kind: "passwdEntry",
      name: later(call, () =>
        builtin(
          call,
          "concatStringsSep",
          string(" "),
          list([ready(string("passwdEntry")), later(call, () => select(call, elemType, "name"))]),
        ),
      ),
      parameters: [["elemType", elemType]],
      check: (x) => textCheck(x, (s) => !/[:\n]/.test(s)),
    }),
  ),
  define("listOf", "type", "type -> type", (call, elemType) =>
    makeType(call, { ...container("listOf", elemType), check: isOf("list") }),
  ),
  define("nonEmptyListOf", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("nonEmptyListOf", elemType),
      name: "listOf",
      check: isNonEmptyList,
    }),
  ),
  define("attrsOf", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("attrsOf", elemType),
      check: isOf("attrs"),
    }),
  ),
  define("lazyAttrsOf", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("lazyAttrsOf", elemType),
      check: isOf("attrs"),
    }),
  ),
  define("loaOf", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("attrsOf", elemType),
      name: "loaOf",
      check: isOf("attrs"),
    }),
  ),
  define("attrListOf", "type", "type -> type", (call, elemType) =>
    makeType(call, { ...container("attrListOf", elemType) }),
  ),
  define("attrsWith", "arguments!", '{ elemType, lazy ? false, placeholder ? "name" } -> type', (call, given) => {
    const set = needAttrs(call, given, "attrsWith");
    if (set.type === "unknown") return set;
    const lazy = set.entries.get("lazy")?.thunk.force() ?? boolean(false);
    const elemType = later(call, () => select(call, set, "elemType"));
    const kind = lazy.type === "boolean" && lazy.value ? "lazyAttrsOf" : "attrsOf";
    const placeholder = set.entries.get("placeholder")?.thunk ?? string("name");
    return makeType(call, {
      kind,
      parameters: [
        ["elemType", elemType],
        ["placeholder", placeholder],
      ],
      check: isOf("attrs"),
    });
  }),
  define("nullOr", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("nullOr", elemType),
      check: (x) => x.force().type === "null" || checked(call, elemType, x),
    }),
  ),
  define("functionTo", "type", "type -> type", (call, elemType) =>
    makeType(call, {
      ...container("functionTo", elemType),
      check: (x) => isFunction(call, x),
    }),
  ),
  define("uniq", "type", "type -> type", (call, elemType) => makeType(call, unique(call, elemType))),
  define("unique", "arguments type", "{ message } -> type -> type", (call, _, elemType) =>
    makeType(call, unique(call, elemType)),
  ),
  define("enum", "values", "[a] -> type", (call, values) =>
    makeType(call, {
      kind: "enum",
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
  define("either", "left right", "type -> type -> type", (call, left, right) =>
    makeType(call, either(call, left, right)),
  ),
  define("oneOf", "types!", "[type] -> type", (call, given) => {
    const xs = needList(call, given, "oneOf");
    if (xs.type === "unknown") return xs;
    const doubt = uncertainty(xs);
    if (doubt) return becauseOf(doubt, "oneOf", call.at);
    const [first, ...others] = xs.items;
    if (!first) return failure("types.oneOf needs to get at least one type in its argument", call.at, "throw");
    return others.reduce<Value>((left, right) => makeType(call, either(call, left, right.thunk)), first.thunk.force());
  }),
  define(
    "coercedTo",
    "from convert final",
    "type -> (a -> b) -> type -> type",
    (call, coercedType, coerceFunc, finalType) =>
      makeType(call, {
        kind: "coercedTo",
        parameters: [
          ["coercedType", coercedType],
          ["coerceFunc", coerceFunc],
          ["finalType", finalType],
        ],
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
      call,
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
        call,
        submodule([
          ["modules", get("modules", list([]))],
          ["specialArgs", get("specialArgs", attributes([]))],
          ["shorthandOnlyDefinesConfig", get("shorthandOnlyDefinesConfig", boolean(false))],
          ["class", get("class", nullValue())],
          ["description", get("description", nullValue())],
        ]),
      );
    },
  ),
  define("deferredModuleWith", "arguments!", "{ staticModules ? [ ] } -> type", (call, given) => {
    const set = needAttrs(call, given, "deferredModuleWith");
    if (set.type === "unknown") return set;
    const modules = set.entries.get("staticModules")?.thunk ?? ready(set.rest ?? list([]));
    return makeType(call, { kind: "deferredModule", parameters: [["staticModules", modules]] });
  }),
  define("attrTag", "tags", "{ ${tag} :: option } -> type", (call, tags) =>
    makeType(call, { kind: "attrTag", parameters: [["tags", tags]] }),
  ),
  define("addCheck", "type check", "type -> (a -> bool) -> type", (call, elemType, check) =>
    each(call, elemType, (base) => {
      if (base.type !== "attrs") return base.type === "unknown" ? base : wrongType("a type", base.type, call.at);
      const parameters = attributes([
        ["kind", string("addCheck")],
        ["elemType", base],
        ["check", check],
      ]);
      const type = replaced(base, [
        ["__parameters", parameters],
        [
          "check",
          checkFunction((x) => {
            const before = checked(call, base, x);
            return before === true ? holds(call, check, x) : before;
          }),
        ],
      ]);
      rememberOriginal(parameters, type);
      return type;
    }),
  ),
  define("mkOptionType", "arguments", "{ name, check ? _: true, merge ? …, … } -> type", (call, given) =>
    each(call, given, (set) => {
      if (set.type !== "attrs")
        return set.type === "unknown" ? becauseOf(set, "mkOptionType", call.at) : wrongType("a set", set.type, call.at);
      const parameters = attributes([["kind", string("custom")]]);
      const fallback: AttributesValue = attributes([
        ["_type", string("option-type")],
        ...partNames.map((part) => [part, typePart(call, () => whole, part)] as const),
        ["check", checkFunction(() => true)],
        ["description", later(call, () => select(call, set, "name"))],
        ["__parameters", parameters],
      ]);
      rememberOriginal(parameters, fallback);
      const type = update(call, fallback, set);
      const whole: AttributesValue = type.type === "attrs" ? type : fallback;
      return type;
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

function strMatchingName(call: Call, pattern: Thunk): Value {
  const escaped = apply(call, select(call, select(call, call.evaluator.lib, "strings"), "escapeNixString"), pattern);
  return builtin(call, "concatStringsSep", string(" "), list([ready(string("strMatching")), ready(escaped)]));
}

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
  };
}

function unique(call: Call, elemType: Thunk): Shape {
  return {
    kind: "unique",
    parameters: [["elemType", elemType]],
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
  return makeType(call, {
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
