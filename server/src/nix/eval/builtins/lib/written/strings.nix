# Functions of lib/strings.nix of nixpkgs, in our own words.
lib:
{
  # any -> bool
  isCoercibleToString = x: lib.isStringLike x;

  # a -> [a] -> [a]
  intersperse = separator: list: if list == [ ] || builtins.length list == 1 then list else builtins.tail (lib.concatMap (x: [ separator x ]) list);

  # string -> string -> string -> string
  replaceString = from: to: builtins.replaceStrings [ from ] [ to ];

  # { start ? false, end ? false } -> string -> string
  trimWith =
    { start ? false, end ? false }: text:
    let
      blank = " \t\r\n";
      whole = builtins.match (
        (if start then "[" + blank + "]*" else "") + (if end then "(.*[^" + blank + "])[" + blank + "]*" else "(.*)")
      ) text;
    in
    if whole == null then "" else builtins.head whole;

  # string -> string -> [package] -> string
  makeSearchPathOutput = output: folder: pkgs: lib.makeSearchPath folder (map (lib.getOutput output) pkgs);

  # [package] -> string
  makeLibraryPath = pkgs: lib.makeSearchPathOutput "lib" "lib" pkgs;

  # [package] -> string
  makeIncludePath = pkgs: lib.makeSearchPathOutput "dev" "include" pkgs;

  # [package] -> string
  makeBinPath = pkgs: lib.makeSearchPathOutput "bin" "bin" pkgs;

  # string -> string
  normalizePath = text: builtins.foldl' (done: c: if c == "/" && lib.hasSuffix "/" done then done else done + c) "" (lib.stringToCharacters text);

  # [string] -> string -> string
  escapeC = list: builtins.replaceStrings list (map (c: "\\x" + lib.fixedWidthString 2 "0" (lib.toLower (lib.toHexString (lib.strings.charToInt c)))) list);

  # string -> bool
  isValidPosixName = name: builtins.match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;

  # string -> string | [string] | { ${name} :: string } -> string
  toShellVar =
    name: value:
    let
      pair = key: v: "[" + lib.escapeShellArg key + "]=" + lib.escapeShellArg v;
    in
    if !lib.isValidPosixName name then throw ("toShellVar: " + name + " is not a valid shell variable name")
    else if builtins.isAttrs value && !lib.isStringLike value then
      "declare -A " + name + "=(" + lib.concatStringsSep " " (lib.mapAttrsToList pair value) + ")"
    else if builtins.isList value then "declare -a " + name + "=(" + lib.escapeShellArgs value + ")"
    else name + "=" + lib.escapeShellArg value;

  # { ${name} :: string | [string] | attrs } -> string
  toShellVars = vars: lib.concatStringsSep "\n" (lib.mapAttrsToList lib.toShellVar vars);

  # string -> string
  toCamelCase =
    text:
    let
      words = lib.strings.splitStringBy (before: c: lib.elem c [ "-" "_" " " ]) false text;
      humps = lib.strings.splitStringBy (before: c: builtins.match "[a-z]" before != null && builtins.match "[A-Z]" c != null) true;
      parts = lib.concatMap humps words;
    in
    if !builtins.isString text then throw ("toCamelCase does only accepts string values, but got " + builtins.typeOf text)
    else lib.concatStrings (lib.imap0 (i: part: if i == 0 then lib.toLower part else lib.strings.toSentenceCase part) parts);

  # string -> string -> string
  addContextFrom = source: target: builtins.substring 0 0 source + target;

  # (string -> string -> bool) -> bool -> string -> [string]
  splitStringBy =
    splits: keep: text:
    let
      step = { done, part, before }: c:
        if splits before c then { done = done ++ [ part ]; part = if keep then c else ""; before = c; }
        else { inherit done; part = part + c; before = c; };
      end = builtins.foldl' step { done = [ ]; part = ""; before = ""; } (lib.stringToCharacters text);
    in
    end.done ++ [ end.part ];

  # string -> string -> bool
  versionOlder = a: b: builtins.compareVersions b a == 1;

  # string -> string -> bool
  versionAtLeast = a: b: builtins.compareVersions b a != 1;

  # string | package -> string
  getName = x: let parse = y: (builtins.parseDrvName y).name; in if builtins.isString x then parse x else x.pname or (parse x.name);

  # string | package -> string
  getVersion = x: let parse = y: (builtins.parseDrvName y).version; in if builtins.isString x then parse x else x.version or (parse x.name);

  # string -> string -> string
  nameFromURL =
    url: separator:
    let
      file = lib.last (lib.splitString "/" url);
      name = builtins.head (lib.splitString separator file);
    in
    assert name != file;
    name;

  # string -> string -> string -> string
  cmakeOptionType =
    type: feature: value:
    assert lib.elem (lib.toUpper type) [ "BOOL" "FILEPATH" "PATH" "STRING" "INTERNAL" "LIST" ];
    assert builtins.isString feature;
    assert builtins.isString value;
    "-D" + feature + ":" + lib.toUpper type + "=" + value;

  # string -> bool -> string
  cmakeBool = feature: flag: assert builtins.isBool flag; lib.cmakeOptionType "bool" feature (if flag then "TRUE" else "FALSE");

  # string -> string -> string
  cmakeFeature = feature: value: lib.cmakeOptionType "string" feature value;

  # string -> string -> string
  mesonOption = feature: value: assert builtins.isString feature; assert builtins.isString value; "-D" + feature + "=" + value;

  # string -> bool -> string
  mesonBool = feature: flag: assert builtins.isBool flag; lib.mesonOption feature (lib.boolToString flag);

  # string -> bool -> string
  mesonEnable = feature: flag: assert builtins.isBool flag; lib.mesonOption feature (if flag then "enabled" else "disabled");

  # bool -> string -> string
  enableFeature = flag: feature: assert builtins.isString feature; (if flag then "--enable-" else "--disable-") + feature;

  # bool -> string -> string -> string
  enableFeatureAs = flag: feature: value: lib.enableFeature flag feature + lib.optionalString flag ("=" + value);

  # bool -> string -> string
  withFeature = flag: feature: assert builtins.isString feature; (if flag then "--with-" else "--without-") + feature;

  # bool -> string -> string -> string
  withFeatureAs = flag: feature: value: lib.withFeature flag feature + lib.optionalString flag ("=" + value);

  # float -> string
  floatToString = float: toString float;

  # any -> bool
  isConvertibleWithToString = x: lib.isStringLike x || lib.elem (builtins.typeOf x) [ "null" "int" "float" "bool" ] || builtins.isList x && lib.all lib.strings.isConvertibleWithToString x;

  # any -> bool
  isStorePath =
    x:
    let
      text = toString x;
    in
    if !lib.isStringLike x then false
    else builtins.substring 0 1 text == "/" && (builtins.dirOf text == "/nix/store" || builtins.match "/[0-9a-z]{52}" text != null);

  # path -> string
  fileContents = file: lib.removeSuffix "\n" (builtins.readFile file);

  # string -> string -> int
  levenshtein =
    a: b:
    let
      x = lib.stringToCharacters a;
      y = lib.stringToCharacters b;
      next = row: c:
        builtins.foldl' (
          done: j:
          let
            best = lib.min (lib.last done + 1) (builtins.elemAt row (j + 1) + 1);
            swap = builtins.elemAt row j + (if builtins.elemAt y j == c then 0 else 1);
          in
          done ++ [ (lib.min best swap) ]
        ) [ (builtins.head row + 1) ] (lib.range 0 (builtins.length y - 1));
    in
    lib.last (builtins.foldl' next (lib.range 0 (builtins.length y)) x);

  # int -> string -> string -> bool
  levenshteinAtMost = most: a: b: if most <= 0 then a == b else lib.strings.levenshtein a b <= most;

  # string -> string -> int
  commonPrefixLength = a: b: builtins.length (lib.lists.commonPrefix (lib.stringToCharacters a) (lib.stringToCharacters b));

  # string -> string -> int
  commonSuffixLength =
    a: b:
    let
      backwards = text: lib.reverseList (lib.stringToCharacters text);
    in
    builtins.length (lib.lists.commonPrefix (backwards a) (backwards b));
}
