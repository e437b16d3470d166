# The machine in the cupboard: runs the guests.
{ lib, ... }:
let
  mkGuest = import ../lib/guest.nix;

  guests = {
    web = {
      id = 1;
    };
    build = {
      id = 2;
      memory = 4096;
    };
    db = {
      id = 3;
      memory = 2048;
    };
  };
in
{
  networking.hostName = "atlas";

  microvm.vms = lib.mapAttrs (name: settings: mkGuest ({ inherit name; } // settings)) guests;

  boot.loader.systemd-boot.enable = true;

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  system.stateVersion = "26.05";
}
