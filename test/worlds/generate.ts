import { Chance } from "./chance.ts";
import { cacheDirectory, folderOf, guestDirectory } from "./dimensions/directories.ts";
import { diskOf } from "./dimensions/disks.ts";
import { activationOf, folderMaker, tmpfilesOf } from "./dimensions/host-files.ts";
import { mountOverride } from "./dimensions/mounts.ts";
import { preStartOf } from "./dimensions/pre-start.ts";
import { conditionOf, hostUnit, ownUnit } from "./dimensions/units.ts";
import { overlayOf, volumesOf } from "./dimensions/volumes.ts";
import type { Feature, Way, World } from "./world.ts";

/** The world of this number: the same one for the same seed. Most have one or two things out of the ordinary. */
export function worldOf(seed: number, number: number): World {
  const of = (dimension: string) => new Chance(seed, number, dimension);
  const base = of("base");
  const overlay = overlayOf(base);
  const volumes = volumesOf(of("volumes"), overlay);
  const way = base.weighted<Way>([
    [70, "config"],
    [10, "flake"],
    [20, "lone"],
  ]);
  const features: Feature[] = [];
  const add = (feature: Feature | null) => {
    if (feature !== null) features.push(feature);
  };
  for (const [index, volume] of volumes.entries()) {
    const folder = folderOf(of(`folder ${index}`), index, volume);
    add(folder);
    add(diskOf(of(`disk ${index}`), index, volume));
    const own = folder !== null || volume.image.startsWith("@CACHE@");
    if (own && way !== "lone" && base.percent(35)) add(folderMaker(of(`maker ${index}`), index));
  }
  add(cacheDirectory(of("cache"), volumes, way));
  add(guestDirectory(of("directory")));
  const count = volumes.length;
  if (base.percent(32)) add(preStartOf(of("preStart"), count));
  if (way !== "lone") {
    if (base.percent(22)) add(hostUnit(of("unit"), count));
    if (base.percent(16)) add(ownUnit(of("own"), count));
    if (base.percent(9)) add(tmpfilesOf(of("tmpfiles"), count));
    if (base.percent(5)) add(activationOf(of("activation"), count));
    if (base.percent(4)) add(conditionOf(of("condition")));
  }
  if (base.percent(28)) add(mountOverride(of("mounts"), count));
  const hypervisor = base.weighted([
    [80, "qemu"],
    [12, "cloud-hypervisor"],
    [3, "crosvm"],
    [3, "firecracker"],
    [2, "stratovirt"],
  ]);
  return {
    seed,
    number,
    guest: `w${number}`,
    way,
    hypervisor,
    overlay,
    // Firecracker has no shares.
    storeShared: hypervisor !== "firecracker" && base.percent(35),
    volumes: volumes.map((volume, index) =>
      // Only of QEMU it is known what it does with one image twice.
      hypervisor !== "qemu" && index > 0 && volume.image === "./data.img" ? { ...volume, image: "other.img" } : volume,
    ),
    features,
  };
}
