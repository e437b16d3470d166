/**
 * The function that real Nix applies to a flake's `nixosConfigurations`. No text of the user's is part of it. Only
 * `throw` and `assert` can be caught inside Nix: a value that throws is null.
 */
export const expression = `
let
  attempt = value:
    let result = builtins.tryEval (builtins.deepSeq value value);
    in if result.success then { value = result.value; } else null;
  fields = [
    "image" "size" "mountPoint" "fsType" "label" "autoCreate" "readOnly" "direct" "serial" "imageType" "mkfsExtraArgs"
  ];
  volume = declared: builtins.listToAttrs (builtins.concatMap
    (name: if declared ? \${name} then [ { inherit name; value = attempt declared.\${name}; } ] else [ ])
    fields);
  guest = config: {
    hostName = attempt config.networking.hostName;
    hypervisor = attempt config.microvm.hypervisor;
    writableStoreOverlay = attempt config.microvm.writableStoreOverlay;
    volumes = attempt (map volume config.microvm.volumes);
  };
  isGuest = config: config ? microvm && config.microvm ? volumes;
  guestOf = name: vm:
    if vm.config != null then guest vm.config.config
    else if (vm.evaluatedConfig or null) != null then guest vm.evaluatedConfig.config
    else if vm.flake != null then guest vm.flake.nixosConfigurations.\${name}.config
    else null;
in
builtins.mapAttrs
  (name: { config, ... }: {
    guest = if isGuest config then guest config else null;
    vms = if config ? microvm && config.microvm ? vms then builtins.mapAttrs guestOf config.microvm.vms else { };
    stateDir = if config ? microvm && config.microvm ? stateDir then attempt config.microvm.stateDir else null;
  })
`;
