import type { MountPatch, Setting } from "../world.ts";

/** One entry of the guest's fileSystems, as NixOS and microvm.nix make it. */
export interface Entry {
  /** Of the volume that declares the mount point. */
  readonly volume: number;
  readonly mountPoint: string;
  readonly device: string;
  readonly fsType: string;
  readonly options: readonly string[];
  readonly inInitrd: boolean;
  /** By `autoResize`, which not every type may have. */
  readonly resized: boolean;
}

/** Needed for boot whatever is said (nixos/lib/utils.nix of nixpkgs, pathsNeededForBoot). */
const always = ["/", "/nix", "/nix/store", "/var", "/var/log", "/var/lib", "/var/lib/nixos", "/etc", "/usr"];

/** The guest's mounts of volumes in the order in which they happen (nixos-modules/microvm/mounts.nix). */
export function fstabOf(setting: Setting, patches: readonly MountPatch[]): Entry[] {
  const offset = storeOnDisk(setting) ? 1 : 0;
  const entries = setting.volumes.flatMap((volume, index): Entry[] => {
    const { mountPoint, label, fsType } = volume;
    if (mountPoint === null) return [];
    const mine = patches.filter((patch) => patch.mountPoint === mountPoint);
    const last = <K extends keyof MountPatch>(key: K) => mine.findLast((patch) => patch[key] !== undefined)?.[key];
    const options = mine.flatMap((patch) => [
      ...(patch.options ?? []),
      ...(patch.autoFormat ? ["x-systemd.makefs"] : []),
      ...(patch.autoResize ? ["x-systemd.growfs"] : []),
    ]);
    const device = label === null ? `/dev/vd${letter(index + offset)}` : `/dev/disk/by-label/${label}`;
    const needed = last("neededForBoot") ?? mountPoint === setting.overlay;
    return [
      {
        volume: index,
        mountPoint,
        device: last("device") ?? device,
        fsType: last("fsType") ?? fsType,
        options,
        resized: last("autoResize") ?? false,
        inInitrd: needed || always.includes(mountPoint),
      },
    ];
  });
  const byPath = (first: Entry, second: Entry) => (first.mountPoint < second.mountPoint ? -1 : 1);
  return [...entries].sort(byPath);
}

/** Where the store is a disk of its own, volumes begin with the second letter. */
export function storeOnDisk({ storeShared }: Setting): boolean {
  return !storeShared;
}

/** The letter that a volume really becomes: firecracker always has the store disk in front. */
export function letterOf(setting: Setting, index: number): string {
  return letter(index + (storeOnDisk(setting) || setting.hypervisor === "firecracker" ? 1 : 0));
}

function letter(index: number): string {
  return "abcdefghijklmnopqrstuvwxyz"[index] ?? "?";
}
