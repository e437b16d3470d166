import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const trivial = writtenSection("trivial", "lib/trivial.nix");
const fixedPoints = writtenSection("fixedPoints", "lib/fixed-points.nix");
const versions = writtenSection("versions", "lib/versions.nix");
const asserts = writtenSection("asserts", "lib/asserts.nix");
const debug = writtenSection("debug", "lib/debug.nix");

/** Small functions of several sets that only compute, written in Nix. */
export const writtenBasics: readonly Definition[] = [
  trivial("concat", "[a] -> [a] -> [a]", "x: y: x ++ y"),
  trivial("or", "bool -> bool -> bool", "x: y: x || y"),
  trivial("and", "bool -> bool -> bool", "x: y: x && y"),
  trivial("xor", "bool -> bool -> bool", "x: y: if x then !y else y && true"),
  trivial("bitNot", "int -> int", "x: -1 - x"),
  trivial("defaultTo", "a -> a | null -> a", "fallback: value: if value == null then fallback else value"),
  trivial("mapNullable", "(a -> b) -> a | null -> b | null", "f: value: if value == null then value else f value"),
  trivial("min", "number -> number -> number", "x: y: if x < y then x else y"),
  trivial("max", "number -> number -> number", "x: y: if x > y then x else y"),
  trivial("mod", "int -> int -> int", "base: int: base - int * (base / int)"),
  trivial("compare", "a -> a -> int", "a: b: if a < b then -1 else if b < a then 1 else 0"),
  trivial(
    "splitByAndCompare",
    "(a -> bool) -> (a -> a -> int) -> (a -> a -> int) -> a -> a -> int",
    "p: yes: no: a: b: if p a then (if p b then yes a b else -1) else if p b then 1 else no a b",
  ),
  trivial(
    "checkListOfEnum",
    "string -> [a] -> [a] -> b -> b",
    `message: valid: given:
    let
      strange = lib.subtractLists valid given;
      show = values: lib.concatMapStringsSep ", " toString values;
    in
    lib.throwIfNot (strange == [ ]) (message + ": " + show strange + " unexpected; valid ones: " + show valid)`,
  ),
  trivial(
    "toBaseDigits",
    "int -> int -> [int]",
    `base: i:
    let
      digits = n: if n < base then [ n ] else digits (n / base) ++ [ (lib.mod n base) ];
    in
    assert builtins.isInt base;
    assert builtins.isInt i;
    assert base >= 2;
    assert i >= 0;
    digits i`,
  ),
  trivial(
    "toHexString",
    "int -> string",
    `i: lib.concatMapStrings (digit: builtins.substring digit 1 "0123456789ABCDEF") (lib.trivial.toBaseDigits 16 i)`,
  ),
  trivial(
    "fromHexString",
    "string -> int",
    `text:
    let
      digits = builtins.match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" text;
      value = {
        "0" = 0; "1" = 1; "2" = 2; "3" = 3; "4" = 4; "5" = 5; "6" = 6; "7" = 7; "8" = 8; "9" = 9;
        a = 10; b = 11; c = 12; d = 13; e = 14; f = 15;
      };
    in
    if digits == null then throw "fromHexString: not a hexadecimal number of 63 bits"
    else lib.foldl' (sum: digit: sum * 16 + value.\${lib.toLower digit}) 0 (lib.stringToCharacters (builtins.elemAt digits 1))`,
  ),

  fixedPoints("fix'", "(a -> a) -> a", "f: let x = f x // { __unfix__ = f; }; in x"),
  fixedPoints(
    "converge",
    "(a -> a) -> a -> a",
    "f: x: let next = f x; in if next == x then x else lib.converge f next",
  ),
  fixedPoints(
    "extends",
    "(a -> a -> a) -> (a -> a) -> a -> a",
    "overlay: f: final: let prev = f final; in prev // overlay final prev",
  ),
  fixedPoints(
    "composeExtensions",
    "overlay -> overlay -> overlay",
    "f: g: final: prev: let first = f final prev; in first // g final (prev // first)",
  ),
  fixedPoints(
    "composeManyExtensions",
    "[overlay] -> overlay",
    "overlays: lib.foldr lib.composeExtensions (final: prev: { }) overlays",
  ),
  fixedPoints("makeExtensible", "(a -> a) -> a", `rattrs: lib.makeExtensibleWithCustomName "extend" rattrs`),
  fixedPoints(
    "makeExtensibleWithCustomName",
    "string -> (a -> a) -> a",
    `name: rattrs:
    lib.fixedPoints.fix' (
      self: rattrs self // { \${name} = f: lib.makeExtensibleWithCustomName name (lib.extends f rattrs); }
    )`,
  ),
  fixedPoints(
    "toExtension",
    "attrs | (attrs -> attrs) | overlay -> overlay",
    `f: final: prev:
    if !lib.isFunction f then f
    else
      let
        half = f prev;
      in
      if lib.isFunction half then f final prev else half`,
  ),

  versions("major", "string -> string", "v: builtins.elemAt (builtins.splitVersion v) 0"),
  versions("minor", "string -> string", "v: builtins.elemAt (builtins.splitVersion v) 1"),
  versions("patch", "string -> string", "v: builtins.elemAt (builtins.splitVersion v) 2"),
  versions("majorMinor", "string -> string", `v: lib.concatStringsSep "." (lib.take 2 (builtins.splitVersion v))`),
  versions(
    "pad",
    "int -> string -> string",
    `n: version:
    let
      numbers = builtins.head (lib.splitString "-" version);
      padded = builtins.splitVersion numbers ++ lib.replicate n "0";
    in
    lib.concatStringsSep "." (lib.take n padded) + lib.removePrefix numbers version`,
  ),

  asserts("assertMsg", "bool -> string -> bool", "condition: message: condition || throw message"),
  asserts(
    "assertOneOf",
    "string -> a -> [a] -> bool",
    `name: value: values:
    lib.assertMsg (lib.elem value values) (name + " must be one of " + lib.generators.toPretty { } values + ", but is: " + lib.generators.toPretty { } value)`,
  ),
  asserts(
    "assertEachOneOf",
    "string -> [a] -> [a] -> bool",
    `name: given: values:
    lib.assertMsg (lib.all (value: lib.elem value values) given) ("each element in " + name + " must be one of " + lib.generators.toPretty { } values + ", but is: " + lib.generators.toPretty { } given)`,
  ),
  asserts(
    "checkAssertWarn",
    "[assertion] -> [string] -> a -> a",
    `assertions: warnings: value:
    let
      failed = map (x: "- " + x.message) (builtins.filter (x: !x.assertion) assertions);
    in
    if failed == [ ] then lib.showWarnings warnings value
    else throw ("\\nFailed assertions:\\n" + lib.concatStringsSep "\\n" failed)`,
  ),

  debug(
    "traceIf",
    "bool -> string -> a -> a",
    "condition: message: x: if condition then builtins.trace message x else x",
  ),
  debug("traceVal", "a -> a", "x: x"),
  debug("traceValFn", "(a -> b) -> a -> a", "f: x: x"),
  debug("traceSeq", "a -> b -> b", "x: y: builtins.deepSeq x y"),
  debug("traceSeqN", "int -> a -> b -> b", "depth: x: y: y"),
  debug("traceValSeq", "a -> a", "x: builtins.deepSeq x x"),
  debug("traceValSeqFn", "(a -> b) -> a -> a", "f: x: builtins.deepSeq x x"),
  debug("traceValSeqN", "int -> a -> a", "depth: x: x"),
  debug("traceValSeqNFn", "(a -> b) -> int -> a -> a", "f: depth: x: x"),
  debug("traceFnSeqN", "int -> string -> (a -> b) -> a -> b", "depth: name: f: x: f x"),
  debug("testAllTrue", "[bool] -> { expr, expected }", "expr: { inherit expr; expected = map (x: true) expr; }"),
  debug(
    "runTests",
    "{ ${name} :: { expr, expected } } -> [{ name, expected, result }]",
    `tests:
    let
      wanted = tests.tests or [ ];
      counts = name: if wanted == [ ] then lib.hasPrefix "test" name else lib.elem name wanted;
      fails = name: counts name && tests.\${name}.expr != tests.\${name}.expected;
    in
    map (name: { inherit name; inherit (tests.\${name}) expected; result = tests.\${name}.expr; }) (builtins.filter fails (builtins.attrNames tests))`,
  ),
];
