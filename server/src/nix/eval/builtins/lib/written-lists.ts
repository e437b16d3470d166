import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const lists = writtenSection("lists", "lib/lists.nix");
const attrsets = writtenSection("attrsets", "lib/attrsets.nix");
const strings = writtenSection("strings", "lib/strings.nix");
const withDeps = writtenSection("stringsWithDeps", "lib/strings-with-deps.nix");

/** Functions on lists, sets and strings that configurations seldom call, written in Nix. */
export const writtenLists: readonly Definition[] = [
  lists(
    "groupBy'",
    "(b -> a -> b) -> b -> (a -> string) -> [a] -> { ${name} :: b }",
    "op: start: key: xs: builtins.mapAttrs (name: lib.foldl op start) (lib.groupBy key xs)",
  ),
  lists(
    "listDfs",
    "bool -> (a -> a -> bool) -> [a] -> attrs",
    `stopOnCycles: before: list:
    let
      walk = us: visited: rest:
        let
          loops = builtins.filter (x: before x us) visited;
          split = builtins.partition (x: before x us) rest;
        in
        if stopOnCycles && loops != [ ] then { cycle = us; inherit loops visited rest; }
        else if split.right == [ ] then { minimal = us; inherit visited rest; }
        else walk (builtins.head split.right) ([ us ] ++ visited) (builtins.tail split.right ++ split.wrong);
    in
    walk (builtins.head list) [ ] (builtins.tail list)`,
  ),
  lists(
    "toposort",
    "(a -> a -> bool) -> [a] -> { result } | { cycle, loops }",
    `before: list:
    let
      first = lib.lists.listDfs true before list;
      others = lib.toposort before (first.visited ++ first.rest);
    in
    if builtins.length list < 2 then { result = list; }
    else if first ? cycle then { cycle = lib.reverseList ([ first.cycle ] ++ first.visited); inherit (first) loops; }
    else if others ? cycle then others
    else { result = [ first.minimal ] ++ others.result; }`,
  ),
  lists(
    "naturalSort",
    "[string] -> [string]",
    `list:
    let
      parts = s: map (x: if builtins.isList x then lib.toInt (builtins.head x) else x) (builtins.split "(0|[1-9][0-9]*)" s);
      keyed = map (x: { inherit x; key = parts x; }) list;
    in
    map (k: k.x) (lib.sort (a: b: lib.compareLists lib.compare a.key b.key < 0) keyed)`,
  ),

  attrsets(
    "updateManyAttrsByPath",
    "[{ path :: [string]; update :: a -> b; }] -> attrs -> attrs",
    `updates: value:
    let
      step = depth: known: old: todo:
        let
          split = builtins.partition (u: builtins.length u.path == depth) todo;
          deeper = lib.groupBy (u: builtins.elemAt u.path depth) split.wrong;
          below =
            if split.wrong == [ ] then
              if known then old else throw ("updateManyAttrsByPath: Path '" + lib.showAttrPath (builtins.head split.right).path + "' does not exist in the given value")
            else if !known then builtins.mapAttrs (name: step (depth + 1) false null) deeper
            else if builtins.isAttrs old then old // builtins.mapAttrs (name: step (depth + 1) (old ? \${name}) old.\${name}) deeper
            else throw ("updateManyAttrsByPath: Path '" + lib.showAttrPath (builtins.head split.wrong).path + "' needs to be updated, but its parent is no attribute set");
        in
        lib.foldl (now: u: u.update now) below split.right;
    in
    step 0 true value updates`,
  ),
  attrsets(
    "showAttrPath",
    "[string] -> string",
    `path: if path == [ ] then "<root attribute path>" else lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path`,
  ),
  attrsets(
    "unionOfDisjoint",
    "attrs -> attrs -> attrs",
    `x: y:
    let
      common = builtins.intersectAttrs x y;
      names = lib.concatStringsSep " " (builtins.attrNames common);
    in
    x // y // builtins.mapAttrs (name: _: throw ("unionOfDisjoint: collision on " + name + "; complete list: " + names)) common`,
  ),
  attrsets(
    "getFirstOutput",
    "[string] -> package -> package",
    `candidates: pkg:
    let
      there = builtins.filter (name: builtins.hasAttr name pkg) candidates;
    in
    if pkg.outputSpecified or false || there == [ ] then pkg else pkg.\${builtins.head there}`,
  ),
  attrsets("getBin", "package -> package", `pkg: lib.getOutput "bin" pkg`),
  attrsets("getLib", "package -> package", `pkg: lib.getOutput "lib" pkg`),
  attrsets("getDev", "package -> package", `pkg: lib.getOutput "dev" pkg`),
  attrsets("getMan", "package -> package", `pkg: lib.getOutput "man" pkg`),
  attrsets("getStatic", "package -> package", `pkg: lib.getFirstOutput [ "static" "lib" "out" ] pkg`),
  attrsets("getInclude", "package -> package", `pkg: lib.getFirstOutput [ "include" "dev" "out" ] pkg`),
  attrsets("chooseDevOutputs", "[package] -> [package]", "builtins.map lib.getDev"),

  attrsets("mapAttrsFlatten", "(string -> a -> b) -> { ${name} :: a } -> [b]", "f: set: lib.mapAttrsToList f set"),
  strings("isCoercibleToString", "any -> bool", "x: lib.isStringLike x"),

  strings(
    "intersperse",
    "a -> [a] -> [a]",
    "separator: list: if list == [ ] || builtins.length list == 1 then list else builtins.tail (lib.concatMap (x: [ separator x ]) list)",
  ),
  strings("replaceString", "string -> string -> string -> string", "from: to: builtins.replaceStrings [ from ] [ to ]"),
  strings(
    "trimWith",
    "{ start ? false, end ? false } -> string -> string",
    `{ start ? false, end ? false }: text:
    let
      blank = " \\t\\r\\n";
      whole = builtins.match (
        (if start then "[" + blank + "]*" else "") + (if end then "(.*[^" + blank + "])[" + blank + "]*" else "(.*)")
      ) text;
    in
    if whole == null then "" else builtins.head whole`,
  ),
  strings(
    "makeSearchPathOutput",
    "string -> string -> [package] -> string",
    "output: folder: pkgs: lib.makeSearchPath folder (map (lib.getOutput output) pkgs)",
  ),
  strings("makeLibraryPath", "[package] -> string", `pkgs: lib.makeSearchPathOutput "lib" "lib" pkgs`),
  strings("makeIncludePath", "[package] -> string", `pkgs: lib.makeSearchPathOutput "dev" "include" pkgs`),
  strings("makeBinPath", "[package] -> string", `pkgs: lib.makeSearchPathOutput "bin" "bin" pkgs`),
  strings(
    "normalizePath",
    "string -> string",
    `text: builtins.foldl' (done: c: if c == "/" && lib.hasSuffix "/" done then done else done + c) "" (lib.stringToCharacters text)`,
  ),
  strings(
    "escapeC",
    "[string] -> string -> string",
    `list: builtins.replaceStrings list (map (c: "\\\\x" + lib.fixedWidthString 2 "0" (lib.toLower (lib.toHexString (lib.strings.charToInt c)))) list)`,
  ),
  strings("isValidPosixName", "string -> bool", `name: builtins.match "[a-zA-Z_][a-zA-Z0-9_]*" name != null`),
  strings(
    "toShellVar",
    "string -> string | [string] | { ${name} :: string } -> string",
    `name: value:
    let
      pair = key: v: "[" + lib.escapeShellArg key + "]=" + lib.escapeShellArg v;
    in
    if !lib.isValidPosixName name then throw ("toShellVar: " + name + " is not a valid shell variable name")
    else if builtins.isAttrs value && !lib.isStringLike value then
      "declare -A " + name + "=(" + lib.concatStringsSep " " (lib.mapAttrsToList pair value) + ")"
    else if builtins.isList value then "declare -a " + name + "=(" + lib.escapeShellArgs value + ")"
    else name + "=" + lib.escapeShellArg value`,
  ),
  strings(
    "toShellVars",
    "{ ${name} :: string | [string] | attrs } -> string",
    `vars: lib.concatStringsSep "\\n" (lib.mapAttrsToList lib.toShellVar vars)`,
  ),
  strings(
    "toCamelCase",
    "string -> string",
    `text:
    let
      words = lib.strings.splitStringBy (before: c: lib.elem c [ "-" "_" " " ]) false text;
      humps = lib.strings.splitStringBy (before: c: builtins.match "[a-z]" before != null && builtins.match "[A-Z]" c != null) true;
      parts = lib.concatMap humps words;
    in
    if !builtins.isString text then throw ("toCamelCase does only accepts string values, but got " + builtins.typeOf text)
    else lib.concatStrings (lib.imap0 (i: part: if i == 0 then lib.toLower part else lib.strings.toSentenceCase part) parts)`,
  ),
  strings("addContextFrom", "string -> string -> string", "source: target: builtins.substring 0 0 source + target"),
  strings(
    "splitStringBy",
    "(string -> string -> bool) -> bool -> string -> [string]",
    `splits: keep: text:
    let
      step = { done, part, before }: c:
        if splits before c then { done = done ++ [ part ]; part = if keep then c else ""; before = c; }
        else { inherit done; part = part + c; before = c; };
      end = builtins.foldl' step { done = [ ]; part = ""; before = ""; } (lib.stringToCharacters text);
    in
    end.done ++ [ end.part ]`,
  ),
  strings("versionOlder", "string -> string -> bool", "a: b: builtins.compareVersions b a == 1"),
  strings("versionAtLeast", "string -> string -> bool", "a: b: builtins.compareVersions b a != 1"),
  strings(
    "getName",
    "string | package -> string",
    "x: let parse = y: (builtins.parseDrvName y).name; in if builtins.isString x then parse x else x.pname or (parse x.name)",
  ),
  strings(
    "getVersion",
    "string | package -> string",
    "x: let parse = y: (builtins.parseDrvName y).version; in if builtins.isString x then parse x else x.version or (parse x.name)",
  ),
  strings(
    "nameFromURL",
    "string -> string -> string",
    `url: separator:
    let
      file = lib.last (lib.splitString "/" url);
      name = builtins.head (lib.splitString separator file);
    in
    assert name != file;
    name`,
  ),
  strings(
    "cmakeOptionType",
    "string -> string -> string -> string",
    `type: feature: value:
    assert lib.elem (lib.toUpper type) [ "BOOL" "FILEPATH" "PATH" "STRING" "INTERNAL" "LIST" ];
    assert builtins.isString feature;
    assert builtins.isString value;
    "-D" + feature + ":" + lib.toUpper type + "=" + value`,
  ),
  strings(
    "cmakeBool",
    "string -> bool -> string",
    `feature: flag: assert builtins.isBool flag; lib.cmakeOptionType "bool" feature (if flag then "TRUE" else "FALSE")`,
  ),
  strings("cmakeFeature", "string -> string -> string", `feature: value: lib.cmakeOptionType "string" feature value`),
  strings(
    "mesonOption",
    "string -> string -> string",
    `feature: value: assert builtins.isString feature; assert builtins.isString value; "-D" + feature + "=" + value`,
  ),
  strings(
    "mesonBool",
    "string -> bool -> string",
    "feature: flag: assert builtins.isBool flag; lib.mesonOption feature (lib.boolToString flag)",
  ),
  strings(
    "mesonEnable",
    "string -> bool -> string",
    `feature: flag: assert builtins.isBool flag; lib.mesonOption feature (if flag then "enabled" else "disabled")`,
  ),
  strings(
    "enableFeature",
    "bool -> string -> string",
    `flag: feature: assert builtins.isString feature; (if flag then "--enable-" else "--disable-") + feature`,
  ),
  strings(
    "enableFeatureAs",
    "bool -> string -> string -> string",
    `flag: feature: value: lib.enableFeature flag feature + lib.optionalString flag ("=" + value)`,
  ),
  strings(
    "withFeature",
    "bool -> string -> string",
    `flag: feature: assert builtins.isString feature; (if flag then "--with-" else "--without-") + feature`,
  ),
  strings(
    "withFeatureAs",
    "bool -> string -> string -> string",
    `flag: feature: value: lib.withFeature flag feature + lib.optionalString flag ("=" + value)`,
  ),
  strings("floatToString", "float -> string", "float: toString float"),
  strings(
    "isConvertibleWithToString",
    "any -> bool",
    `x: lib.isStringLike x || lib.elem (builtins.typeOf x) [ "null" "int" "float" "bool" ] || builtins.isList x && lib.all lib.strings.isConvertibleWithToString x`,
  ),
  strings(
    "isStorePath",
    "any -> bool",
    `x:
    let
      text = toString x;
    in
    if !lib.isStringLike x then false
    else builtins.substring 0 1 text == "/" && (builtins.dirOf text == "/nix/store" || builtins.match "/[0-9a-z]{52}" text != null)`,
  ),
  strings("fileContents", "path -> string", `file: lib.removeSuffix "\\n" (builtins.readFile file)`),
  strings(
    "levenshtein",
    "string -> string -> int",
    `a: b:
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
    lib.last (builtins.foldl' next (lib.range 0 (builtins.length y)) x)`,
  ),
  strings(
    "levenshteinAtMost",
    "int -> string -> string -> bool",
    "most: a: b: if most <= 0 then a == b else lib.strings.levenshtein a b <= most",
  ),
  strings(
    "commonPrefixLength",
    "string -> string -> int",
    "a: b: builtins.length (lib.lists.commonPrefix (lib.stringToCharacters a) (lib.stringToCharacters b))",
  ),
  strings(
    "commonSuffixLength",
    "string -> string -> int",
    `a: b:
    let
      backwards = text: lib.reverseList (lib.stringToCharacters text);
    in
    builtins.length (lib.lists.commonPrefix (backwards a) (backwards b))`,
  ),

  withDeps("noDepEntry", "string -> { text, deps }", "text: { inherit text; deps = [ ]; }"),
  withDeps("fullDepEntry", "string -> [string] -> { text, deps }", "text: deps: { inherit text deps; }"),
  withDeps("packEntry", "[string] -> { text, deps }", `deps: { inherit deps; text = ""; }`),
  withDeps("stringAfter", "[string] -> string -> { text, deps }", "deps: text: { inherit text deps; }"),
  withDeps(
    "textClosureList",
    "{ ${name} :: { text, deps } | string } -> [string] -> [string]",
    `predefined: names:
    let
      visit = done: todo:
        if todo == [ ] then { inherit done; result = [ ]; }
        else
          let
            entry = builtins.head todo;
            others = builtins.tail todo;
            deps = visit done entry.deps;
            rest = visit deps.done others;
          in
          if builtins.isAttrs entry then { inherit (rest) done; result = deps.result ++ [ entry.text ] ++ rest.result; }
          else if done ? \${entry} then visit done others
          else visit (done // { \${entry} = 1; }) ([ predefined.\${entry} ] ++ others);
    in
    (visit { } names).result`,
  ),
  withDeps(
    "textClosureMap",
    "(string -> string) -> attrs -> [string] -> string",
    `f: predefined: names: lib.concatMapStringsSep "\\n" f (lib.textClosureList predefined names)`,
  ),
];
