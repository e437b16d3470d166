# Functions of lib/generators.nix of nixpkgs, in our own words.
lib:
{
  # { } -> any -> string
  mkValueStringDefault =
    { }: v:
    if builtins.isInt v || lib.isDerivation v then toString v
    else if builtins.isString v then v
    else if builtins.isBool v then lib.boolToString v
    else if v == null then "null"
    else if builtins.isFloat v then lib.strings.floatToString v
    else abort ("generators.mkValueStringDefault: " + builtins.typeOf v + " not supported");

  # { mkValueString ? … } -> string -> string -> any -> string
  mkKeyValueDefault =
    { mkValueString ? lib.generators.mkValueStringDefault { } }: separator: key: value:
    lib.escape [ separator ] key + separator + mkValueString value;

  # { mkKeyValue ? …, listsAsDuplicateKeys ? false, indent ? "" } -> attrs -> string
  toKeyValue =
    { mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false, indent ? "" }: set:
    let
      line = key: value: indent + mkKeyValue key value + "\n";
      lines = key: value: if listsAsDuplicateKeys && builtins.isList value then map (line key) value else [ (line key value) ];
    in
    lib.concatStrings (lib.concatLists (lib.mapAttrsToList lines set));

  # { mkSectionName ? …, mkKeyValue ? …, listsAsDuplicateKeys ? false } -> attrs -> string
  toINI =
    { mkSectionName ? (name: lib.escape [ "[" "]" ] name), mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false }: sections:
    lib.concatStringsSep "\n" (lib.mapAttrsToList (
      name: values: "[" + mkSectionName name + "]\n" + lib.generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
    ) sections);

  # { … } -> { globalSection, sections ? { } } -> string
  toINIWithGlobalSection =
    { mkSectionName ? (name: lib.escape [ "[" "]" ] name), mkKeyValue ? lib.generators.mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false }:
    { globalSection, sections ? { } }:
    (if globalSection == { } then "" else lib.generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n")
    + lib.generators.toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;

  # attrs -> string
  toGitINI =
    set:
    let
      isPlainSet = v: builtins.isAttrs v && !lib.isDerivation v;
      sectionName = name:
        let
          parts = lib.splitString "." name;
        in
        if lib.hasInfix "\"" name || builtins.length parts == 1 then name
        else builtins.head parts + " \"" + lib.concatStringsSep "." (builtins.tail parts) + "\"";
      quoted = text: "\"" + builtins.replaceStrings [ "\n" "\t" "\"" "\\" ] [ "\\n" "\\t" "\\\"" "\\\\" ] text + "\"";
      valueText = v: lib.generators.mkValueStringDefault { } (if builtins.isString v then quoted v else v);
      keyValue = key: v: "\t" + lib.generators.mkKeyValueDefault { mkValueString = valueText; } " = " key v;
      keyValues = key: v: if builtins.isList v then lib.concatMapStringsSep "\n" (keyValue key) v else keyValue key v;
      flat = path: v:
        if isPlainSet v then lib.concatLists (lib.mapAttrsToList (name: flat (path ++ [ name ])) v)
        else if builtins.length path > 1 then [ { ${lib.concatStringsSep "." (lib.init path)}.${lib.last path} = v; } ]
        else [ { ${lib.last path} = v; } ];
      nested = builtins.filter (name: builtins.isAttrs set.${name} && lib.any isPlainSet (builtins.attrValues set.${name})) (builtins.attrNames set);
      rewritten = lib.foldl lib.recursiveUpdate { } (flat [ ] (lib.getAttrs nested set));
    in
    lib.generators.toINI { mkSectionName = sectionName; mkKeyValue = keyValues; } (builtins.removeAttrs set nested // rewritten);

  # string -> any -> string
  mkDconfKeyValue = lib.generators.mkKeyValueDefault { mkValueString = v: toString (lib.gvariant.mkValue v); } "=";

  # attrs -> string
  toDconfINI = set: lib.generators.toINI { mkKeyValue = lib.generators.mkDconfKeyValue; } set;

  # { } -> any -> string
  toJSON = { }: builtins.toJSON;

  # { } -> any -> string
  toYAML = { }: builtins.toJSON;

  # { depthLimit, throwOnDepthLimit ? true } -> any -> any
  withRecursion =
    { depthLimit, throwOnDepthLimit ? true }:
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
    walk 0;

  # { allowPrettyValues ? false, multiline ? true, indent ? "" } -> any -> string
  toPretty =
    { allowPrettyValues ? false, multiline ? true, indent ? "" }:
    let
      show = indent: v:
        let
          deeper = indent + "  ";
          open = if multiline then "\n" + deeper else " ";
          close = if multiline then "\n" + indent else " ";
          lines = lib.splitString "\n" v;
          arguments = lib.functionArgs v;
        in
        if builtins.isInt v then toString v
        else if builtins.isFloat v then builtins.toJSON v
        else if builtins.isString v then
          if multiline && builtins.length lines > 1 then
            let
              escaped = map (builtins.replaceStrings [ "${"$"}{" "''" ] [ "''${"$"}{" "'''" ]) lines;
              end = lib.last escaped;
            in
            "''" + open + lib.concatStringsSep open (lib.init escaped) + (if end == "" then close else open + end) + "''"
          else "\"" + lib.concatMapStringsSep "\\n" (lib.escape [ "\\" "\"" "${"$"}{" ]) lines + "\""
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
    show indent;

  # { escape ? false } -> any -> string
  toPlist =
    { escape ? false }: v:
    let
      plain = text: if escape then lib.escapeXML text else text;
      block = indent: tag: items: lib.concatStringsSep "\n" ([ (indent + "<" + tag + ">") ] ++ items ++ [ (indent + "</" + tag + ">") ]);
      show = indent: x:
        let
          deeper = "\t" + indent;
          pair = name: value: if name == "_module" || value == null then [ ] else [ (deeper + "<key>" + plain name + "</key>") (show deeper value) ];
        in
        if x == null then ""
        else if builtins.isBool x then indent + (if x then "<true/>" else "<false/>")
        else if builtins.isInt x then indent + "<integer>" + toString x + "</integer>"
        else if builtins.isString x then indent + "<string>" + plain x + "</string>"
        else if builtins.isList x then block indent "array" [ (lib.concatMapStringsSep "\n" (show deeper) x) ]
        else if builtins.isAttrs x then block indent "dict" [ (lib.concatStringsSep "\n" (lib.concatLists (lib.mapAttrsToList pair x))) ]
        else if builtins.isPath x then indent + "<string>" + plain (toString x) + "</string>"
        else if builtins.isFloat x then indent + "<real>" + toString x + "</real>"
        else abort "generators.toPlist: should never happen";
    in
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    + "<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
    + "<plist version=\"1.0\">\n" + show "" v + "\n</plist>";

  # { } -> any -> string
  toDhall =
    { }: v:
    let
      inner = lib.generators.toDhall { };
    in
    if builtins.isAttrs v then "{ " + lib.concatStringsSep ", " (lib.mapAttrsToList (key: value: key + " = " + inner value) v) + " }"
    else if builtins.isList v then "[ " + lib.concatMapStringsSep ", " inner v + " ]"
    else if builtins.isInt v then (if v < 0 then "" else "+") + toString v
    else if builtins.isBool v then (if v then "True" else "False")
    else if lib.isFunction v then abort "generators.toDhall: cannot convert a function to Dhall"
    else if v == null then abort "generators.toDhall: cannot convert a null to Dhall"
    else builtins.toJSON v;

  # { multiline ? true, indent ? "", asBindings ? false } -> any -> string
  toLua =
    { multiline ? true, indent ? "", asBindings ? false }@args: v:
    let
      deeper = indent + "  ";
      open = if multiline then "\n" + deeper else " ";
      close = if multiline then "\n" + indent else " ";
      inner = lib.generators.toLua (args // { indent = if asBindings then indent else deeper; asBindings = false; });
      block = items: "{" + open + lib.concatStringsSep ("," + open) items + close + "}";
      isName = name: builtins.match "[[:alpha:]_][[:alnum:]_]*(\\.[[:alpha:]_][[:alnum:]_]*)*" name != null;
      bad = builtins.filter (name: !isName name) (builtins.attrNames v);
    in
    if asBindings then
      assert lib.assertMsg (bad == [ ]) ("Bad Lua var names: " + lib.generators.toPretty { } bad);
      lib.concatStrings (lib.mapAttrsToList (key: value: indent + key + " = " + inner value + "\n") v)
    else if v == null then "nil"
    else if builtins.isInt v || builtins.isFloat v || builtins.isString v || builtins.isBool v then builtins.toJSON v
    else if builtins.isPath v || lib.isDerivation v then builtins.toJSON "${v}"
    else if builtins.isList v then (if v == [ ] then "{}" else block (map inner v))
    else if builtins.isAttrs v then
      if v._type or null == "lua-inline" then "(" + v.expr + ")"
      else if v == { } then "{}"
      else block (lib.mapAttrsToList (key: value: "[" + builtins.toJSON key + "] = " + inner value) v)
    else abort ("generators.toLua: type " + builtins.typeOf v + " is unsupported");

  # string -> attrs
  mkLuaInline = expr: { _type = "lua-inline"; inherit expr; };
}
