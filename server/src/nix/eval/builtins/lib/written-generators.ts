import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const generators = writtenSection("generators", "lib/generators.nix");
const cli = writtenSection("cli", "lib/cli.nix");

/** Text formats of values, and command lines; written in Nix. */
export const writtenGenerators: readonly Definition[] = [
  generators(
    "mkValueStringDefault",
    "{ } -> any -> string",
    `{ }: v:
    if builtins.isInt v || lib.isDerivation v then toString v
    else if builtins.isString v then v
    else if builtins.isBool v then lib.boolToString v
    else if v == null then "null"
    else if builtins.isFloat v then lib.strings.floatToString v
    else abort ("generators.mkValueStringDefault: " + builtins.typeOf v + " not supported")`,
  ),
  generators(
    "mkKeyValueDefault",
    "{ mkValueString ? … } -> string -> string -> any -> string",
    `{ mkValueString ? lib.generators.mkValueStringDefault { } }: separator: key: value:
    lib.escape [ separator ] key + separator + mkValueString value`,
  ),
  generators(
    "toKeyValue",
    '{ mkKeyValue ? …, listsAsDuplicateKeys ? false, indent ? "" } -> attrs -> string',
    `{ mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false, indent ? "" }: set:
    let
      line = key: value: indent + mkKeyValue key value + "\\n";
      lines = key: value: if listsAsDuplicateKeys && builtins.isList value then map (line key) value else [ (line key value) ];
    in
    lib.concatStrings (lib.concatLists (lib.mapAttrsToList lines set))`,
  ),
  generators(
    "toINI",
    "{ mkSectionName ? …, mkKeyValue ? …, listsAsDuplicateKeys ? false } -> attrs -> string",
    `{ mkSectionName ? (name: lib.escape [ "[" "]" ] name), mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false }: sections:
    lib.concatStringsSep "\\n" (lib.mapAttrsToList (
      name: values: "[" + mkSectionName name + "]\\n" + lib.generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
    ) sections)`,
  ),
  generators(
    "toINIWithGlobalSection",
    "{ … } -> { globalSection, sections ? { } } -> string",
    `{ mkSectionName ? (name: lib.escape [ "[" "]" ] name), mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false }:
    { globalSection, sections ? { } }:
    (if globalSection == { } then "" else lib.generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\\n")
    + lib.generators.toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections`,
  ),
  generators(
    "toGitINI",
    "attrs -> string",
    `set:
    let
      isPlainSet = v: builtins.isAttrs v && !lib.isDerivation v;
      sectionName = name:
        let
          parts = lib.splitString "." name;
        in
        if lib.hasInfix "\\"" name || builtins.length parts == 1 then name
        else builtins.head parts + " \\"" + lib.concatStringsSep "." (builtins.tail parts) + "\\"";
      quoted = text: "\\"" + builtins.replaceStrings [ "\\n" "\\t" "\\"" "\\\\" ] [ "\\\\n" "\\\\t" "\\\\\\"" "\\\\\\\\" ] text + "\\"";
      valueText = v: lib.generators.mkValueStringDefault { } (if builtins.isString v then quoted v else v);
      keyValue = key: v: "\\t" + lib.generators.mkKeyValueDefault { mkValueString = valueText; } " = " key v;
      keyValues = key: v: if builtins.isList v then lib.concatMapStringsSep "\\n" (keyValue key) v else keyValue key v;
      flat = path: v:
        if isPlainSet v then lib.concatLists (lib.mapAttrsToList (name: flat (path ++ [ name ])) v)
        else if builtins.length path > 1 then [ { \${lib.concatStringsSep "." (lib.init path)}.\${lib.last path} = v; } ]
        else [ { \${lib.last path} = v; } ];
      nested = builtins.filter (name: builtins.isAttrs set.\${name} && lib.any isPlainSet (builtins.attrValues set.\${name})) (builtins.attrNames set);
      rewritten = lib.foldl lib.recursiveUpdate { } (flat [ ] (lib.getAttrs nested set));
    in
    lib.generators.toINI { mkSectionName = sectionName; mkKeyValue = keyValues; } (builtins.removeAttrs set nested // rewritten)`,
  ),
  generators(
    "mkDconfKeyValue",
    "string -> any -> string",
    `lib.generators.mkKeyValueDefault { mkValueString = v: toString (lib.gvariant.mkValue v); } "="`,
  ),
  generators(
    "toDconfINI",
    "attrs -> string",
    "set: lib.generators.toINI { mkKeyValue = lib.generators.mkDconfKeyValue; } set",
  ),
  generators("toJSON", "{ } -> any -> string", "{ }: builtins.toJSON"),
  generators("toYAML", "{ } -> any -> string", "{ }: builtins.toJSON"),
  generators(
    "withRecursion",
    "{ depthLimit, throwOnDepthLimit ? true } -> any -> any",
    `{ depthLimit, throwOnDepthLimit ? true }:
    assert builtins.isInt depthLimit;
    let
      special = [ "__functor" "__functionArgs" "__toString" "__pretty" ];
      limited = depth: x:
        if depthLimit == null || depth <= depthLimit then x
        else if throwOnDepthLimit then throw ("Exceeded maximum eval-depth limit of " + toString depthLimit + " while trying to evaluate with generators.withRecursion!")
        else "<unevaluated>";
      walk = depth: v:
        let
          inner = x: walk (depth + 1) (limited (depth + 1) x);
        in
        if builtins.isAttrs v then builtins.mapAttrs (name: x: if lib.elem name special then x else inner x) v
        else if builtins.isList v then map inner v
        else limited (depth + 1) v;
    in
    walk 0`,
  ),
  generators(
    "toPretty",
    '{ allowPrettyValues ? false, multiline ? true, indent ? "" } -> any -> string',
    `{ allowPrettyValues ? false, multiline ? true, indent ? "" }:
    let
      show = indent: v:
        let
          deeper = indent + "  ";
          open = if multiline then "\\n" + deeper else " ";
          close = if multiline then "\\n" + indent else " ";
          lines = lib.splitString "\\n" v;
          arguments = lib.functionArgs v;
        in
        if builtins.isInt v then toString v
        else if builtins.isFloat v then builtins.toJSON v
        else if builtins.isString v then
          if multiline && builtins.length lines > 1 then
            let
              escaped = map (builtins.replaceStrings [ "\${"$"}{" "''" ] [ "''\${"$"}{" "'''" ]) lines;
              end = lib.last escaped;
            in
            "''" + open + lib.concatStringsSep open (lib.init escaped) + (if end == "" then close else open + end) + "''"
          else "\\"" + lib.concatMapStringsSep "\\\\n" (lib.escape [ "\\\\" "\\"" "\${"$"}{" ]) lines + "\\""
        else if builtins.isBool v then lib.boolToString v
        else if v == null then "null"
        else if builtins.isPath v then toString v
        else if builtins.isList v then
          if v == [ ] then "[ ]" else "[" + open + lib.concatMapStringsSep open (show deeper) v + close + "]"
        else if lib.isFunction v then
          if arguments == { } then "<function>"
          else "<function, args: {" + lib.concatStringsSep ", " (lib.mapAttrsToList (name: optional: if optional then name + "?" else name) arguments) + "}>"
        else if allowPrettyValues && v ? __pretty && v ? val then v.__pretty v.val
        else if v == { } then "{ }"
        else if lib.isDerivation v then "<derivation " + (v.name or "???") + ">"
        else
          "{" + open + lib.concatStringsSep open (lib.mapAttrsToList (name: x: lib.strings.escapeNixIdentifier name + " = " + show deeper x + ";") v) + close + "}";
    in
    show indent`,
  ),
  generators(
    "toPlist",
    "{ escape ? false } -> any -> string",
    `{ escape ? false }: v:
    let
      plain = text: if escape then lib.escapeXML text else text;
      block = indent: tag: items: lib.concatStringsSep "\\n" ([ (indent + "<" + tag + ">") ] ++ items ++ [ (indent + "</" + tag + ">") ]);
      show = indent: x:
        let
          deeper = "\\t" + indent;
          pair = name: value: if name == "_module" || value == null then [ ] else [ (deeper + "<key>" + plain name + "</key>") (show deeper value) ];
        in
        if x == null then ""
        else if builtins.isBool x then indent + (if x then "<true/>" else "<false/>")
        else if builtins.isInt x then indent + "<integer>" + toString x + "</integer>"
        else if builtins.isString x then indent + "<string>" + plain x + "</string>"
        else if builtins.isList x then block indent "array" [ (lib.concatMapStringsSep "\\n" (show deeper) x) ]
        else if builtins.isAttrs x then block indent "dict" [ (lib.concatStringsSep "\\n" (lib.concatLists (lib.mapAttrsToList pair x))) ]
        else if builtins.isPath x then indent + "<string>" + plain (toString x) + "</string>"
        else if builtins.isFloat x then indent + "<real>" + toString x + "</real>"
        else abort "generators.toPlist: should never happen";
    in
    "<?xml version=\\"1.0\\" encoding=\\"UTF-8\\"?>\\n"
    + "<!DOCTYPE plist PUBLIC \\"-//Apple Computer//DTD PLIST 1.0//EN\\" \\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\\">\\n"
    + "<plist version=\\"1.0\\">\\n" + show "" v + "\\n</plist>"`,
  ),
  generators(
    "toDhall",
    "{ } -> any -> string",
    `{ }: v:
    let
      inner = lib.generators.toDhall { };
    in
    if builtins.isAttrs v then "{ " + lib.concatStringsSep ", " (lib.mapAttrsToList (key: value: key + " = " + inner value) v) + " }"
    else if builtins.isList v then "[ " + lib.concatMapStringsSep ", " inner v + " ]"
    else if builtins.isInt v then (if v < 0 then "" else "+") + toString v
    else if builtins.isBool v then (if v then "True" else "False")
    else if lib.isFunction v then abort "generators.toDhall: cannot convert a function to Dhall"
    else if v == null then abort "generators.toDhall: cannot convert a null to Dhall"
    else builtins.toJSON v`,
  ),
  generators(
    "toLua",
    '{ multiline ? true, indent ? "", asBindings ? false } -> any -> string',
    `{ multiline ? true, indent ? "", asBindings ? false }@args: v:
    let
      deeper = indent + "  ";
      open = if multiline then "\\n" + deeper else " ";
      close = if multiline then "\\n" + indent else " ";
      inner = lib.generators.toLua (args // { indent = if asBindings then indent else deeper; asBindings = false; });
      block = items: "{" + open + lib.concatStringsSep ("," + open) items + close + "}";
      isName = name: builtins.match "[[:alpha:]_][[:alnum:]_]*(\\\\.[[:alpha:]_][[:alnum:]_]*)*" name != null;
      bad = builtins.filter (name: !isName name) (builtins.attrNames v);
    in
    if asBindings then
      assert lib.assertMsg (bad == [ ]) ("Bad Lua var names: " + lib.generators.toPretty { } bad);
      lib.concatStrings (lib.mapAttrsToList (key: value: indent + key + " = " + inner value + "\\n") v)
    else if v == null then "nil"
    else if builtins.isInt v || builtins.isFloat v || builtins.isString v || builtins.isBool v then builtins.toJSON v
    else if builtins.isPath v || lib.isDerivation v then builtins.toJSON "\${v}"
    else if builtins.isList v then (if v == [ ] then "{}" else block (map inner v))
    else if builtins.isAttrs v then
      if v._type or null == "lua-inline" then "(" + v.expr + ")"
      else if v == { } then "{}"
      else block (lib.mapAttrsToList (key: value: "[" + builtins.toJSON key + "] = " + inner value) v)
    else abort ("generators.toLua: type " + builtins.typeOf v + " is unsupported")`,
  ),
  generators("mkLuaInline", "string -> attrs", `expr: { _type = "lua-inline"; inherit expr; }`),

  cli(
    "toGNUCommandLineShell",
    "{ … } -> attrs -> string",
    "options: set: lib.escapeShellArgs (lib.cli.toGNUCommandLine options set)",
  ),
  cli(
    "toGNUCommandLine",
    "{ mkOptionName ? …, mkBool ? …, mkList ? …, mkOption ? …, optionValueSeparator ? null } -> attrs -> [string]",
    `{
      mkOptionName ? (key: if builtins.stringLength key == 1 then "-" + key else "--" + key),
      mkBool ? (key: value: lib.optional value (mkOptionName key)),
      mkList ? (key: value: lib.concatMap (mkOption key) value),
      mkOption ? (
        key: value:
        let
          text = lib.generators.mkValueStringDefault { } value;
        in
        if value == null then [ ]
        else if optionValueSeparator == null then [ (mkOptionName key) text ]
        else [ (mkOptionName key + optionValueSeparator + text) ]
      ),
      optionValueSeparator ? null,
    }: set:
    lib.concatLists (lib.mapAttrsToList (
      key: value: (if builtins.isBool value then mkBool else if builtins.isList value then mkList else mkOption) key value
    ) set)`,
  ),
  cli(
    "toCommandLineShellGNU",
    "{ … } -> attrs -> string",
    "options: set: lib.escapeShellArgs (lib.cli.toCommandLineGNU options set)",
  ),
  cli(
    "toCommandLineGNU",
    "{ isLong ? …, explicitBool ? false, formatArg ? … } -> attrs -> [string]",
    `{ isLong ? (name: builtins.stringLength name > 1), explicitBool ? false, formatArg ? lib.generators.mkValueStringDefault { } }: set:
    lib.cli.toCommandLine (name: {
      inherit explicitBool formatArg;
      option = if isLong name then "--" + name else "-" + name;
      sep = if isLong name then "=" else "";
    }) set`,
  ),
  cli(
    "toCommandLineShell",
    "(string -> format) -> attrs -> string",
    "format: set: lib.escapeShellArgs (lib.cli.toCommandLine format set)",
  ),
  cli(
    "toCommandLine",
    "(string -> { option, sep, explicitBool, formatArg ? … }) -> attrs -> [string]",
    `format: set:
    let
      one = key: value:
        let
          how = format key;
          text = (how.formatArg or (lib.generators.mkValueStringDefault { })) value;
        in
        if value == null || !how.explicitBool && value == false then [ ]
        else if !how.explicitBool && value == true then [ how.option ]
        else if how.sep == null then [ how.option text ]
        else [ (how.option + how.sep + text) ];
      pair = key: value:
        if key == "" then throw "lib.cli.toCommandLine only accepts non-empty option names."
        else if builtins.isList value then lib.concatMap (one key) value
        else one key value;
    in
    lib.concatLists (lib.mapAttrsToList pair set)`,
  ),
];
