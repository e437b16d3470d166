lib: others:
let
  # Folders and Nix files by name; a file comes before a folder of its name.
  entries = folder:
    if !(builtins.pathExists folder) then { }
    else
      let
        listed = builtins.readDir folder;
        folders = lib.filterAttrs (_: kind: kind == "directory") listed;
        files = lib.filterAttrs (name: kind: kind != "directory" && builtins.match "(.*)[.]nix" name != null) listed;
      in
      builtins.mapAttrs (name: _: folder + "/${name}") folders
      // lib.mapAttrs' (name: _: lib.nameValuePair (lib.removeSuffix ".nix" name) (folder + "/${name}")) files;

  make = { inputs, prefix ? null, nixpkgs ? { }, systems ? inputs.systems or null }:
    let
      flake = inputs.self;
      src = if prefix == null then flake.outPath else if builtins.isPath prefix then prefix else "${flake.outPath}/${prefix}";
      names =
        if systems == null then [ "aarch64-darwin" "aarch64-linux" "x86_64-darwin" "x86_64-linux" ]
        else if builtins.isList systems then systems
        else import systems;
      specialArgs = { inherit inputs flake; self = throw "self was renamed to flake"; };
      packagesOf = system: builtins.mapAttrs (_: input: (input.legacyPackages.${system} or { }) // (input.packages.${system} or { })) inputs;
      perSystem = { config, ... }: {
        _module.args.perSystem = packagesOf (config.nixpkgs.hostPlatform.system or config.nixpkgs.hostPlatform);
      };

      hostOf = hostName: folder:
        if builtins.pathExists (folder + "/default.nix") then import (folder + "/default.nix") { inherit flake inputs hostName; }
        else if builtins.pathExists (folder + "/configuration.nix") then {
          class = "nixos";
          value = inputs.nixpkgs.lib.nixosSystem {
            modules = [ perSystem (folder + "/configuration.nix") ];
            specialArgs = specialArgs // { inherit hostName; };
          };
        }
        else { class = "other"; };
      hosts = builtins.mapAttrs hostOf (entries (src + "/hosts"));

      moduleOf = path:
        let module = import path; in
        if builtins.isFunction module && builtins.all (name: name == "flake" || name == "inputs") (builtins.attrNames (builtins.functionArgs module))
        then lib.setDefaultModuleLocation path (module { inherit flake inputs; })
        else path;
      modules =
        if !(builtins.pathExists (src + "/modules")) then { }
        else lib.genAttrs
          (builtins.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir (src + "/modules"))))
          (kind: builtins.mapAttrs (_: moduleOf) (entries (src + "/modules/${kind}")));

      packageFiles = entries (src + "/packages")
        // lib.optionalAttrs (builtins.pathExists (src + "/package.nix")) { default = src + "/package.nix"; };
      packagesFor = system:
        let
          arguments = {
            inherit inputs flake system;
            pkgs = import inputs.nixpkgs { inherit system; config = nixpkgs.config or { }; overlays = nixpkgs.overlays or [ ]; };
            perSystem = packagesOf system;
          };
        in
        builtins.mapAttrs (pname: path: lib.callPackageWith (arguments // { inherit pname; }) path { }) packageFiles;
    in
    others // {
      inherit modules;
      nixosConfigurations = builtins.mapAttrs (_: host: host.value) (lib.filterAttrs (_: host: host.class == "nixos") hosts);
      nixosModules = modules.nixos or { };
      homeModules = modules.home or { };
      darwinModules = modules.darwin or { };
      packages = lib.genAttrs names packagesFor;
      lib = if builtins.pathExists (src + "/lib") then import (src + "/lib") specialArgs else { };
    };
in
{
  __functor = _: make;
  lib.mkBlueprint = make;
}
