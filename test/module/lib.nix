# Stands in for nixpkgs' lib and module system where they cannot be had: what services.microvm-lens asks of them, no more.
# Options are records; `configOf` fills in their defaults, and `merged` puts mkMerge and mkIf together as sets. What this
# proves: the module evaluates, and what comes of each setting. What it does not: that NixOS merges it alike; the same tests
# run with the real lib and microvm.nix's real modules where NIXPKGS_LIB and MICROVM_NIX name them.
let
  lib = rec {
    types = {
      bool = "bool";
      str = "str";
      package = "package";
      ints.unsigned = "unsigned";
      enum = words: { enum = words; };
      nullOr = type: { nullOr = type; };
      listOf = type: { listOf = type; };
      attrsOf = type: { attrsOf = type; };
      submodule = module: { submodule = module; };
    };
    mkOption = option: option // { _type = "option"; };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkDefault = value: value;
    literalExpression = text: { inherit text; };
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname}";
    toList = value: if builtins.isList value then value else [ value ];
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalString = condition: text: if condition then text else "";
    optionalAttrs = condition: set: if condition then set else { };
    concatMap = builtins.concatMap;
    concatStringsSep = builtins.concatStringsSep;
    foldl' = builtins.foldl';
    splitString = separator: text: builtins.filter builtins.isString (builtins.split (escapeRegex separator) text);
    escapeRegex = text: builtins.replaceStrings [ "." ] [ "\\." ] text;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    removePrefix =
      prefix: text:
      if hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (builtins.stringLength text) text else text;
    hasInfix = part: text: builtins.length (splitString part text) > 1;
    unique = builtins.foldl' (all: each: if builtins.elem each all then all else all ++ [ each ]) [ ];
    escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    escapeShellArgs = texts: concatStringsSep " " (map escapeShellArg texts);
    makeBinPath = packages: concatStringsSep ":" (map (package: "${package}/bin") packages);
    setAttrByPath =
      path: value: if path == [ ] then value else { ${builtins.head path} = setAttrByPath (builtins.tail path) value; };
    attrByPath =
      path: default: set:
      if path == [ ] then
        set
      else if builtins.isAttrs set && set ? ${builtins.head path} then
        attrByPath (builtins.tail path) default set.${builtins.head path}
      else
        default;
    recursiveUpdate =
      a: b:
      a
      // builtins.mapAttrs (
        name: value:
        if builtins.isAttrs value && builtins.isAttrs (a.${name} or null) && !(value ? _type) then
          recursiveUpdate a.${name} value
        else
          value
      ) b;

    # The value of a tree of options, where this was asked for.
    configOf =
      options: asked:
      builtins.mapAttrs (
        name: option:
        if (option._type or null) != "option" then
          configOf option (asked.${name} or { })
        else if option.type ? attrsOf then
          builtins.mapAttrs (_: configOf option.type.attrsOf.submodule.options) (asked.${name} or { })
        else
          asked.${name} or option.default
      ) options;
    # Definitions put together; lists are joined, and sets by name.
    merged =
      content:
      if !(builtins.isAttrs content) || content ? outPath then
        content
      else if (content._type or null) == "if" then
        if content.condition then merged content.content else { }
      else if (content._type or null) == "merge" then
        builtins.foldl' both { } (map merged content.contents)
      else
        builtins.mapAttrs (_: merged) content;
    both =
      a: b:
      a
      // builtins.mapAttrs (
        name: value:
        if !(a ? ${name}) then
          value
        else if builtins.isList value then
          a.${name} ++ value
        else if builtins.isAttrs value && !(value ? outPath) then
          both a.${name} value
        else
          value
      ) b;
  };
in
lib
