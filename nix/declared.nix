# What is declared of one guest, as values that JSON can hold: docs/schemas/declared.schema.json. `policyOf` gives each volume
# what is done with its image before a start.
{ lib }:
{
  name,
  config,
  hostCommands ? [ ],
  policyOf ? _volume: { },
}:
let
  inherit (config) microvm;
  mountPoints = lib.unique (builtins.filter (path: path != null) (map (volume: volume.mountPoint) microvm.volumes));
  fileSystemOf =
    mountPoint:
    let
      entry = config.fileSystems.${mountPoint} or null;
    in
    lib.optional (entry != null) {
      inherit mountPoint;
      device = entry.device or null;
      inherit (entry) fsType;
      options = entry.options or [ ];
      autoResize = entry.autoResize or false;
      autoFormat = entry.autoFormat or false;
      neededForBoot = entry.neededForBoot or false;
    };
  volumeOf =
    volume:
    {
      inherit (volume) image mountPoint fsType autoCreate;
      # Without a default: only a volume that is made has to have one.
      sizeMiB = if volume.autoCreate then volume.size else null;
      label = volume.label or null;
      readOnly = volume.readOnly or false;
      direct = volume.direct or null;
      serial = volume.serial or null;
      imageType = volume.imageType or "raw";
      mkfsExtraArgs = volume.mkfsExtraArgs or [ ];
    }
    // policyOf volume;
in
{
  inherit name hostCommands;
  inherit (microvm) hypervisor storeOnDisk preStart;
  # microvm.nix chooses it only where there is a store disk.
  storeDiskType = if microvm.storeOnDisk then microvm.storeDiskType or null else null;
  storeOptimise = (config.nix.optimise.automatic or false) || (config.nix.settings.auto-optimise-store or false);
  writableStoreOverlay = microvm.writableStoreOverlay or null;
  shares = map (share: {
    source = toString share.source;
    inherit (share) mountPoint proto;
  }) microvm.shares;
  fileSystems = builtins.concatMap fileSystemOf mountPoints;
  volumes = map volumeOf microvm.volumes;
}
