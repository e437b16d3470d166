import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { virtualBytes } from "../image/observed.ts";
import { roomOf } from "../image/space.ts";
import type { ImageState } from "../image/state.ts";
import { type Reason, reason } from "../reasons.ts";
import { isLeftOut, type Mount, plain, settled } from "./mount.ts";

const step = "guest";

/** Mount points that NixOS mounts in the initrd in any case (nixpkgs nixos/lib/utils.nix, pathsNeededForBoot). */
const neededInAnyCase: ReadonlySet<string> = new Set([
  "/",
  "/nix",
  "/nix/store",
  "/var",
  "/var/log",
  "/var/lib",
  "/var/lib/nixos",
  "/etc",
  "/usr",
]);

/** The overlay's path lies on what is mounted here: on it, or anywhere below, and nothing nearer is mounted there. */
export function holdsOverlay(guest: Guest, mountPoint: string, overlay: string): boolean {
  if (!contains(mountPoint, overlay)) return false;
  const others = [
    ...guest.fileSystems.keys(),
    ...guest.volumes.flatMap((volume) => known(volume.mountPoint) ?? []),
    ...guest.shares.flatMap((share) => known(share.mountPoint) ?? []),
  ];
  const depth = plain(mountPoint).length;
  return !others.some((other) => contains(other, overlay) && plain(other).length > depth);
}

/** Whether a path lies on what is mounted there: on it, or anywhere below. */
export function contains(mount: string, path: string): boolean {
  return plain(mount) === "/" || plain(path) === plain(mount) || path.startsWith(`${plain(mount)}/`);
}

/**
 * What the writable store makes of the volume that holds it (nixos-modules/microvm/mounts.nix): the overlay is mounted in
 * the initrd, with upper and work directory on what is mounted there by then.
 */
export function overlayFaults(guest: Guest, volume: Volume, mount: Mount): readonly Reason[] {
  const overlay = known(guest.writableStoreOverlay);
  if (overlay == null || volume.conditional || !holdsOverlay(guest, mount.mountPoint, overlay)) return [];
  const { mountPoint } = mount;
  if (isLeftOut(mount)) return [reason("overlay-in-ram", step, "in-ram", { overlay, mountPoint, forced: false })];
  if (!neededInAnyCase.has(plain(mountPoint))) {
    const needed = settled(mount.neededForBoot);
    if (needed === undefined) return [];
    if (!needed) {
      const forced = plain(mountPoint) === plain(overlay);
      return [reason("overlay-in-ram", step, "in-ram", { overlay, mountPoint, forced })];
    }
  }
  if (settled(mount.fsType) === "vfat") return [reason("overlay-vfat", step, "no-start", { overlay })];
  // vfkit takes no notice of readOnly (lib/runners/vfkit.nix).
  const attachedReadOnly = known(volume.readOnly) === true && known(guest.hypervisor) !== "vfkit";
  const byOptions = settled(mount.options)?.includes("ro") === true;
  if (attachedReadOnly || byOptions) {
    return [reason("overlay-read-only", step, "no-start", { overlay, by: byOptions ? "options" : "volume" })];
  }
  return [];
}

/** overlayfs takes no 9p for its upper layer (issue #43 of microvm.nix): extended attributes are missing. */
export function overlayShare(guest: Guest): Reason<"overlay-share"> | null {
  const overlay = known(guest.writableStoreOverlay);
  if (overlay == null) return null;
  const share = guest.shares.find(
    (each) => !each.conditional && known(each.mountPoint) === overlay && known(each.proto) === "9p",
  );
  return share ? { kind: "overlay-share", step, outcome: "no-start", facts: { overlay, share } } : null;
}

/**
 * Making a directory may need that much room, which is what xfs reserves for it beforehand, rounded up; ext4 keeps up to two
 * per cent to itself even from root (fs/ext4/balloc.c), which are not available in df's count.
 */
const leastRoom = 256 * 1024;

/** What a filesystem without room means for the overlay that lies on it (domain.md §4.3). */
export function overlaySpace(guest: Guest, mount: Mount, path: string, state: ImageState): readonly Reason[] {
  const overlay = known(guest.writableStoreOverlay);
  if (overlay == null || !holdsOverlay(guest, mount.mountPoint, overlay)) return [];
  if (state.is !== "seen" || state.image.filesystem.state !== "seen") return [];
  const filesystem = state.image.filesystem.value;
  const { inodes, availableBytes } = roomOf(filesystem);
  const { sizeBytes } = filesystem;
  const grows =
    settled(mount.autoResize) === true && sizeBytes !== null && (virtualBytes(state.image) ?? 0) > sizeBytes;
  if (grows) return [];
  if (inodes && inodes.free === 0 && inodes.total > 0) {
    return [reason("overlay-no-inodes", step, "no-start", { path, overlay })];
  }
  if (availableBytes === null || availableBytes >= leastRoom) return [];
  // Written to through an overlay, its directories are there (domain.md §4.1).
  const isMade = filesystem.lastMounted === "/";
  return [reason("overlay-full", step, isMade ? null : "unknown", { path, overlay })];
}
