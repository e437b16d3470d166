import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const gvariant = writtenSection("gvariant", "lib/gvariant.nix");
const numbers = { mkUchar: "y", mkInt16: "n", mkUint16: "q", mkUint32: "u", mkInt64: "x", mkUint64: "t" };

/** `lib.gvariant`: values of GVariant, as dconf wants them; written in Nix. */
export const writtenGvariant: readonly Definition[] = [
  gvariant(
    "type",
    "attrs",
    `{
      string = "s"; boolean = "b"; uchar = "y"; int16 = "n"; uint16 = "q"; int32 = "i"; uint32 = "u"; int64 = "x"; uint64 = "t";
      double = "d"; variant = "v";
      arrayOf = t: "a" + t;
      maybeOf = t: "m" + t;
      tupleOf = ts: "(" + lib.concatStrings ts + ")";
      dictionaryEntryOf = name: value: "{" + name + value + "}";
    }`,
  ),
  gvariant("isGVariant", "any -> bool", `v: v._type or "" == "gvariant"`),
  gvariant(
    "__make",
    "string -> (attrs -> string) -> a -> gvariant",
    `type: show: value: { _type = "gvariant"; inherit type value; __toString = show; }`,
  ),
  ...Object.entries(numbers).map(([name, type]) =>
    gvariant(
      name,
      "int -> gvariant",
      `v: lib.gvariant.__make "${type}" (self: "@" + self.type + " " + toString self.value) v`,
    ),
  ),
  gvariant("mkInt32", "int -> gvariant", `v: lib.gvariant.__make "i" (self: toString self.value) v`),
  gvariant("mkDouble", "float -> gvariant", `v: lib.gvariant.__make "d" (self: toString self.value) v`),
  gvariant("mkBoolean", "bool -> gvariant", `v: lib.gvariant.__make "b" (self: lib.boolToString self.value) v`),
  gvariant(
    "mkString",
    "string -> gvariant",
    `v: lib.gvariant.__make "s" (self: "'" + builtins.replaceStrings [ "\\n" ] [ "\\\\n" ] (lib.escape [ "'" "\\\\" ] self.value) + "'") v`,
  ),
  gvariant(
    "mkObjectpath",
    "string -> gvariant",
    `v: lib.gvariant.__make "s" (self: "objectpath '" + lib.escape [ "'" ] self.value + "'") v`,
  ),
  gvariant(
    "mkValue",
    "any -> gvariant",
    `v:
    if builtins.isBool v then lib.gvariant.mkBoolean v
    else if builtins.isFloat v then lib.gvariant.mkDouble v
    else if builtins.isString v then lib.gvariant.mkString v
    else if builtins.isList v then lib.gvariant.mkArray v
    else if lib.gvariant.isGVariant v then v
    else if builtins.isInt v then throw "The GVariant type of a number is unclear: wrap it with a function of lib.gvariant"
    else throw ("Cannot construct a GVariant value from a value of type " + builtins.typeOf v)`,
  ),
  gvariant(
    "mkArray",
    "[any] -> gvariant",
    `elements:
    let
      values = map lib.gvariant.mkValue (lib.throwIf (elements == [ ]) "Please create empty array with mkEmptyArray." elements);
      type = lib.throwIfNot (lib.all (v: v.type == (builtins.head values).type) values) "Elements in a list should have same type." (builtins.head values).type;
    in
    lib.gvariant.__make ("a" + type) (self: "@" + self.type + " [" + lib.concatMapStringsSep "," toString self.value + "]") values`,
  ),
  gvariant(
    "mkEmptyArray",
    "string -> gvariant",
    `type: lib.gvariant.__make ("a" + type) (self: "@" + self.type + " []") [ ]`,
  ),
  gvariant(
    "mkVariant",
    "any -> gvariant",
    `v: lib.gvariant.__make "v" (self: "<" + toString self.value + ">") (lib.gvariant.mkValue v)`,
  ),
  gvariant(
    "mkDictionaryEntry",
    "any -> any -> gvariant",
    `name: value:
    let
      key = lib.gvariant.mkValue name;
      content = lib.gvariant.mkValue value;
    in
    lib.gvariant.__make ("{" + key.type + content.type + "}") (self: "@" + self.type + " {" + toString key + "," + toString content + "}") { inherit name value; }`,
  ),
  gvariant(
    "mkMaybe",
    "string -> any -> gvariant",
    `type: v: lib.gvariant.__make ("m" + type) (self: if self.value == null then "@" + self.type + " nothing" else "just " + toString self.value) v`,
  ),
  gvariant("mkNothing", "string -> gvariant", "type: lib.gvariant.mkMaybe type null"),
  gvariant(
    "mkJust",
    "any -> gvariant",
    "v: let value = lib.gvariant.mkValue v; in lib.gvariant.mkMaybe value.type value",
  ),
  gvariant(
    "mkTuple",
    "[any] -> gvariant",
    `elements:
    let
      values = map lib.gvariant.mkValue elements;
    in
    lib.gvariant.__make ("(" + lib.concatMapStrings (v: v.type) values + ")") (self: "@" + self.type + " (" + lib.concatMapStringsSep "," toString self.value + ")") values`,
  ),
];
