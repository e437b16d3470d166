lib: {
  makeHive = given:
    let
      outer = if given ? outputs.colmena then given.outputs.colmena else given;
      hive = if builtins.isFunction outer then outer { } else outer;
      meta = hive.meta or (hive.network or { });
      names = builtins.filter (name: !(builtins.elem name [ "defaults" "network" "meta" ])) (builtins.attrNames hive);
      modulesOf = name: if builtins.isList hive.${name} then hive.${name} else [ hive.${name} ];
      pkgsOf = name: meta.nodeNixpkgs.${name} or (meta.nixpkgs or null);
      nodes = lib.genAttrs names (name: lib.nixosSystem {
        pkgs = let pkgs = pkgsOf name; in if builtins.isAttrs pkgs then pkgs else null;
        modules = [ (hive.defaults or { }) ] ++ modulesOf name;
        specialArgs = { inherit name nodes; } // meta.specialArgs or { } // meta.nodeSpecialArgs.${name} or { };
      });
    in
    { inherit nodes; __schema = "v0.5"; };
}
