# Functions of lib/filesystem.nix of nixpkgs, in our own words.
lib:
{
  # path -> { ${name} :: path }
  haskellPathsInDir =
    root:
    let
      names = builtins.filter (name: builtins.pathExists (root + ("/" + name + "/" + name + ".cabal"))) (builtins.attrNames (builtins.readDir root));
    in
    lib.genAttrs names (name: root + ("/" + name));

  # string -> path -> { path, matches } | null
  locateDominatingFile =
    pattern: file:
    let
      climb = folder:
        let
          matches = builtins.filter (m: m != null) (map (builtins.match pattern) (builtins.attrNames (builtins.readDir folder)));
        in
        if matches != [ ] then { path = folder; inherit matches; }
        else if toString folder == "/" then null
        else climb (builtins.dirOf folder);
      isFolder = toString file == "/" || (builtins.readDir (builtins.dirOf file)).${builtins.baseNameOf file} or null == "directory";
    in
    climb (if isFolder then file else builtins.dirOf file);

  # { callPackage, directory, newScope ? … } -> attrs
  packagesFromDirectoryRecursive =
    { callPackage, directory, newScope ? null, ... }@args:
    let
      scan = given:
        lib.concatMapAttrs (
          name: type:
          let
            path = given.directory + ("/" + name);
          in
          if type == "directory" then { ${name} = lib.packagesFromDirectoryRecursive (given // { directory = path; }); }
          else if type != "regular" then throw ("lib.filesystem.packagesFromDirectoryRecursive: Unsupported file type " + type)
          else if lib.hasSuffix ".nix" name then { ${lib.removeSuffix ".nix" name} = given.callPackage path { }; }
          else { }
        ) (builtins.readDir given.directory);
      single = directory + "/package.nix";
    in
    if builtins.pathExists single then callPackage single { }
    else if args ? newScope then
      lib.recurseIntoAttrs (lib.makeScope newScope (self: scan (args // { inherit (self) callPackage newScope; })))
    else scan args;

  # path | string -> path | string
  resolveDefaultNix =
    v:
    if lib.filesystem.pathIsDirectory v then v + "/default.nix"
    else if builtins.isString v && lib.hasSuffix "/" v then v + "default.nix"
    else v;
}
