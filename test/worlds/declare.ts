import type { Gift, Setting, VolumeSpec } from "./world.ts";

/** The files of the workspace that declares a world, by path in it. */
export function filesOf(setting: Setting, gifts: readonly Gift[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const gift of gifts) Object.assign(files, gift.files);
  files["guest.nix"] = guestModule(setting, gifts);
  if (setting.way !== "lone") files["host.nix"] = hostModule(setting, gifts);
  files["flake.nix"] = flake(setting);
  return files;
}

function flake({ way, guest }: Setting): string {
  const lone = `    nixosConfigurations.${guest} = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ microvm.nixosModules.microvm ./guest.nix { networking.hostName = "${guest}"; } ];
    };
`;
  const host = `    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      specialArgs = { inherit self; };
      modules = [ microvm.nixosModules.host ./host.nix ];
    };
`;
  return `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm, ... }: {
${way === "config" ? "" : lone}${way === "lone" ? "" : host}  };
}
`;
}

function hostModule(setting: Setting, gifts: readonly Gift[]): string {
  const { guest, stateDir, way } = setting;
  const bindings = [`name = "${guest}";`, ...gifts.flatMap(({ bindings }) => bindings ?? [])];
  const lines = [
    `networking.hostName = "server";`,
    `microvm.stateDir = "${stateDir}";`,
    way === "config" ? `microvm.vms.${guest}.config = ./guest.nix;` : `microvm.vms.${guest}.flake = self;`,
    ...gifts.flatMap(({ hostLines }) => hostLines ?? []),
  ];
  return module("{ config, lib, pkgs, self, ... }", bindings, lines);
}

function guestModule(setting: Setting, gifts: readonly Gift[]): string {
  const { hypervisor, overlay, storeShared, volumes } = setting;
  const lines = [
    ...(hypervisor === "qemu" ? [] : [`microvm.hypervisor = "${hypervisor}";`]),
    ...(overlay === null ? [] : [`microvm.writableStoreOverlay = "${overlay}";`]),
    ...(storeShared
      ? [
          `microvm.shares = [ { tag = "ro-store"; source = "/nix/store"; mountPoint = "/nix/.ro-store"; proto = "virtiofs"; } ];`,
        ]
      : []),
    `microvm.volumes = [\n${volumes.map((volume) => `      ${element(volume, overlay)}`).join("\n")}\n    ];`,
    ...gifts.flatMap(({ guestLines }) => guestLines ?? []),
  ];
  return module("{ config, lib, pkgs, ... }", [], lines);
}

function module(head: string, bindings: readonly string[], lines: readonly string[]): string {
  // A list that two of its definitions give is merged by the module system; two bindings of one set are an error of Nix.
  const modules = lines.map((line) => `    { ${line} }`);
  const around = bindings.length === 0 ? "" : ` let ${bindings.join(" ")} in`;
  return `${head}:${around} {\n  imports = [\n${modules.join("\n")}\n  ];\n}\n`;
}

function element(volume: VolumeSpec, overlay: string | null): string {
  const { image, fsType, sizeMiB, label, mountPoint, autoCreate, readOnly, mkfsExtraArgs } = volume;
  const values = [
    `image = ${string(image)};`,
    `mountPoint = ${mountPoint === null ? "null" : mountPoint === overlay ? "config.microvm.writableStoreOverlay" : string(mountPoint)};`,
    `size = ${sizeMiB};`,
    ...(fsType === "ext4" ? [] : [`fsType = "${fsType}";`]),
    ...(label === null ? [] : [`label = ${string(label)};`]),
    ...(autoCreate ? [] : ["autoCreate = false;"]),
    ...(readOnly ? ["readOnly = true;"] : []),
    ...(mkfsExtraArgs.length === 0 ? [] : [`mkfsExtraArgs = [ ${mkfsExtraArgs.map(string).join(" ")} ];`]),
  ];
  return `{ ${values.join(" ")} }`;
}

function string(text: string): string {
  return JSON.stringify(text).replaceAll("${", "\\${");
}
