import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const customisation = writtenSection("customisation", "lib/customisation.nix");
const derivations = writtenSection("derivations", "lib/derivations.nix");
const meta = writtenSection("meta", "lib/meta.nix");
const sources = writtenSection("sources", "lib/sources.nix");
const filesystem = writtenSection("filesystem", "lib/filesystem.nix");

/** Functions on packages and sources, written in Nix: what they make of unknown packages is unknown by itself. */
export const writtenPackages: readonly Definition[] = [
  customisation(
    "makeOverridable",
    "(attrs -> a) -> attrs -> a",
    `f:
    let
      mirror = lib.mirrorFunctionArgs f;
      call = args:
        let
          result = f args;
          override = mirror (more: lib.makeOverridable f (args // (if lib.isFunction more then more args else more)));
        in
        if builtins.isAttrs result then
          result // {
            inherit override;
            overrideDerivation = change: lib.makeOverridable (mirror (a: lib.overrideDerivation (f a) change)) args;
            \${if result ? overrideAttrs then "overrideAttrs" else null} = change: lib.makeOverridable (mirror (a: (f a).overrideAttrs change)) args;
          }
        else if lib.isFunction result then lib.setFunctionArgs result (lib.functionArgs result) // { inherit override; }
        else result;
    in
    if builtins.isAttrs f then
      f // mirror call // { \${if f ? override then "override" else null} = change: lib.makeOverridable (f.override change); }
    else mirror call`,
  ),
  customisation(
    "callPackageWith",
    "attrs -> (attrs -> a) | path -> attrs -> a",
    `auto: package: args:
    let
      f = if lib.isFunction package then package else import package;
      wanted = lib.functionArgs f;
      given = builtins.intersectAttrs wanted auto // args;
      missing = builtins.filter (name: !wanted.\${name} && !(given ? \${name})) (builtins.attrNames wanted);
    in
    if missing == [ ] then lib.makeOverridable f given
    else abort ("lib.customisation.callPackageWith: Function called without required argument \\"" + builtins.head missing + "\\"")`,
  ),
  customisation(
    "callPackagesWith",
    "attrs -> (attrs -> attrs) | path -> attrs -> attrs",
    `auto: package: args:
    let
      f = if lib.isFunction package then package else import package;
      given = builtins.intersectAttrs (lib.functionArgs f) auto // args;
      mirror = lib.mirrorFunctionArgs f;
      result = f given;
    in
    if lib.isDerivation result then throw "function callPackages was called on a single derivation; did you mean callPackage?"
    else builtins.mapAttrs (name: _: lib.makeOverridable (mirror (more: (f more).\${name})) given) result`,
  ),
  customisation(
    "makeScope",
    "(attrs -> callPackage) -> (self -> attrs) -> scope",
    `newScope: f:
    let
      self = { callPackage = self.newScope { }; } // f self // {
        newScope = more: newScope (self // more);
        overrideScope = overlay: lib.makeScope newScope (lib.extends overlay f);
        packages = f;
      };
    in
    self`,
  ),
  customisation(
    "extendDerivation",
    "bool -> attrs -> package -> package",
    `condition: passthru: drv:
    let
      guard = x: assert condition; x;
      common = drv // builtins.listToAttrs (outputs ++ [ { name = "all"; value = map (x: x.value) outputs; } ]) // passthru // {
        drvPath = guard drv.drvPath;
        outPath = guard drv.outPath;
      };
      outputs = map (name: {
        inherit name;
        value = common // {
          inherit (drv.\${name}) type outputName;
          outputSpecified = true;
          drvPath = guard drv.\${name}.drvPath;
          outPath = guard drv.\${name}.outPath;
          \${if passthru ? overrideAttrs then "overrideAttrs" else null} = f: (passthru.overrideAttrs f).\${name};
        };
      }) (drv.outputs or [ "out" ]);
    in
    common`,
  ),
  customisation(
    "renameCrossIndexFrom",
    "string -> attrs -> attrs",
    `prefix: x: builtins.mapAttrs (_: name: x.\${prefix + name}) {
      buildBuild = "BuildBuild"; buildHost = "BuildHost"; buildTarget = "BuildTarget";
      hostHost = "HostHost"; hostTarget = "HostTarget"; targetTarget = "TargetTarget";
    }`,
  ),
  customisation(
    "renameCrossIndexTo",
    "string -> attrs -> attrs",
    `prefix: x: builtins.listToAttrs (map (name: { name = prefix + lib.toUpper (builtins.substring 0 1 name) + builtins.substring 1 20 name; value = x.\${name}; })
      [ "buildBuild" "buildHost" "buildTarget" "hostHost" "hostTarget" "targetTarget" ])`,
  ),
  customisation(
    "mapCrossIndex",
    "(a -> b) -> attrs -> attrs",
    "f: { buildBuild, buildHost, buildTarget, hostHost, hostTarget, targetTarget }@given: builtins.mapAttrs (_: f) given",
  ),

  customisation(
    "makeScopeWithSplicing",
    "(attrs -> attrs) -> (attrs -> callPackage) -> attrs -> (self -> attrs) -> (attrs -> attrs) -> (self -> attrs) -> scope",
    "splicePackages: newScope: otherSplices: keep: extra: f: lib.makeScopeWithSplicing' { inherit splicePackages newScope; } { inherit otherSplices keep extra f; }",
  ),
  customisation(
    "makeScopeWithSplicing'",
    "{ splicePackages, newScope } -> { otherSplices, keep ? …, extra ? …, f } -> scope",
    `{ splicePackages, newScope }@how: { otherSplices, keep ? (self: { }), extra ? (spliced: { }), f }@what:
    let
      plain = splicePackages {
        pkgsBuildBuild = otherSplices.selfBuildBuild;
        pkgsBuildHost = otherSplices.selfBuildHost;
        pkgsBuildTarget = otherSplices.selfBuildTarget;
        pkgsHostHost = otherSplices.selfHostHost;
        pkgsHostTarget = self;
        pkgsTargetTarget = otherSplices.selfTargetTarget;
      };
      spliced = extra plain // plain // keep self;
      self = f self // {
        newScope = more: newScope (spliced // more);
        callPackage = newScope spliced;
        overrideScope = overlay: lib.makeScopeWithSplicing' how (what // { f = lib.extends overlay f; });
        packages = f;
      };
    in
    self`,
  ),

  derivations(
    "lazyDerivation",
    '{ derivation, meta ? …, passthru ? { }, outputs ? [ "out" ] } -> package',
    `{ derivation, meta ? null, passthru ? { }, outputs ? [ "out" ] }@args:
    let
      checked =
        lib.throwIfNot (derivation.type or null == "derivation") "lazyDerivation: input must be a derivation."
          lib.throwIfNot (derivation.outputs == outputs) "lib.lazyDerivation: the outputs are not those that were assumed" derivation;
    in
    {
      type = "derivation";
      inherit (checked) outPath outputName drvPath name system;
      inherit outputs;
      meta = args.meta or checked.meta;
    } // lib.genAttrs outputs (output: checked.\${output}) // passthru`,
  ),
  derivations(
    "warnOnInstantiate",
    "string -> package -> package",
    `message: drv:
    drv // builtins.mapAttrs (_: lib.warn message) (removeAttrs drv [ "meta" "name" "type" "outputName" ])
    // lib.optionalAttrs (drv ? overrideAttrs && builtins.isFunction drv.overrideAttrs) {
      overrideAttrs = change: lib.derivations.warnOnInstantiate message (drv.overrideAttrs change);
    }`,
  ),
  derivations("optionalDrvAttr", "bool -> a -> a | null", "condition: value: if condition then value else null"),

  meta(
    "addMetaAttrs",
    "attrs -> package -> package",
    `more: drv:
    if drv ? overrideAttrs then drv.overrideAttrs (old: { meta = (old.meta or { }) // more; })
    else drv // { meta = (drv.meta or { }) // more; }`,
  ),
  meta("dontDistribute", "package -> package", "drv: lib.addMetaAttrs { hydraPlatforms = [ ]; } drv"),
  meta("setName", "string -> package -> package", "name: drv: drv // { inherit name; }"),
  meta("updateName", "(string -> string) -> package -> package", "f: drv: drv // { name = f drv.name; }"),
  meta(
    "appendToName",
    "string -> package -> package",
    `suffix: drv: lib.updateName (name: let parts = builtins.parseDrvName name; in parts.name + "-" + suffix + "-" + parts.version) drv`,
  ),
  meta(
    "mapDerivationAttrset",
    "(package -> a) -> attrs -> attrs",
    "f: set: builtins.mapAttrs (_: x: if lib.isDerivation x then f x else x) set",
  ),
  meta("setPrio", "int -> package -> package", "priority: drv: lib.addMetaAttrs { inherit priority; } drv"),
  meta("lowPrio", "package -> package", "drv: lib.setPrio 10 drv"),
  meta("hiPrio", "package -> package", "drv: lib.setPrio (-10) drv"),
  meta("lowPrioSet", "attrs -> attrs", "set: lib.mapDerivationAttrset lib.lowPrio set"),
  meta("hiPrioSet", "attrs -> attrs", "set: lib.mapDerivationAttrset lib.hiPrio set"),
  meta(
    "platformMatch",
    "attrs -> string | attrs -> bool",
    `platform: wanted:
    if builtins.isString wanted then platform ? system && wanted == platform.system
    else lib.matchAttrs (if wanted ? parsed then wanted else { parsed = wanted; }) platform`,
  ),
  meta(
    "availableOn",
    "attrs -> package -> bool",
    `platform: pkg:
    (!(pkg ? meta.platforms) || lib.any (lib.meta.platformMatch platform) pkg.meta.platforms)
    && (!(pkg ? meta.badPlatforms) || !lib.any (lib.meta.platformMatch platform) pkg.meta.badPlatforms)`,
  ),

  sources(
    "cleanSourceFilter",
    "string -> string -> bool",
    `name: type:
    let
      base = builtins.baseNameOf name;
      ends = suffix: lib.hasSuffix suffix base;
      isLike = pattern: builtins.match pattern base != null;
    in
    !(
      base == ".git"
      || type == "directory" && lib.elem base [ ".svn" "CVS" ".hg" ".jj" ".pijul" "_darcs" ]
      || ends "~"
      || isLike "\\\\.sw[a-z]"
      || isLike "\\\\..*\\\\.sw[a-z]"
      || ends ".o"
      || ends ".so"
      || type == "symlink" && lib.hasPrefix "result" base
      || type == "unknown"
    )`,
  ),
  // A filtered source is a copy in the store: files that are read through it are those of the source itself.
  sources("cleanSource", "path -> source", "src: lib.cleanSourceWith { inherit src; filter = lib.cleanSourceFilter; }"),
  sources(
    "cleanSourceWith",
    "{ src, filter ? …, name ? null } -> source",
    `{ src, filter ? (path: type: true), name ? null }:
    let
      filtered = src ? _isLibCleanSourceWith;
      origin = if filtered then src.origSrc else src;
      both = path: type: filter path type && (!filtered || src.filter path type);
      newName = if name != null then name else if filtered then src.name else "source";
    in
    {
      _isLibCleanSourceWith = true;
      origSrc = origin;
      filter = both;
      name = newName;
      outPath = builtins.path { filter = both; path = origin; name = newName; };
    }`,
  ),
  sources(
    "sourceByRegex",
    "path -> [string] -> source",
    `src: patterns:
    let
      root = toString (if src ? _isLibCleanSourceWith then src.origSrc else src) + "/";
    in
    lib.cleanSourceWith { inherit src; filter = path: type: lib.any (p: builtins.match p (lib.removePrefix root (toString path)) != null) patterns; }`,
  ),
  sources(
    "sourceFilesBySuffices",
    "path -> [string] -> source",
    `src: suffixes:
    lib.cleanSourceWith { inherit src; filter = name: type: type == "directory" || lib.any (s: lib.hasSuffix s (builtins.baseNameOf name)) suffixes; }`,
  ),
  sources("pathHasContext", "any -> bool", "builtins.hasContext"),
  sources("canCleanSource", "any -> bool", "src: src ? _isLibCleanSourceWith || !builtins.hasContext (toString src)"),
  sources(
    "urlToName",
    "string -> string",
    `url: lib.last (lib.splitString "/" (lib.removeSuffix ".git" (lib.removeSuffix "/" (toString url))))`,
  ),

  writtenSection("fileset", "lib/fileset/default.nix")(
    "toSource",
    "{ root, fileset } -> source",
    `{ root, fileset }: lib.cleanSourceWith { name = "source"; src = root; }`,
  ),

  filesystem(
    "haskellPathsInDir",
    "path -> { ${name} :: path }",
    `root:
    let
      names = builtins.filter (name: builtins.pathExists (root + ("/" + name + "/" + name + ".cabal"))) (builtins.attrNames (builtins.readDir root));
    in
    lib.genAttrs names (name: root + ("/" + name))`,
  ),
  filesystem(
    "locateDominatingFile",
    "string -> path -> { path, matches } | null",
    `pattern: file:
    let
      climb = folder:
        let
          matches = builtins.filter (m: m != null) (map (builtins.match pattern) (builtins.attrNames (builtins.readDir folder)));
        in
        if matches != [ ] then { path = folder; inherit matches; }
        else if toString folder == "/" then null
        else climb (builtins.dirOf folder);
      isFolder = toString file == "/" || (builtins.readDir (builtins.dirOf file)).\${builtins.baseNameOf file} or null == "directory";
    in
    climb (if isFolder then file else builtins.dirOf file)`,
  ),
  filesystem(
    "packagesFromDirectoryRecursive",
    "{ callPackage, directory, newScope ? … } -> attrs",
    `{ callPackage, directory, newScope ? null, ... }@args:
    let
      scan = given:
        lib.concatMapAttrs (
          name: type:
          let
            path = given.directory + ("/" + name);
          in
          if type == "directory" then { \${name} = lib.packagesFromDirectoryRecursive (given // { directory = path; }); }
          else if type != "regular" then throw ("lib.filesystem.packagesFromDirectoryRecursive: Unsupported file type " + type)
          else if lib.hasSuffix ".nix" name then { \${lib.removeSuffix ".nix" name} = given.callPackage path { }; }
          else { }
        ) (builtins.readDir given.directory);
      single = directory + "/package.nix";
    in
    if builtins.pathExists single then callPackage single { }
    else if args ? newScope then
      lib.recurseIntoAttrs (lib.makeScope newScope (self: scan (args // { inherit (self) callPackage newScope; })))
    else scan args`,
  ),
  filesystem(
    "resolveDefaultNix",
    "path | string -> path | string",
    `v:
    if lib.filesystem.pathIsDirectory v then v + "/default.nix"
    else if builtins.isString v && lib.hasSuffix "/" v then v + "default.nix"
    else v`,
  ),
];
