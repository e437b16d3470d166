import fc from "fast-check";

/** Texts of arguments by kind. */
const text = fc.constantFrom(
  ...['""', '"a"', '"b"', '"foo"', '"foobar"', '"a.b.c"', '" x y "', '"/usr//lib"', '"A-b_C"', '"12"', '"007"', '"-3"'],
  ...['"web-1.2.3"', '"$x\\"q\'"', '"a\\nb"', '"ab"', '"[0]*"'],
);
const int = fc.integer({ min: -3, max: 12 }).map((n) => (n < 0 ? `(${n})` : `${n}`));
const bool = fc.constantFrom("true", "false");
export const name = fc.constantFrom('"a"', '"b"', '"c"', '"d e"');
const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 5 }).map((xs) => `[ ${xs.join(" ")} ]`);
const set = (of: fc.Arbitrary<string>) =>
  fc
    .uniqueArray(fc.tuple(name, of), { maxLength: 4, selector: ([n]) => n })
    .map((xs) => `{ ${xs.map(([n, v]) => `${n} = ${v};`).join(" ")} }`);
const deep = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    int,
    text,
    set(tie("value")).map((s) => s),
    list(tie("value")),
    fc.constant("null"),
  ),
})).value;
const deepSet = set(deep);
export const kinds = {
  int,
  text,
  bool,
  deep,
  deepSet,
  ints: list(int),
  texts: list(text),
  names: list(name),
  lists: list(list(int)),
  anyList: list(deep),
  nested: list(fc.oneof(int, list(fc.oneof(int, list(int))))),
  intSet: set(int),
  textSet: set(text),
  listSet: set(list(int)),
  sets: list(set(int)),
  deepSets: list(deepSet),
  pairs: list(fc.tuple(name, int).map(([n, v]) => `{ name = ${n}; value = ${v}; }`)),
  onInt: fc.constantFrom("(x: x > 2)", "(x: x < 0)", "(x: lib.mod x 2 == 0)", "(x: true)"),
  onText: fc.constantFrom('(x: x != "a")', "(x: builtins.stringLength x > 2)", '(x: lib.hasPrefix "f" x)'),
  onPair: fc.constantFrom('(n: v: n != "a")', "(n: v: v > 2)", '(n: v: n == "b" || v < 0)'),
  onAnyPair: fc.constantFrom("(n: v: v != null)", "(n: v: !builtins.isString v)", '(n: v: n != "a")'),
  mapInt: fc.constantFrom("(x: x + 1)", "toString", "(x: [ x x ])", "(x: { inherit x; })"),
  mapText: fc.constantFrom("lib.toUpper", '(x: x + "!")', 'lib.removePrefix "f"'),
  key: fc.constantFrom('(x: if x > 2 then "big" else "small")', "toString"),
  pairMap: fc.constantFrom('(n: v: "${n}=${toString v}")', "(n: v: [ n v ])", "lib.nameValuePair"),
  pairToSet: fc.constantFrom("(n: v: { ${n} = v; all = v; })", '(n: v: { "${n}-x" = v + 1; })'),
  rename: fc.constantFrom('(n: v: lib.nameValuePair "x-${n}" v)', '(n: v: { name = "same"; value = v; })'),
  op: fc.constantFrom("(a: b: a + b)", "(a: b: a - b)", "lib.max", "(a: b: b)", "(a: b: a)"),
  less: fc.constantFrom("(a: b: a < b)", "(a: b: a > b)", "lib.lessThan"),
  indexed: fc.constantFrom('(i: x: "${toString i}:${toString x}")', "(i: x: i * x)"),
  pathMap: fc.constantFrom('(p: v: lib.concatStringsSep "." p)', "(p: v: { inherit p v; })"),
  stop: fc.constantFrom(
    "(p: l: r: lib.length p > 1)",
    '(p: l: r: lib.last p == "b")',
    "(p: l: r: !(lib.isAttrs l && lib.isAttrs r))",
  ),
  isA: fc.constantFrom("lib.isInt", "lib.isList", "lib.isString", "(x: x == null)"),
};
export type Kind = keyof typeof kinds;

/** Functions and the kinds of their arguments. */
export const calls = `
singleton deep|foldr op int ints|foldl op int ints|foldl' op int ints|imap0 indexed ints|imap1 indexed ints|filter onInt ints
lists.ifilter0 op ints|concatMap mapInt ints|flatten nested|flatten deep|remove int ints|remove deep anyList|findSingle onInt int int ints
findFirst onInt int ints|lists.findFirstIndex onInt int ints|any onInt ints|all onInt ints|count onInt ints|optional bool deep
optionals bool ints|toList deep|range int int|replicate int deep|partition onInt ints|groupBy key ints|groupBy' op int key ints
zipListsWith op ints ints|zipLists ints texts|reverseList anyList|sort less ints|sort less texts|sortOn mapText texts|naturalSort texts
take int ints|takeEnd int ints|drop int ints|dropEnd int ints|sublist int int ints|last anyList|init anyList|head anyList|tail anyList
lists.hasPrefix ints ints|lists.removePrefix ints ints|lists.commonPrefix ints ints|unique anyList|unique ints|lists.uniqueStrings texts
lists.allUnique ints|intersectLists ints ints|subtractLists ints ints|mutuallyExclusive ints ints|concatAttrValues listSet|elem int ints
elem deep anyList|elemAt ints int|lists.replaceElemAt ints int deep|crossLists op lists|forEach ints mapInt|concatLists lists
attrByPath names int deepSet|hasAttrByPath names deepSet|setAttrByPath names deep|getAttrFromPath names deepSet
attrsets.longestValidPathPrefix names deepSet|concatMapAttrs pairToSet intSet|attrVals names intSet|getAttrs names intSet|attrNames deepSet
attrValues intSet|catAttrs name' sets|filterAttrs onPair intSet|filterAttrsRecursive onAnyPair deepSet|foldAttrs op int sets
collect isA deepSet|cartesianProduct listSet|mapCartesianProduct lib.id listSet|mapAttrs pairMap intSet|mapAttrs' rename intSet
mapAttrsToList pairMap intSet|attrsToList deepSet|mapAttrsRecursive pathMap deepSet|genAttrs names mapText|listToAttrs pairs
optionalAttrs bool deepSet|zipAttrs sets|zipAttrs deepSets|mergeAttrsList sets|mergeAttrsList deepSets|recursiveUpdate deepSet deepSet
recursiveUpdateUntil stop deepSet deepSet|matchAttrs deepSet deepSet|overrideExisting intSet intSet|mergeAttrs deepSet deepSet
intersectAttrs intSet deepSet|removeAttrs deepSet names|attrsets.unionOfDisjoint intSet intSet|showAttrPath names
concatStrings texts|concatStringsSep text texts|concatMapStrings mapText texts|concatMapStringsSep text mapText texts
concatImapStrings indexed ints|intersperse int ints|concatLines texts|strings.replicate int text|replaceString text text text|trim text
makeSearchPath text texts|optionalString bool text|hasPrefix text text|hasSuffix text text|hasInfix text text|stringToCharacters text
stringAsChars mapText text|escape texts text|escapeURL text|escapeShellArg text|escapeShellArg deep|escapeShellArgs texts|isValidPosixName text
toShellVar text text|toShellVar text texts|strings.escapeNixString text|escapeRegex text|strings.escapeNixIdentifier text|escapeXML text
toLower text|toUpper text|toSentenceCase text|toCamelCase text|splitString text text|removePrefix text text|removeSuffix text text
versionOlder text text|versionAtLeast text text|getName text|getVersion text|fixedWidthString int text text|fixedWidthNumber int int
toInt text|toIntBase10 text|strings.sanitizeDerivationName text|strings.levenshtein text text|strings.commonPrefixLength text text
strings.commonSuffixLength text text|strings.normalizePath text|strings.isConvertibleWithToString deep|isStringLike deep|isStorePath text
min int int|max int int|mod int int|compare int int|bitAnd int int|bitXor int int|toHexString int|fromHexString text|toBaseDigits int int
boolToString bool|defaultTo deep deep|xor bool bool|versions.major text|versions.majorMinor text|versions.pad int text
generators.toPretty {} deep|generators.toPretty {multiline=false;} deepSet|generators.toKeyValue {} intSet|generators.toINI {} deepSet
generators.toJSON {} deep|generators.toLua {} deep|generators.toPlist {escape=true;} deepSet|generators.toGitINI deepSet
generators.toDhall {} deep|cli.toGNUCommandLineShell {} textSet|cli.toCommandLineGNU {} listSet|path.subpath.isValid text
path.subpath.normalise text|path.subpath.join texts|generators.toDconfINI deepSet|showOption names|toList ints
generators.withRecursion {depthLimit=2;throwOnDepthLimit=false;} deepSet|types.int.check deep|types.str.check deep|types.path.check deep
types.ints.u8.check int|types.ints.positive.check int|types.port.check int|lib.types.nonEmptyStr.check text|types.singleLineStr.check text
`
  .trim()
  .split(/[|\n]/)
  .map((line) => line.trim().split(" "));
