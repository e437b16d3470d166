lib:
{ inputs, config, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.ezConfigs;
  values = default: mkOption { type = types.attrsOf types.anything; inherit default; };

  host = types.submodule { options = {
    importDefault = mkOption { type = types.bool; default = true; };
    userHomeModules = mkOption { type = types.listOf types.str; default = [ ]; };
  }; };
  # Without a folder and without a root there are none.
  folder = suffix: mkOption { type = types.nullOr types.path; default = if cfg.root == null then null else "${toString cfg.root}/${suffix}"; };
  optionsOf = kind: {
    modulesDirectory = folder "${kind}-modules";
    configurationsDirectory = folder "${kind}-configurations";
    earlyModuleArgs = values cfg.earlyModuleArgs;
  };
  systemOptions = kind: optionsOf kind // {
    specialArgs = values cfg.globalArgs;
    hosts = mkOption { type = types.attrsOf host; default = { }; };
  };

  isRegular = path: builtins.pathExists path && builtins.readFileType path == "regular";
  modulesIn = place:
    if place == null then { }
    else if isRegular "${place}.nix" then { default = place; }
    else if builtins.pathExists place && builtins.readFileType place == "directory" then
      lib.concatMapAttrs (entry: kind:
        if kind == "regular" && lib.hasSuffix ".nix" entry then { ${lib.removeSuffix ".nix" entry} = "${place}/${entry}"; }
        else if isRegular "${place}/${entry}/default.nix" then { ${entry} = "${place}/${entry}/default.nix"; }
        else { }) (builtins.readDir place)
    else { };

  given = early: modules:
    if early == { } then modules
    else builtins.mapAttrs (_: path:
      let
        module = import path;
        formals = lib.functionArgs module;
        known = lib.filterAttrs (name: _: formals ? ${name}) early;
      in
      if lib.isFunction module
      then lib.setFunctionArgs (args: module (args // known)) (removeAttrs formals (builtins.attrNames known))
      else path) modules;

  ezModules = given cfg.nixos.earlyModuleArgs (modulesIn cfg.nixos.modulesDirectory);
  systemOf = name: module:
    let settings = cfg.nixos.hosts.${name} or { importDefault = true; userHomeModules = [ ]; }; in
    inputs.nixpkgs.lib.nixosSystem {
      specialArgs = cfg.nixos.specialArgs // { inherit ezModules; };
      modules = [ module { networking.hostName = lib.mkDefault name; } ]
        ++ lib.optional settings.importDefault (ezModules.default or { })
        ++ lib.optional (settings.userHomeModules != [ ]) inputs.home-manager.nixosModules.default;
    };
in
{
  options.ezConfigs = {
    root = mkOption { type = types.nullOr types.path; default = null; };
    globalArgs = values { };
    earlyModuleArgs = values { };
    home = optionsOf "home" // {
      extraSpecialArgs = values cfg.globalArgs;
      users = mkOption { type = types.attrsOf types.anything; default = { }; };
    };
    nixos = systemOptions "nixos";
    darwin = systemOptions "darwin";
  };
  config.flake = {
    nixosModules = ezModules;
    nixosConfigurations = builtins.mapAttrs systemOf (modulesIn cfg.nixos.configurationsDirectory);
  };
}
