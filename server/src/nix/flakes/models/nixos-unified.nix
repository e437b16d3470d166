lib:
let
  # Nix files, and folders with a default.nix, by name.
  eachIn = folder: f:
    if !(builtins.pathExists folder) then { }
    else lib.listToAttrs (builtins.concatLists (lib.mapAttrsToList (entry: kind:
      if kind == "regular" && lib.hasSuffix ".nix" entry then [ (lib.nameValuePair (lib.removeSuffix ".nix" entry) (f "${folder}/${entry}")) ]
      else if kind == "directory" && builtins.pathExists "${folder}/${entry}/default.nix" then [ (lib.nameValuePair entry (f "${folder}/${entry}")) ]
      else [ ]) (builtins.readDir folder)));

  helpers = { self, inputs, config, ... }:
    let
      common.flake = { inherit self inputs config; };
      home-manager = {
        imports = [ inputs.home-manager.nixosModules.home-manager {
          home-manager = { useGlobalPkgs = true; useUserPackages = true; extraSpecialArgs = common; };
        } ];
      };
      own = {
        specialArgsFor = { inherit common; nixos = common; darwin = common; };
        mkLinuxSystem = options: module: inputs.nixpkgs.lib.nixosSystem {
          specialArgs = common;
          modules = [ module ] ++ lib.optional (options.home-manager or false) home-manager;
        };
      };
    in
    { config.flake = { nixos-unified.lib = own; nixos-flake.lib = own; }; };

  autoWire = { self, ... }: {
    config.flake = {
      nixosConfigurations = eachIn "${self}/configurations/nixos" (self.nixos-unified.lib.mkLinuxSystem { home-manager = true; });
      nixosModules = eachIn "${self}/modules/nixos" (file: file);
      homeModules = eachIn "${self}/modules/home" (file: file);
    };
  };

  mkFlake = { inputs, root, systems ? [ "x86_64-linux" "x86_64-darwin" "aarch64-linux" "aarch64-darwin" ], specialArgs ? { } }:
    let
      folder = lib.findFirst (each: builtins.pathExists "${root}/${each}") (throw "no folder of modules for flake-parts")
        [ "nix/modules/flake" "modules/flake" "nix/modules/flake-parts" "modules/flake-parts" ];
    in
    inputs.flake-parts.lib.mkFlake { inherit inputs specialArgs; } {
      inherit systems;
      _module.args = { inherit root; };
      imports = map (file: "${root}/${folder}/${file}") (builtins.attrNames (builtins.readDir "${root}/${folder}"));
    };
in
{
  flakeModules = { default = helpers; inherit autoWire; };
  flakeModule = helpers;
  lib = { inherit mkFlake; };
}
