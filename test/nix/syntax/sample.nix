# A guest with two volumes.
{ config, lib, pkgs, ... }@args:
let
  name = "web";
  sizes = { small = 512; large = 4 * 1024; };
  inherit (lib) mkIf mkDefault;
in
{
  networking.hostName = mkDefault name;
  microvm = rec {
    hypervisor = if pkgs.stdenv.isLinux then "qemu" else "vfkit";
    volumes = [
      {
        image = "${name}-var.img"; # relative
        size = sizes.small;
        mountPoint = "/var";
      }
      { image = /persist/data.img; size = sizes."large" or 1; mountPoint = "/data"; }
    ] ++ lib.optional (args ? extra.volume) { image = ./a/${name}/b.img; size = - 1 + 2; };
    preStart = ''
      set -eu
      ${pkgs.coreutils}/bin/rm -f '${name}.img'
        echo ''${HOME} $${x} '''quoted''' ''\n
    '';
  };
  /* a block
     comment */
  "quoted name".${name} = x: y: with x; assert y != null -> x == [ ]; map (z: z // { inherit x; }) [ 1 2.5 .5 <nixpkgs> ];
}
