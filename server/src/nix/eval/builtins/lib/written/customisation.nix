# Functions of lib/customisation.nix of nixpkgs, in our own words.
lib:
{
  # (attrs -> a) -> attrs -> a
  makeOverridable =
    f:
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
            ${if result ? overrideAttrs then "overrideAttrs" else null} = change: lib.makeOverridable (mirror (a: (f a).overrideAttrs change)) args;
          }
        else if lib.isFunction result then lib.setFunctionArgs result (lib.functionArgs result) // { inherit override; }
        else result;
    in
    if builtins.isAttrs f then
      f // mirror call // { ${if f ? override then "override" else null} = change: lib.makeOverridable (f.override change); }
    else mirror call;

  # attrs -> (attrs -> a) | path -> attrs -> a
  callPackageWith =
    auto: package: args:
    let
      f = if lib.isFunction package then package else import package;
      wanted = lib.functionArgs f;
      given = builtins.intersectAttrs wanted auto // args;
      missing = builtins.filter (name: !wanted.${name} && !(given ? ${name})) (builtins.attrNames wanted);
    in
    if missing == [ ] then lib.makeOverridable f given
    else abort ("lib.customisation.callPackageWith: Function called without required argument \"" + builtins.head missing + "\"");

  # attrs -> (attrs -> attrs) | path -> attrs -> attrs
  callPackagesWith =
    auto: package: args:
    let
      f = if lib.isFunction package then package else import package;
      given = builtins.intersectAttrs (lib.functionArgs f) auto // args;
      mirror = lib.mirrorFunctionArgs f;
      result = f given;
    in
    if lib.isDerivation result then throw "function callPackages was called on a single derivation; did you mean callPackage?"
    else builtins.mapAttrs (name: _: lib.makeOverridable (mirror (more: (f more).${name})) given) result;

  # (attrs -> callPackage) -> (self -> attrs) -> scope
  makeScope =
    newScope: f:
    let
      self = { callPackage = self.newScope { }; } // f self // {
        newScope = more: newScope (self // more);
        overrideScope = overlay: lib.makeScope newScope (lib.extends overlay f);
        packages = f;
      };
    in
    self;

  # bool -> attrs -> package -> package
  extendDerivation =
    condition: passthru: drv:
    let
      guard = x: assert condition; x;
      common = drv // builtins.listToAttrs (outputs ++ [ { name = "all"; value = map (x: x.value) outputs; } ]) // passthru // {
        drvPath = guard drv.drvPath;
        outPath = guard drv.outPath;
      };
      outputs = map (name: {
        inherit name;
        value = common // {
          inherit (drv.${name}) type outputName;
          outputSpecified = true;
          drvPath = guard drv.${name}.drvPath;
          outPath = guard drv.${name}.outPath;
          ${if passthru ? overrideAttrs then "overrideAttrs" else null} = f: (passthru.overrideAttrs f).${name};
        };
      }) (drv.outputs or [ "out" ]);
    in
    common;

  # string -> attrs -> attrs
  renameCrossIndexFrom =
    prefix: x: builtins.mapAttrs (_: name: x.${prefix + name}) {
      buildBuild = "BuildBuild"; buildHost = "BuildHost"; buildTarget = "BuildTarget";
      hostHost = "HostHost"; hostTarget = "HostTarget"; targetTarget = "TargetTarget";
    };

  # string -> attrs -> attrs
  renameCrossIndexTo =
    prefix: x: builtins.listToAttrs (map (name: { name = prefix + lib.toUpper (builtins.substring 0 1 name) + builtins.substring 1 20 name; value = x.${name}; })
      [ "buildBuild" "buildHost" "buildTarget" "hostHost" "hostTarget" "targetTarget" ]);

  # (a -> b) -> attrs -> attrs
  mapCrossIndex = f: { buildBuild, buildHost, buildTarget, hostHost, hostTarget, targetTarget }@given: builtins.mapAttrs (_: f) given;

  # (attrs -> attrs) -> (attrs -> callPackage) -> attrs -> (self -> attrs) -> (attrs -> attrs) -> (self -> attrs) -> scope
  makeScopeWithSplicing = splicePackages: newScope: otherSplices: keep: extra: f: lib.makeScopeWithSplicing' { inherit splicePackages newScope; } { inherit otherSplices keep extra f; };

  # { splicePackages, newScope } -> { otherSplices, keep ? …, extra ? …, f } -> scope
  makeScopeWithSplicing' =
    { splicePackages, newScope }@how: { otherSplices, keep ? (self: { }), extra ? (spliced: { }), f }@what:
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
    self;
}
