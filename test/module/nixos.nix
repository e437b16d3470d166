# As much of NixOS as services.microvm-lens asks for, under the real module system.
{
  lib,
  pkgs,
  module,
  base,
  asked,
}:
let
  inherit (lib) types mkOption;
  any =
    default:
    mkOption {
      type = types.anything;
      inherit default;
    };
  nixos = {
    options = {
      assertions = any [ ];
      warnings = mkOption {
        type = types.listOf types.str;
        default = [ ];
      };
      environment.systemPackages = mkOption {
        type = types.listOf types.raw;
        default = [ ];
      };
      environment.etc = any { };
      fileSystems = any { };
      networking.hostName = mkOption { type = types.str; };
      system.preSwitchChecks = mkOption {
        type = types.attrsOf types.str;
        default = { };
      };
      systemd.services = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule {
            freeformType = types.attrsOf types.anything;
            options.serviceConfig = mkOption {
              default = { };
              type = types.attrsOf types.anything;
            };
          }
        );
      };
      microvm = {
        stateDir = mkOption { type = types.path; };
        vms = mkOption { type = types.raw; };
      };
    };
    config._module.args = { inherit pkgs; };
  };
in
(lib.evalModules {
  modules = [
    nixos
    module
    base
    { services.microvm-lens = asked; }
  ];
}).config
