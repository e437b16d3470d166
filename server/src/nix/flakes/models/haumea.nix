lib:
let
  # "__a" is seen from its own folder and below, "_a" from inside the tree, "a" from everywhere.
  parse = file: kind:
    let
      bare = lib.removePrefix "_" (lib.removePrefix "_" file);
      stem = builtins.match "(.+)[.][^.]+" bare;
    in
    if bare == "" then null else {
      inherit bare;
      name = if kind == "regular" && stem != null then builtins.head stem else bare;
      seenBy = if lib.hasPrefix "__" file then "folder" else if lib.hasPrefix "_" file then "tree" else "all";
    };

  importWith = read: inputs: path:
    let f = lib.toFunction (read path); in
    f (builtins.mapAttrs (name: _: inputs.${name}) (lib.functionArgs f));

  loaders = {
    default = importWith import;
    scoped = inputs: importWith (builtins.scopedImport inputs) inputs;
    verbatim = _: import;
    path = _: path: path;
    callPackage = inputs: path: lib.callPackageWith inputs path { };
  };

  extension = suffix: loader: {
    inherit loader;
    matches = file: lib.hasSuffix ".${suffix}" file && builtins.stringLength file > builtins.stringLength suffix + 1;
  };
  matchers = {
    inherit extension;
    always = loader: { inherit loader; matches = _: true; };
    nix = extension "nix";
    json = extension "json" (_: lib.importJSON);
    toml = extension "toml" (_: lib.importTOML);
    regex = pattern: loader: {
      matches = file: builtins.match pattern file != null;
      loader = inputs: path: loader (builtins.match pattern (baseNameOf path)) inputs path;
    };
  };

  mergedBy = merge: f: set: builtins.foldl' merge { } (lib.mapAttrsToList f set);
  hoist = merge: found: from: to: cursor:
    let target = if cursor == [ ] then to else from; in
    mergedBy (merge target) (name: value:
      if !(value ? ${from}) then { ${name} = value; }
      else { ${name} = removeAttrs value [ from ]; ${target} = found name value.${from}; });
  transformers = {
    liftDefault = _: set: lib.attrsets.unionOfDisjoint (removeAttrs set [ "default" ]) (set.default or { });
    hoistAttrs = hoist (_: lib.recursiveUpdate) (name: value: { ${name} = value; });
    hoistLists = hoist (key: a: b: a // b // { ${key} = builtins.concatLists (builtins.catAttrs key [ a b ]); }) (_: value: value);
    prependUnderscore = _: lib.mapAttrs' (name: lib.nameValuePair (if builtins.match "[a-zA-Z_].*" name != null then name else "_${name}"));
  };

  load = { src, loader ? loaders.default, inputs ? { }, transformer ? [ ] }:
    let
      steps = lib.flatten transformer;
      kinds = if lib.isFunction loader then [ (matchers.nix loader) ] else loader;

      see = from: cursor: node:
        if !node.isFolder then node.content
        else builtins.foldl' (set: step: step cursor set) (lib.concatMapAttrs (name: child:
          lib.optionalAttrs
            (if child.seenBy == "all" then true
             else if from == null then false
             else child.seenBy == "tree" || lib.take (builtins.length cursor) from == cursor)
            { ${name} = see from (cursor ++ [ name ]) child; }) node.children) steps;

      nodeOf = folder: place: file: kind:
        let
          parsed = parse file kind;
          fitting = builtins.filter (each: each.matches parsed.bare) kinds;
          here = see place [ ] tree;
        in
        if parsed == null then [ ]
        else if kind == "directory" then [ (lib.nameValuePair parsed.name {
          inherit (parsed) seenBy;
          isFolder = true;
          children = childrenOf (folder + "/${file}") (place ++ [ parsed.name ]);
        }) ]
        else if kind == "regular" && fitting != [ ] then [ (lib.nameValuePair parsed.name {
          inherit (parsed) seenBy;
          isFolder = false;
          content = lib.fix (self: (builtins.head fitting).loader
            (inputs // { inherit self; super = lib.getAttrFromPath place here; root = here; })
            (folder + "/${file}"));
        }) ]
        else [ ];
      childrenOf = folder: place:
        builtins.foldl'
          (set: { name, value }: if set ? ${name} then throw "haumea: two entries are called ${name}" else set // { ${name} = value; })
          { }
          (builtins.concatLists (lib.mapAttrsToList (nodeOf folder place) (builtins.readDir folder)));
      tree = { isFolder = true; children = childrenOf src [ ]; };
    in
    see null [ ] tree;
in
{ inherit load loaders matchers transformers; }
