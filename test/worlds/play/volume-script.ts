import { q } from "../nix-text.ts";
import type { VolumeSpec } from "../world.ts";

/**
 * What lib/volumes.nix of microvm.nix makes of the volumes, in our words; null where evaluating it fails. The names of
 * images and labels stand between single quotes there, unescaped.
 */
export function volumeScript(volumes: readonly VolumeSpec[]): string | null {
  if (!volumes.some(({ autoCreate }) => autoCreate)) return "";
  const packages = volumes.map(({ fsType }) => packageOf[fsType]);
  if (packages.includes(undefined)) return null;
  const path = ["coreutils", ...packages].map((name) => `@PKGS@/${name}/bin`).join(":");
  return [`PATH=$PATH:${path}`, ...volumes.filter(({ autoCreate }) => autoCreate).map(creation)].join("\n");
}

function creation({ image, label, sizeMiB, fsType, mkfsExtraArgs }: VolumeSpec): string {
  const option = label === null ? "" : `${fsType === "vfat" ? "-n" : "-L"} '${label}'`;
  return `if [ ! -e '${image}' ]; then
  touch '${image}'
  chattr +C '${image}' || true
  truncate -s ${sizeMiB}M '${image}'
  mkfs.${fsType} ${option} ${mkfsExtraArgs.map(q).join(" ")} '${image}'
fi`;
}

const packageOf: Readonly<Record<string, string | undefined>> = {
  ext2: "e2fsprogs",
  ext3: "e2fsprogs",
  ext4: "e2fsprogs",
  xfs: "xfsprogs",
  btrfs: "btrfs-progs",
  vfat: "dosfstools",
};
