import type { Chance } from "../chance.ts";
import type { FsType, VolumeSpec } from "../world.ts";

/** Sizes in MiB: first those that mkfs takes, then some that it does not. */
const sizes: Readonly<Record<FsType, { readonly good: readonly number[]; readonly bad: readonly number[] }>> = {
  ext2: { good: [4, 8, 16, 32], bad: [0] },
  ext3: { good: [4, 8, 16, 32], bad: [0] },
  ext4: { good: [4, 8, 16, 32, 64], bad: [0] },
  xfs: { good: [300, 320], bad: [16, 299] },
  btrfs: { good: [109, 128, 160], bad: [16, 108] },
  vfat: { good: [4, 8, 16], bad: [0] },
  f2fs: { good: [64], bad: [64] },
};

const plainLabels = ["data", "a", "A.B", "store-rw", "eleven-byte"];
const oddLabels = [
  "twelve-bytes",
  "thirteen-byte",
  "sixteen-bytes-ok",
  "seventeen-bytes-x",
  "two words",
  "数据",
  "a/b",
  "x=y",
  "a,b",
];

/** The volumes of a guest. Mount points differ; images may not. */
export function volumesOf(chance: Chance, overlay: string | null): VolumeSpec[] {
  const count = chance.weighted([
    [70, 1],
    [24, 2],
    [6, 3],
  ]);
  const mountPoints = mountPointsOf(chance, overlay);
  return Array.from({ length: count }, (_, index) => volume(chance, index, mountPoints[index] ?? null));
}

function volume(chance: Chance, index: number, mountPoint: string | null): VolumeSpec {
  const fsType = chance.weighted<FsType>([
    [60, "ext4"],
    [5, "ext3"],
    [5, "ext2"],
    [11, "xfs"],
    [11, "btrfs"],
    [5, "vfat"],
    [1, "f2fs"],
  ]);
  const { good, bad } = sizes[fsType];
  const mixed = fsType === "btrfs" && chance.percent(15);
  return {
    image: imageName(chance, index),
    fsType,
    sizeMiB: chance.percent(8) ? chance.one(...bad) : chance.one(...good),
    label: chance.percent(52) ? null : labelOf(chance, index),
    mountPoint,
    autoCreate: !chance.percent(9),
    readOnly: chance.percent(7),
    mkfsExtraArgs: mixed ? ["--mixed"] : fsType === "ext4" && chance.percent(4) ? ["-m", "0"] : [],
  };
}

function labelOf(chance: Chance, index: number): string {
  if (chance.percent(25)) return chance.one(...oddLabels);
  return `${chance.one(...plainLabels)}${index === 0 ? "" : index}`;
}

function imageName(chance: Chance, index: number): string {
  const name = ["data", "other", "third"][index] ?? `more${index}`;
  return chance.weighted([
    [62, `${name}.img`],
    [6, `sub/${name}.img`],
    [4, `./${name}.img`],
    [4, `my ${name}.img`],
    [3, `x/../${name}.img`],
    [1, `${name}.img/`],
    [8, `@HOST@/images/${name}.img`],
    [4, `${name}.raw`],
    [3, `@HOST@/state/../images/${name}.img`],
    [5, `@HOST@/dev/${name}`],
    [5, `@CACHE@/${name}.img`],
    [index === 0 ? 0 : 8, "./data.img"],
  ]);
}

function mountPointsOf(chance: Chance, overlay: string | null): (string | null)[] {
  const others = [
    chance.one("/data", "/var", "/persist", "/srv/data", "/home"),
    chance.one("/var/lib", "/data/sub", "/persist/deep", "/nix/var", null),
    "/third",
  ];
  const distinct = (places: readonly (string | null)[]) =>
    places.filter((place, index) => place === null || places.indexOf(place) === index);
  if (overlay === null) return chance.percent(8) ? [null, "/data", "/third"] : distinct(others);
  const above = overlay.split("/").slice(0, -1).join("/") || "/data";
  const first = chance.weighted([
    [80, overlay],
    [12, above],
    [8, "/data"],
  ]);
  return distinct([first, ...others]);
}

/** The overlay's place, or null. */
export function overlayOf(chance: Chance): string | null {
  return chance.percent(40) ? chance.one("/nix/.rw-store", "/nix/.rw-store", "/persist/rw", "/rw") : null;
}
