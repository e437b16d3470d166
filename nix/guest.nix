# For a guest, wherever it is declared: its xfs, btrfs and ext filesystems take the length of their image at mount, so that
# what the host lengthens in place is grown, too.
{ config, lib, ... }:
let
  grows = builtins.filter (
    volume:
    volume.mountPoint != null
    && !(volume.readOnly or false)
    && builtins.elem volume.fsType [
      "ext3"
      "ext4"
      "xfs"
      "btrfs"
    ]
  ) config.microvm.volumes;
in
{
  fileSystems = builtins.listToAttrs (
    map (volume: {
      name = volume.mountPoint;
      value.autoResize = lib.mkDefault true;
    }) grows
  );
}
