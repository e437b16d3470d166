import { attributes, becauseOf, boolean, integer, list, nowhere, nullValue, string, unsupported } from "../../make.ts";
import { prefixOf } from "../../pieces.ts";
import type { AttributesValue, FunctionValue, Thunk, Unknown, Value, ValueType } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { fails, isUnknown } from "./combine.ts";
import { partNames, rememberOriginal, typePart } from "./type-parts.ts";

/**
 * The values of `lib.types`: descriptions of types, which the module system (server/src/nix/modules) reads by shape.
 *
 * A type is an attribute set:
 *
 *     _type = "option-type";
 *     name = "listOf";                 # the name that nixpkgs gives: "positiveInt" for ints.positive, "unsignedInt16" for port
 *     description = "list of string";
 *     check = value: …;                # real: says whether a definition is of the type; unknown where we cannot know
 *     nestedTypes = { elemType = …; };
 *     emptyValue = { value = [ ]; };   # { } where the type has none
 *     __parameters = { kind = "listOf"; elemType = …; };
 *
 * `merge`, `getSubOptions`, `functor` … are there too, and are unknown where they would need the module system.
 * `__parameters.kind` is the constructor, which says how to merge; the other parameters are by kind:
 *
 * | kind | further parameters |
 * | --- | --- |
 * | raw anything unspecified bool boolByOr int float str path package attrs fileset luaInline optionType optionDeclaration deferredModule json toml | – |
 * | ints.between, numbers.between (also unsigned, positive, u8, port …, number ranges) | `lowest`, `highest` (null: none) |
 * | nonEmptyStr singleLineStr | – |
 * | strMatching | `pattern` |
 * | separatedString (lines, commas, envVar) | `sep` |
 * | passwdEntry, listOf, nonEmptyListOf, attrsOf, lazyAttrsOf, attrListOf, nullOr, unique, functionTo | `elemType` |
 * | pathWith (pathInStore, externalPath) | `inStore`, `absolute` (null: either) |
 * | enum | `values` |
 * | either | `left`, `right` |
 * | coercedTo | `coercedType`, `coerceFunc`, `finalType` |
 * | submodule | `modules` (a list), `specialArgs`, `shorthandOnlyDefinesConfig` (a boolean) |
 * | deferredModule | `staticModules` (a list) |
 * | attrTag | `tags` |
 * | addCheck | `elemType` (merge as that), `check` (the further predicate); `name` is that of elemType |
 * | custom | mkOptionType by the user: `merge` and `check` of the type are the user's functions, or the defaults |
 *
 * `oneOf` is nested `either`; `uniq` is `unique`; `number` is `either int float`. A user's `type // { check = …; }` keeps
 * `__parameters` and has another `check`: look at `check` of the type itself, never at that of the parameters.
 */
const integers: Shape = { kind: "int", check: isOf("integer") };
const floats: Shape = { kind: "float", check: isOf("float") };

/** The types of `lib.types` that take no arguments. */
export const types: readonly Definition[] = [
  ...["raw", "anything", "unspecified"].map((kind) => constant(kind, "any value", { kind, check: () => true })),
  constant("bool", "booleans", { kind: "bool", check: isOf("boolean") }),
  constant("boolByOr", "booleans, merged by or", {
    kind: "boolByOr",
    check: isOf("boolean"),
  }),
  constant("int", "integers", integers),
  constant("float", "floats", floats),
  constant("str", "strings", { kind: "str", check: isOf("string") }),
  constant("string", "strings", { kind: "str", check: isOf("string") }),
  constant("attrs", "sets, merged shallowly", {
    kind: "attrs",
    check: isOf("attrs"),
  }),
  constant("path", "absolute paths", { kind: "path", check: isAbsolutePath }),
  constant("package", "derivations and store paths", { kind: "package" }),
  constant("shellPackage", "derivations of shells", { kind: "package" }),
  constant("pkgs", "nixpkgs package sets", (call) => ({
    kind: "unique",
    name: "pkgs",
    parameters: [["elemType", makeType(call, { kind: "attrs", check: isOf("attrs") })]],
  })),
  constant("fileset", "file sets", { kind: "fileset" }),
  constant("luaInline", "inline Lua", { kind: "luaInline", check: hasType("lua-inline") }),
  constant("optionType", "types", { kind: "optionType", check: hasType("option-type") }),
  constant("optionDeclaration", "option declarations", { kind: "optionDeclaration", check: hasType("option") }),
  constant("deferredModule", "modules", {
    kind: "deferredModule",
    parameters: [["staticModules", list([])]],
  }),
  constant("json", "what JSON can hold", { kind: "json" }),
  constant("toml", "what TOML can hold", { kind: "toml" }),
  constant("number", "integers and floats", (call) =>
    eitherShape(makeType(call, integers), makeType(call, floats), (x) => numberCheck(x, () => true)),
  ),
  constant("port", "TCP and UDP ports", integerRange(0n, 65535n, "unsignedInt16")),
  constant("nonEmptyStr", "strings that are not blank", {
    kind: "nonEmptyStr",
    check: (x) => textCheck(x, (s) => !/^[ \t\n]*$/.test(s)),
  }),
  constant("singleLineStr", "strings of one line", {
    kind: "singleLineStr",
    check: (x) => textCheck(x, (s) => /^[^\n\r]*\n?$/.test(s)),
  }),
  constant("lines", "strings, joined by line feeds", separated("\n")),
  constant("commas", "strings, joined by commas", separated(",")),
  constant("envVar", "strings, joined by colons", separated(":")),
  constant("pathInStore", "paths in the store", pathShape(true, null)),
  constant("externalPath", "paths outside the store", pathShape(false, true)),
];

/** `lib.types.ints`. */
export const intTypes: readonly Definition[] = [
  constant("unsigned", "integers from 0", integerRange(0n, null, "unsignedInt"), "types.ints"),
  constant("positive", "integers from 1", integerRange(1n, null, "positiveInt"), "types.ints"),
  ...[8n, 16n, 32n].flatMap((bits) => [
    constant(
      `u${bits}`,
      `unsigned integers of ${bits} bits`,
      integerRange(0n, 2n ** bits - 1n, `unsignedInt${bits}`),
      "types.ints",
    ),
    constant(
      `s${bits}`,
      `signed integers of ${bits} bits`,
      integerRange(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n, `signedInt${bits}`),
      "types.ints",
    ),
  ]),
];

/** `lib.types.numbers`. */
export const numberTypes: readonly Definition[] = [
  constant(
    "nonnegative",
    "numbers from 0",
    {
      kind: "numbers.between",
      name: "numberNonnegative",
      parameters: [
        ["lowest", integer(0)],
        ["highest", nullValue()],
      ],
      check: (x) => numberCheck(x, (n) => n >= 0),
    },
    "types.numbers",
  ),
  constant(
    "positive",
    "numbers above 0",
    {
      kind: "numbers.between",
      name: "numberPositive",
      parameters: [
        ["lowest", nullValue()],
        ["highest", nullValue()],
      ],
      check: (x) => numberCheck(x, (n) => n > 0),
    },
    "types.numbers",
  ),
];

/** What a type is made of, as far as lib can tell: everything else is the module system's. */
export interface Shape {
  readonly kind: string;
  /** The name that nixpkgs gives; that of the kind if absent. */
  readonly name?: string | Thunk;
  readonly parameters?: Iterable<readonly [string, Thunk | Value]>;
  readonly check?: Check;
}
type Check = (value: Thunk) => boolean | Unknown;

export function makeType(call: Call, shape: Shape): AttributesValue {
  const parameters = attributes([["kind", string(shape.kind)], ...(shape.parameters ?? [])]);
  const name = shape.name ?? shape.kind;
  const type: AttributesValue = attributes([
    ["_type", string("option-type")],
    ["name", typeof name === "string" ? string(name) : name],
    ...partNames.map((part) => [part, typePart(call, () => type, part)] as const),
    ...(shape.check ? [["check", checkFunction(shape.check)] as const] : []),
    ["__parameters", parameters],
  ]);
  rememberOriginal(parameters, type);
  return type;
}

/** A type with some of its attributes replaced. */
export function replaced(type: AttributesValue, entries: Iterable<readonly [string, Thunk | Value]>): AttributesValue {
  return { ...type, entries: new Map([...type.entries, ...attributes(entries).entries]) };
}

export function checkFunction(check: Check): FunctionValue {
  return {
    type: "function",
    name: "check",
    formals: null,
    ellipsis: false,
    origin: nowhere,
    apply: (argument, at) => {
      const verdict = check(argument);
      return isUnknown(verdict) ? becauseOf(verdict, "check", at, { type: "boolean" }) : boolean(verdict);
    },
  };
}

export function isOf(type: ValueType): Check {
  return (x) => {
    const value = x.force();
    if (value.type !== "unknown") return value.type === type;
    return value.shape?.type !== undefined && !fails(value) ? value.shape.type === type : becauseOf(value, "check");
  };
}

function hasType(name: string): Check {
  return (x) => {
    const value = x.force();
    if (value.type === "unknown") return becauseOf(value, "check");
    if (value.type !== "attrs") return false;
    const type = value.entries.get("_type");
    if (!type) return value.rest ?? false;
    const given = type.thunk.force();
    return given.type === "unknown" ? given : given.type === "string" && given.value === name;
  };
}

export function textCheck(x: Thunk, test: (text: string) => boolean): boolean | Unknown {
  const value = x.force();
  if (value.type === "unknown") return becauseOf(value, "check");
  return value.type === "string" && test(value.value);
}

function isAbsolutePath(x: Thunk): boolean | Unknown {
  const value = x.force();
  if (value.type === "unknown") {
    const prefix = prefixOf(value);
    return prefix && !fails(value) ? prefix.startsWith("/") : becauseOf(value, "check");
  }
  if (value.type === "attrs") {
    const text = value.entries.has("outPath") || value.entries.has("__toString") || value.rest;
    return text ? unsupported("whether a set is a path") : false;
  }
  return value.type === "path" || (value.type === "string" && value.value.startsWith("/"));
}

export function numberCheck(x: Thunk, test: (n: bigint | number) => boolean): boolean | Unknown {
  const value = x.force();
  if (value.type === "unknown") return becauseOf(value, "check");
  return (value.type === "integer" || value.type === "float") && test(value.value);
}

export function integerRange(lowest: bigint | null, highest: bigint | null, name: string): Shape {
  return {
    kind: "ints.between",
    name,
    parameters: [
      ["lowest", lowest === null ? nullValue() : integer(lowest)],
      ["highest", highest === null ? nullValue() : integer(highest)],
    ],
    check: (x) => {
      const value = x.force();
      if (value.type === "unknown") return becauseOf(value, "check");
      return (
        value.type === "integer" &&
        (lowest === null || value.value >= lowest) &&
        (highest === null || value.value <= highest)
      );
    },
  };
}

export function separated(sep: string): Shape {
  return {
    kind: "separatedString",
    parameters: [["sep", string(sep)]],
    check: isOf("string"),
  };
}

function pathShape(inStore: boolean | null, absolute: boolean | null): Shape {
  const either = (flag: boolean | null): Value => (flag === null ? nullValue() : boolean(flag));
  return {
    kind: "pathWith",
    name: "path",
    parameters: [
      ["inStore", either(inStore)],
      ["absolute", either(absolute)],
    ],
  };
}

export function eitherShape(left: Thunk | Value, right: Thunk | Value, check: Check): Shape {
  const sides = [
    ["left", left],
    ["right", right],
  ] as const;
  return { kind: "either", parameters: sides, check };
}

/** A type that is a constant of lib. */
function constant(name: string, signature: string, shape: Shape | ((call: Call) => Shape), set = "types"): Definition {
  return {
    name: `lib.${set}.${name}`,
    parameters: [],
    signature: `type: ${signature}`,
    source: "lib/types.nix",
    run: (call) => makeType(call, typeof shape === "function" ? shape(call) : shape),
  };
}
