# Functions of lib/deprecated/misc.nix of nixpkgs, in our own words.
lib:
{
  # string -> a -> attrs -> a
  maybeAttr = name: fallback: set: set.${name} or fallback;

  # string -> a -> attrs -> a
  maybeAttrNullable = name: fallback: set: set.${name} or fallback;

  # bool -> a -> a
  ifEnable =
    condition: value:
    if condition then value
    else if builtins.isList value then [ ]
    else if builtins.isAttrs value then { }
    else if builtins.isBool value then false
    else null;

  # attrs -> string -> bool
  checkFlag =
    set: name:
    if name == "true" then true
    else if name == "false" then false
    else if lib.elem name (set.flags or [ ]) then true
    else set.${name} or false;

  # string -> a -> attrs
  nvs = name: value: builtins.listToAttrs [ { inherit name value; } ];

  # attrs -> string -> a -> attrs
  setAttr = set: name: value: set // { ${name} = value; };

  # string -> a -> attrs -> (a -> b) -> attrs
  setAttrMerge = name: fallback: set: f: set // { ${name} = f (set.${name} or fallback); };

  # (a -> a -> a) -> attrs -> attrs -> attrs
  mergeAttrsWithFunc = f: a: b: let all = b // a; in all // builtins.mapAttrs (name: f all.${name}) b;

  # attrs -> attrs -> attrs
  mergeAttrsConcatenateValues = a: b: lib.mergeAttrsWithFunc (x: y: x ++ y) a b;

  # { inputList, acc ? [ ] } -> [a]
  uniqList = { inputList, acc ? [ ] }: lib.unique (builtins.filter (x: !lib.elem x acc) inputList);

  # string -> [any] -> (any -> bool) -> string
  condConcat =
    name: list: check:
    if list == [ ] then name
    else lib.condConcat (if check (builtins.head list) then name + builtins.elemAt list 1 else name) (builtins.tail (builtins.tail list)) check;

  # attrs -> attrs | (attrs -> attrs) -> attrs
  defaultMergeArg = x: y: if builtins.isAttrs y then y else y x;

  # attrs -> attrs | (attrs -> attrs) -> attrs
  defaultMerge = x: y: x // (if builtins.isAttrs y then y else y x);

  # any -> string
  nixType =
    x:
    if builtins.isAttrs x then (if x ? outPath then "derivation" else "attrs")
    else if lib.isFunction x then "function"
    else if builtins.isList x then "list"
    else if builtins.isBool x then "bool"
    else if x == null then "null"
    else if builtins.isInt x then "int"
    else "string";

  # attrs -> [any] -> [[string]] -> bool
  checkReqs =
    set: list: conditions:
    let
      given = name: let value = lib.getValue set list name; in value != null && value != false;
    in
    lib.all (c: lib.checkFlag set (builtins.head c) -> lib.all given (builtins.tail c)) conditions;

  # attrs -> [[any]] -> string -> any
  getValue =
    set: list: name:
    let
      first = builtins.head list;
    in
    set.${name} or (
      if lib.checkFlag set name then true
      else if list == [ ] then null
      else if builtins.head first == name then builtins.elemAt first 1
      else lib.getValue set (builtins.tail list) name
    );

  # { mergeLists ? …, overrideSnd ? … } -> attrs -> attrs -> attrs
  mergeAttrsNoOverride =
    { mergeLists ? [ "buildInputs" "propagatedBuildInputs" ], overrideSnd ? [ "buildPhase" ] }: a: b:
    a // builtins.mapAttrs (
      name: value:
      if !(a ? ${name}) then value
      else if lib.elem name mergeLists then value ++ a.${name}
      else if lib.elem name overrideSnd then a.${name}
      else throw ("error mergeAttrsNoOverride, attribute " + name + " given in both attributes - no merge func defined")
    ) b;

  # { inputList, outputList ? [ ], getter ? …, compare ? … } -> [a]
  uniqListExt =
    { inputList, outputList ? [ ], getter ? (x: x), compare ? (x: y: x == y) }:
    builtins.foldl' (done: x: if lib.any (y: compare (getter y) (getter x)) done then done else done ++ [ x ]) outputList inputList;

  # { startSet, operator } -> [attrs]
  lazyGenericClosure =
    { startSet, operator }:
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
    work startSet [ ] [ ];

  # (int -> a -> b) -> [a] -> [b]
  imap = f: list: lib.imap1 f list;
}
