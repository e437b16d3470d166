# A guest by microvm.nix's real modules (its options and mounts) and the real module system, as a NixOS configuration has it.
{
  lib,
  microvm,
  pkgs,
  guestModule,
}:
given:
let
  inherit (lib) types mkOption;
  any =
    default:
    mkOption {
      type = types.anything;
      inherit default;
    };
  of =
    type: default:
    mkOption { inherit type default; };
  nixos = {
    options = {
      fileSystems = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule {
            options = {
              device = of (types.nullOr types.str) null;
              fsType = of types.str "auto";
              options = mkOption {
                type = types.listOf types.str;
                default = [ "defaults" ];
              };
              autoResize = of types.bool false;
              autoFormat = of types.bool false;
              neededForBoot = of types.bool false;
              noCheck = of types.bool false;
              overlay = any { };
            };
          }
        );
      };
      environment.etc = any { };
      networking.hostName = of types.str "nixos";
      nix.optimise.automatic = of types.bool false;
      nix.settings = any { };
      boot.initrd.systemd.enable = of types.bool true;
      assertions = any [ ];
      warnings = any [ ];
    };
    config._module = {
      args = { inherit pkgs; };
      check = false;
    };
  };
in
(lib.evalModules {
  modules = [
    nixos
    "${microvm}/nixos-modules/microvm/options.nix"
    "${microvm}/nixos-modules/microvm/mounts.nix"
    { microvm = given.microvm // { storeDiskType = "erofs"; }; }
    { fileSystems = given.fileSystems or { }; }
  ]
  ++ lib.optional (given.grows or false) guestModule;
}).config
