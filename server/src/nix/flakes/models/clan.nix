lib:
let
  inherit (lib) mkOption types;

  machineType = types.submodule {
    freeformType = types.lazyAttrsOf types.anything;
    options.machineClass = mkOption { type = types.str; default = "nixos"; };
    options.tags = mkOption { type = types.listOf types.str; default = [ ]; };
  };

  module = { config, lib, self, ... }:
    let
      inherit (config) directory inventory;
      folder = directory + "/machines";
      folders = lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir folder);
      listed = if builtins.pathExists folder then builtins.attrNames folders else [ ];
      file = directory + "/inventory.json";
      tagsOf = name: [ "all" inventory.machines.${name}.machineClass ] ++ inventory.machines.${name}.tags;
      names = set: if builtins.isList set then set else builtins.attrNames set;
      plays = name: role:
        builtins.elem name (names (role.machines or { }))
        || builtins.any (tag: builtins.elem tag (tagsOf name)) (names (role.tags or { }));
      resolved = extra: if builtins.isString extra && builtins.substring 0 1 extra != "/" then directory + "/${extra}" else extra;
      rolesOf = instance: builtins.attrValues (instance.roles or { });
      # A service that is not clan-core's own may bring any module.
      ownService = instance: builtins.elem (instance.module.input or "clan-core") [ "clan-core" null ];
      imports = name:
        builtins.concatMap
          (instance:
            let played = builtins.filter (plays name) (rolesOf instance); in
            builtins.concatMap (role: map resolved (role.extraModules or [ ])) played
            ++ lib.optional (played != [ ] && !(ownService instance)) (builtins.storePath "/nix/store/a-service-of-another-flake"))
          (builtins.attrValues inventory.instances);
      existing = name: builtins.filter builtins.pathExists (map (f: folder + "/${name}/${f}") [ "configuration.nix" "hardware-configuration.nix" "disko.nix" ]);
      moduleFor = name: {
        imports = existing name ++ imports name ++ [ (config.machines.${name} or { }) ];
        networking.hostName = lib.mkDefault name;
      };
      nixos = lib.filterAttrs (_: machine: machine.machineClass == "nixos") inventory.machines;
    in
    {
      options = {
        self = mkOption { type = types.raw; default = self; };
        directory = mkOption { type = types.raw; default = "${self}"; };
        machines = mkOption { type = types.attrsOf types.deferredModule; default = { }; };
        specialArgs = mkOption { type = types.lazyAttrsOf types.raw; default = { }; };
        inventory = mkOption {
          default = { };
          type = types.submodule {
            freeformType = types.lazyAttrsOf types.anything;
            options.machines = mkOption { type = types.attrsOf machineType; default = { }; };
            options.instances = mkOption { type = types.attrsOf types.anything; default = { }; };
          };
        };
        nixosConfigurations = mkOption { type = types.raw; };
        nixosModules = mkOption { type = types.raw; };
        outputs = mkOption { type = types.raw; };
      };
      config = {
        inventory.machines = lib.mkMerge [
          (lib.genAttrs listed (_: { }))
          (lib.mapAttrs (_: _: { }) config.machines)
          (if builtins.pathExists file then (builtins.fromJSON (builtins.readFile file)).machines or { } else { })
        ];
        outputs.moduleForMachine = lib.mapAttrs (name: _: moduleFor name) inventory.machines;
        nixosModules = lib.mapAttrs' (name: _: lib.nameValuePair "clan-machine-${name}" (moduleFor name)) nixos;
        nixosConfigurations = lib.mapAttrs
          (name: _: lib.nixosSystem {
            modules = [ (moduleFor name) ];
            specialArgs = { self = config.self; } // config.specialArgs;
          })
          nixos;
      };
    };

  clanOption = self: mkOption {
    default = { };
    type = types.submoduleWith { modules = [ module ]; specialArgs = { inherit self; }; };
  };

  flakeModule = { config, options, self, lib, ... }: {
    options.clan = mkOption { default = { }; type = types.deferredModule; };
    options.flake.clan = clanOption self;
    config.flake = {
      clan = config.clan;
      inherit (config.flake.clan) nixosConfigurations nixosModules;
    };
  };

  call = arguments:
    let evaluated = lib.evalModules { modules = [ module arguments { config._module.check = false; } ]; specialArgs = { self = arguments.self or null; }; }; in
    evaluated // { inherit (evaluated.config) nixosConfigurations nixosModules outputs; clanInternals = { }; };
in
{
  lib = { clan = call; buildClan = arguments: call ({ self = arguments.directory or null; } // arguments); };
  flakeModules.default = flakeModule;
}
