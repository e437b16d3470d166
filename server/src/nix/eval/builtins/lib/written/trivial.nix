# Functions of lib/trivial.nix of nixpkgs, in our own words.
lib:
{
  # [a] -> [a] -> [a]
  concat = x: y: x ++ y;

  # bool -> bool -> bool
  "or" = x: y: x || y;

  # bool -> bool -> bool
  "and" = x: y: x && y;

  # bool -> bool -> bool
  xor = x: y: if x then !y else y && true;

  # int -> int
  bitNot = x: -1 - x;

  # a -> a | null -> a
  defaultTo = fallback: value: if value == null then fallback else value;

  # (a -> b) -> a | null -> b | null
  mapNullable = f: value: if value == null then value else f value;

  # number -> number -> number
  min = x: y: if x < y then x else y;

  # number -> number -> number
  max = x: y: if x > y then x else y;

  # int -> int -> int
  mod = base: int: base - int * (base / int);

  # a -> a -> int
  compare = a: b: if a < b then -1 else if b < a then 1 else 0;

  # (a -> bool) -> (a -> a -> int) -> (a -> a -> int) -> a -> a -> int
  splitByAndCompare = p: yes: no: a: b: if p a then (if p b then yes a b else -1) else if p b then 1 else no a b;

  # string -> [a] -> [a] -> b -> b
  checkListOfEnum =
    message: valid: given:
    let
      strange = lib.subtractLists valid given;
      show = values: lib.concatMapStringsSep ", " toString values;
    in
    lib.throwIfNot (strange == [ ]) (message + ": " + show strange + " unexpected; valid ones: " + show valid);

  # int -> int -> [int]
  toBaseDigits =
    base: i:
    let
      digits = n: if n < base then [ n ] else digits (n / base) ++ [ (lib.mod n base) ];
    in
    assert builtins.isInt base;
    assert builtins.isInt i;
    assert base >= 2;
    assert i >= 0;
    digits i;

  # int -> string
  toHexString = i: lib.concatMapStrings (digit: builtins.substring digit 1 "0123456789ABCDEF") (lib.trivial.toBaseDigits 16 i);

  # string -> int
  fromHexString =
    text:
    let
      digits = builtins.match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" text;
      value = {
        "0" = 0; "1" = 1; "2" = 2; "3" = 3; "4" = 4; "5" = 5; "6" = 6; "7" = 7; "8" = 8; "9" = 9;
        a = 10; b = 11; c = 12; d = 13; e = 14; f = 15;
      };
    in
    if digits == null then throw "fromHexString: not a hexadecimal number of 63 bits"
    else lib.foldl' (sum: digit: sum * 16 + value.${lib.toLower digit}) 0 (lib.stringToCharacters (builtins.elemAt digits 1));
}
