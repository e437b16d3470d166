import type { Chance } from "../chance.ts";
import type { Feature, MountPatch, Setting } from "../world.ts";

/** What the guest's modules say about an entry of `fileSystems` (idioms 7 and 11). */
export function mountOverride(chance: Chance, volumes: number): Feature {
  const index = chance.below(volumes);
  const choice = chance.weighted(choices);
  const form = chance.one("path", "path", "set", "mkMerge", "mkIf");
  return {
    name: `fileSystems ${index}: ${choice.name} (${form})`,
    give(setting) {
      const mountPoint = setting.volumes[Math.min(index, setting.volumes.length - 1)]?.mountPoint;
      if (mountPoint === null || mountPoint === undefined) return {};
      return {
        mounts: [{ mountPoint, ...choice.patch(setting) }],
        guestLines: [spelled(form, mountPoint, choice.nix(setting))],
      };
    },
  };
}

interface Choice {
  readonly name: string;
  patch(setting: Setting): Omit<MountPatch, "mountPoint">;
  nix(setting: Setting): readonly (readonly [string, string])[];
}

function simple(
  name: string,
  patch: Omit<MountPatch, "mountPoint">,
  ...nix: readonly (readonly [string, string])[]
): Choice {
  return { name, patch: () => patch, nix: () => nix };
}

const options = (...names: readonly string[]): Choice =>
  simple(`options ${names.join(",")}`, { options: names }, [
    "options",
    `[ ${names.map((name) => `"${name}"`).join(" ")} ]`,
  ]);

const choices: readonly (readonly [number, Choice])[] = [
  [14, simple("autoResize", { autoResize: true }, ["autoResize", "true"])],
  [8, simple("autoFormat", { autoFormat: true }, ["autoFormat", "true"])],
  [
    3,
    simple(
      "autoFormat and autoResize",
      { autoFormat: true, autoResize: true },
      ["autoFormat", "true"],
      ["autoResize", "true"],
    ),
  ],
  [4, options("x-systemd.growfs")],
  [3, options("x-systemd.makefs")],
  [3, options("x-systemd.makefs", "x-systemd.growfs")],
  [4, options("ro")],
  [3, options("nofail")],
  [2, options("noauto")],
  [2, options("noatime")],
  [1, options("subvol=none")],
  [1, options("no-such-option")],
  [6, simple("neededForBoot", { neededForBoot: true }, ["neededForBoot", "true"])],
  [6, simple("neededForBoot mkForce false", { neededForBoot: false }, ["neededForBoot", "lib.mkForce false"])],
  [4, simple("fsType auto", { fsType: "auto" }, ["fsType", `lib.mkForce "auto"`])],
  [4, simple("fsType xfs", { fsType: "xfs" }, ["fsType", `lib.mkForce "xfs"`])],
  [3, simple("fsType ext4", { fsType: "ext4" }, ["fsType", `lib.mkForce "ext4"`])],
  [4, simple("device /dev/vda", { device: "/dev/vda" }, ["device", `lib.mkForce "/dev/vda"`])],
  [3, simple("device /dev/vdb", { device: "/dev/vdb" }, ["device", `lib.mkForce "/dev/vdb"`])],
  [
    5,
    simple("device by-label other", { device: "/dev/disk/by-label/other" }, [
      "device",
      `lib.mkForce "/dev/disk/by-label/other"`,
    ]),
  ],
  [
    3,
    simple("device by-label data", { device: "/dev/disk/by-label/data" }, [
      "device",
      `lib.mkForce "/dev/disk/by-label/data"`,
    ]),
  ],
  [3, simple("device by mapper", { device: "/dev/mapper/x" }, ["device", `lib.mkForce "/dev/mapper/x"`])],
];

function spelled(form: string, mountPoint: string, values: readonly (readonly [string, string])[]): string {
  const inside = values.map(([key, value]) => `${key} = ${value};`).join(" ");
  switch (form) {
    case "path":
      return values.map(([key, value]) => `fileSystems."${mountPoint}".${key} = ${value};`).join("\n    ");
    case "set":
      return `fileSystems = { "${mountPoint}" = { ${inside} }; };`;
    case "mkIf":
      return `fileSystems."${mountPoint}" = lib.mkIf true { ${inside} };`;
    default:
      return `fileSystems = lib.mkMerge [ { "${mountPoint}" = { ${inside} }; } ];`;
  }
}
