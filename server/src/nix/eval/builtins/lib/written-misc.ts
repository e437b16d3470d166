import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const root = (name: string, signature: string, nix: string): Definition => ({
  ...writtenSection("", "lib/default.nix")(name, signature, nix),
  name: `lib.${name}`,
});
const misc = writtenSection("misc", "lib/deprecated/misc.nix");
const ipv6 = writtenSection("network.ipv6", "lib/network/default.nix");
const kernel = writtenSection("kernel", "lib/kernel.nix");

/** `lib.extend`, networks, kernels, and the functions that nixpkgs only keeps for old code; written in Nix. */
export const writtenMisc: readonly Definition[] = [
  root("extend", "(lib -> lib -> attrs) -> lib", "f: lib.makeExtensible (lib.extends f (self: lib))"),

  misc("maybeAttr", "string -> a -> attrs -> a", "name: fallback: set: set.${name} or fallback"),
  misc("maybeAttrNullable", "string -> a -> attrs -> a", "name: fallback: set: set.${name} or fallback"),
  misc(
    "ifEnable",
    "bool -> a -> a",
    `condition: value:
    if condition then value
    else if builtins.isList value then [ ]
    else if builtins.isAttrs value then { }
    else if builtins.isBool value then false
    else null`,
  ),
  misc(
    "checkFlag",
    "attrs -> string -> bool",
    `set: name:
    if name == "true" then true
    else if name == "false" then false
    else if lib.elem name (set.flags or [ ]) then true
    else set.\${name} or false`,
  ),
  misc("nvs", "string -> a -> attrs", "name: value: builtins.listToAttrs [ { inherit name value; } ]"),
  misc("setAttr", "attrs -> string -> a -> attrs", "set: name: value: set // { ${name} = value; }"),
  misc(
    "setAttrMerge",
    "string -> a -> attrs -> (a -> b) -> attrs",
    "name: fallback: set: f: set // { ${name} = f (set.${name} or fallback); }",
  ),
  misc(
    "mergeAttrsWithFunc",
    "(a -> a -> a) -> attrs -> attrs -> attrs",
    "f: a: b: let all = b // a; in all // builtins.mapAttrs (name: f all.${name}) b",
  ),
  misc("mergeAttrsConcatenateValues", "attrs -> attrs -> attrs", "a: b: lib.mergeAttrsWithFunc (x: y: x ++ y) a b"),
  misc(
    "uniqList",
    "{ inputList, acc ? [ ] } -> [a]",
    "{ inputList, acc ? [ ] }: lib.unique (builtins.filter (x: !lib.elem x acc) inputList)",
  ),
  misc(
    "condConcat",
    "string -> [any] -> (any -> bool) -> string",
    `name: list: check:
    if list == [ ] then name
    else lib.condConcat (if check (builtins.head list) then name + builtins.elemAt list 1 else name) (builtins.tail (builtins.tail list)) check`,
  ),
  misc("defaultMergeArg", "attrs -> attrs | (attrs -> attrs) -> attrs", "x: y: if builtins.isAttrs y then y else y x"),
  misc(
    "defaultMerge",
    "attrs -> attrs | (attrs -> attrs) -> attrs",
    "x: y: x // (if builtins.isAttrs y then y else y x)",
  ),
  misc(
    "nixType",
    "any -> string",
    `x:
    if builtins.isAttrs x then (if x ? outPath then "derivation" else "attrs")
    else if lib.isFunction x then "function"
    else if builtins.isList x then "list"
    else if builtins.isBool x then "bool"
    else if x == null then "null"
    else if builtins.isInt x then "int"
    else "string"`,
  ),
  misc(
    "checkReqs",
    "attrs -> [any] -> [[string]] -> bool",
    `set: list: conditions:
    let
      given = name: let value = lib.getValue set list name; in value != null && value != false;
    in
    lib.all (c: lib.checkFlag set (builtins.head c) -> lib.all given (builtins.tail c)) conditions`,
  ),
  misc(
    "getValue",
    "attrs -> [[any]] -> string -> any",
    `set: list: name:
    let
      first = builtins.head list;
    in
    set.\${name} or (
      if lib.checkFlag set name then true
      else if list == [ ] then null
      else if builtins.head first == name then builtins.elemAt first 1
      else lib.getValue set (builtins.tail list) name
    )`,
  ),
  misc(
    "mergeAttrsNoOverride",
    "{ mergeLists ? …, overrideSnd ? … } -> attrs -> attrs -> attrs",
    `{ mergeLists ? [ "buildInputs" "propagatedBuildInputs" ], overrideSnd ? [ "buildPhase" ] }: a: b:
    a // builtins.mapAttrs (
      name: value:
      if !(a ? \${name}) then value
      else if lib.elem name mergeLists then value ++ a.\${name}
      else if lib.elem name overrideSnd then a.\${name}
      else throw ("error mergeAttrsNoOverride, attribute " + name + " given in both attributes - no merge func defined")
    ) b`,
  ),
  misc(
    "uniqListExt",
    "{ inputList, outputList ? [ ], getter ? …, compare ? … } -> [a]",
    `{ inputList, outputList ? [ ], getter ? (x: x), compare ? (x: y: x == y) }:
    builtins.foldl' (done: x: if lib.any (y: compare (getter y) (getter x)) done then done else done ++ [ x ]) outputList inputList`,
  ),
  misc(
    "lazyGenericClosure",
    "{ startSet, operator } -> [attrs]",
    `{ startSet, operator }:
    let
      work = list: done: result:
        if list == [ ] then result
        else
          let
            x = builtins.head list;
            others = builtins.tail list;
          in
          if lib.elem x.key done then work others done result
          else work (others ++ operator x) ([ x.key ] ++ done) ([ x ] ++ result);
    in
    work startSet [ ] [ ]`,
  ),
  misc("imap", "(int -> a -> b) -> [a] -> [b]", "f: list: lib.imap1 f list"),

  ipv6(
    "mkEUI64Suffix",
    "string -> string",
    `mac:
    let
      octets = builtins.match "([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})[-:.]?([0-9A-Fa-f]{2})" mac;
      at = builtins.elemAt octets;
    in
    if octets == null then throw (mac + " is not a valid MAC address (expected 6 octets of hex digits)")
    else lib.toLower (lib.concatStringsSep ":" [
      (lib.toHexString (builtins.bitXor 512 (lib.fromHexString (at 0 + at 1))))
      (at 2 + "ff")
      ("fe" + at 3)
      (at 4 + at 5)
    ])`,
  ),
  ipv6(
    "fromString",
    "string -> { address, prefixLength }",
    `text:
    let
      parts = lib.splitString "/" text;
      length = if builtins.length parts == 1 then 128 else lib.toInt (builtins.elemAt parts 1);
      groups = piece: builtins.filter (x: x != "") (lib.splitString ":" piece);
      halves = lib.splitString "::" (builtins.head parts);
      before = groups (builtins.head halves);
      after = if builtins.length halves == 2 then groups (lib.last halves) else [ ];
      zeros = 8 - builtins.length before - builtins.length after;
      full = before ++ (if builtins.length halves == 2 then lib.replicate zeros "0" else [ ]) ++ after;
      valid = builtins.match "[0-9A-Fa-f:]+" (builtins.head parts) != null
        && builtins.length parts <= 2 && builtins.length halves <= 2
        && (builtins.length halves == 1 || zeros >= 1) && builtins.length full == 8
        && lib.all (group: builtins.stringLength group <= 4) full
        && lib.concatStringsSep "::" (map (half: lib.concatStringsSep ":" (groups half)) halves) == builtins.head parts;
    in
    if !valid then throw (text + " is not a valid IPv6 address in CIDR notation")
    else if length < 1 || length > 128 then throw (text + " IPv6 subnet should be in range [1;128]")
    else {
      prefixLength = length;
      address = lib.concatMapStringsSep ":" (group: lib.toLower (lib.toHexString (lib.fromHexString group))) full;
    }`,
  ),

  kernel("option", "attrs -> attrs", "x: x // { optional = true; }"),
  kernel("yes", "attrs", `{ tristate = "y"; optional = false; }`),
  kernel("no", "attrs", `{ tristate = "n"; optional = false; }`),
  kernel("module", "attrs", `{ tristate = "m"; optional = false; }`),
  kernel("unset", "attrs", "{ tristate = null; optional = false; }"),
  kernel(
    "whenHelpers",
    "string -> { whenAtLeast, whenOlder, whenBetween }",
    `version: {
      whenAtLeast = low: lib.mkIf (lib.versionAtLeast version low);
      whenOlder = high: lib.mkIf (lib.versionOlder version high);
      whenBetween = low: high: lib.mkIf (lib.versionAtLeast version low && lib.versionOlder version high);
    }`,
  ),
  kernel("freeform", "a -> attrs", "x: { freeform = x; optional = false; }"),
];
