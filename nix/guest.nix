# For a guest, wherever it is declared: its xfs, btrfs and ext filesystems take the length of their image at mount, so that
# what the host lengthens in place is grown, too; and its runner says what it declares, so that a host which does not declare
# the guest itself (`microvm -c`) knows its volumes: as bin/microvm-lens-guest beside bin/microvm-run, or with a microvm.nix
# that has no `binScripts` (before November 2024) in the system to which such a runner always links.
{
  config,
  lib,
  options,
  ...
}:
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

  # What its host does with the images is the host's to say.
  declared = builtins.toJSON {
    schema = 1;
    guest = import ./declared.nix { inherit lib; } {
      name = config.networking.hostName;
      inherit config;
    };
  };
in
{
  config = lib.mkMerge [
    {
      fileSystems = builtins.listToAttrs (
        map (volume: {
          name = volume.mountPoint;
          value.autoResize = lib.mkDefault true;
        }) grows
      );
    }
    (
      if options.microvm ? binScripts then
        {
          # One line, which no other line of the script begins like.
          microvm.binScripts.microvm-lens-guest = ''
            cat <<'microvm-lens-guest'
            ${declared}
            microvm-lens-guest
          '';
        }
      else
        { environment.etc."microvm-lens/guest.json".text = declared; }
    )
  ];
}
