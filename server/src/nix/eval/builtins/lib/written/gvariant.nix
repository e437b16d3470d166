# Functions of lib/gvariant.nix of nixpkgs, in our own words.
lib:
{
  # attrs
  type =
    {
      string = "s"; boolean = "b"; uchar = "y"; int16 = "n"; uint16 = "q"; int32 = "i"; uint32 = "u"; int64 = "x"; uint64 = "t";
      double = "d"; variant = "v";
      arrayOf = t: "a" + t;
      maybeOf = t: "m" + t;
      tupleOf = ts: "(" + lib.concatStrings ts + ")";
      dictionaryEntryOf = name: value: "{" + name + value + "}";
    };

  # any -> bool
  isGVariant = v: v._type or "" == "gvariant";

  # string -> (attrs -> string) -> a -> gvariant
  __make = type: show: value: { _type = "gvariant"; inherit type value; __toString = show; };

  # int -> gvariant
  mkUchar = v: lib.gvariant.__make "y" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkInt16 = v: lib.gvariant.__make "n" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkUint16 = v: lib.gvariant.__make "q" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkUint32 = v: lib.gvariant.__make "u" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkInt64 = v: lib.gvariant.__make "x" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkUint64 = v: lib.gvariant.__make "t" (self: "@" + self.type + " " + toString self.value) v;

  # int -> gvariant
  mkInt32 = v: lib.gvariant.__make "i" (self: toString self.value) v;

  # float -> gvariant
  mkDouble = v: lib.gvariant.__make "d" (self: toString self.value) v;

  # bool -> gvariant
  mkBoolean = v: lib.gvariant.__make "b" (self: lib.boolToString self.value) v;

  # string -> gvariant
  mkString = v: lib.gvariant.__make "s" (self: "'" + builtins.replaceStrings [ "\n" ] [ "\\n" ] (lib.escape [ "'" "\\" ] self.value) + "'") v;

  # string -> gvariant
  mkObjectpath = v: lib.gvariant.__make "s" (self: "objectpath '" + lib.escape [ "'" ] self.value + "'") v;

  # any -> gvariant
  mkValue =
    v:
    if builtins.isBool v then lib.gvariant.mkBoolean v
    else if builtins.isFloat v then lib.gvariant.mkDouble v
    else if builtins.isString v then lib.gvariant.mkString v
    else if builtins.isList v then lib.gvariant.mkArray v
    else if lib.gvariant.isGVariant v then v
    else if builtins.isInt v then throw "The GVariant type of a number is unclear: wrap it with a function of lib.gvariant"
    else throw ("Cannot construct a GVariant value from a value of type " + builtins.typeOf v);

  # [any] -> gvariant
  mkArray =
    elements:
    let
      values = map lib.gvariant.mkValue (lib.throwIf (elements == [ ]) "Please create empty array with mkEmptyArray." elements);
      type = lib.throwIfNot (lib.all (v: v.type == (builtins.head values).type) values) "Elements in a list should have same type." (builtins.head values).type;
    in
    lib.gvariant.__make ("a" + type) (self: "@" + self.type + " [" + lib.concatMapStringsSep "," toString self.value + "]") values;

  # string -> gvariant
  mkEmptyArray = type: lib.gvariant.__make ("a" + type) (self: "@" + self.type + " []") [ ];

  # any -> gvariant
  mkVariant = v: lib.gvariant.__make "v" (self: "<" + toString self.value + ">") (lib.gvariant.mkValue v);

  # any -> any -> gvariant
  mkDictionaryEntry =
    name: value:
    let
      key = lib.gvariant.mkValue name;
      content = lib.gvariant.mkValue value;
    in
    lib.gvariant.__make ("{" + key.type + content.type + "}") (self: "@" + self.type + " {" + toString key + "," + toString content + "}") { inherit name value; };

  # string -> any -> gvariant
  mkMaybe = type: v: lib.gvariant.__make ("m" + type) (self: if self.value == null then "@" + self.type + " nothing" else "just " + toString self.value) v;

  # string -> gvariant
  mkNothing = type: lib.gvariant.mkMaybe type null;

  # any -> gvariant
  mkJust = v: let value = lib.gvariant.mkValue v; in lib.gvariant.mkMaybe value.type value;

  # [any] -> gvariant
  mkTuple =
    elements:
    let
      values = map lib.gvariant.mkValue elements;
    in
    lib.gvariant.__make ("(" + lib.concatMapStrings (v: v.type) values + ")") (self: "@" + self.type + " (" + lib.concatMapStringsSep "," toString self.value + ")") values;
}
