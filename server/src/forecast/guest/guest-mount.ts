import { verbatim } from "../../base/text.ts";
import { bytesPerMiB } from "../../base/words.ts";
import type { ContentType, FilesystemFacts } from "../../disk/facts.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import type { Unknown } from "../../nix/eval/value.ts";
import { cutsLabel, isSupported, labelBytes, labelLimit, minimumMiB, mounts, udevKeeps } from "../image/filesystems.ts";
import { containerFormat, virtualBytes } from "../image/observed.ts";
import type { ImageState } from "../image/state.ts";
import { type Reason, reason } from "../reasons.ts";
import { driveLetters, type Letters } from "./letters.ts";
import { type Device, isLeftOut, type Mount, type Setting, settled } from "./mount.ts";
import { contains } from "./overlay.ts";

const step = "guest";

/** Why a setting of a mount decides, and is not known. */
function unsettled({ field, why }: Extract<Setting<unknown>, { readonly is: "unknown" }>): Reason {
  if (!field.startsWith("fileSystems")) return reason("field-unknown", step, "unknown", { field });
  return reason("overridden", step, "unknown", { option: field, why: chain(why) });
}

function chain(why: Unknown | null) {
  return (why === null ? undefined : reasonChain(why)[0]?.text) ?? verbatim("?");
}

/** What is wrong with the way in which the guest looks for the device, whatever is on disk. */
export function lookupFaults(guest: Guest, volume: Volume, mount: Mount): readonly Reason[] {
  if (isLeftOut(mount) || mount.device.is === "unknown" || mount.device.value.by !== "label") return [];
  const { label, overridden } = mount.device.value;
  if (overridden) return [];
  if (label === "") return [reason("label-empty", step, "not-mount", {})];
  const found: Reason[] = [];
  const fsType = known(volume.fsType);
  if (isSupported(fsType) && labelBytes(label) > labelLimit[fsType]) {
    found.push(reason(cutsLabel(fsType) ? "label-cut" : "label-beyond", step, "not-mount", { label, fsType }));
  } else if (!udevKeeps(label)) {
    found.push(reason("label-escaped", step, "not-mount", { label }));
  }
  if (found.length > 0 || volume.conditional) return found;
  if (label === "nix-store" && known(guest.storeOnDisk) === true && isErofs(guest)) {
    return [reason("label-of-store", step, "shift", {})];
  }
  // Which of them udev gives the link to is not settled.
  const other = guest.volumes.find(
    (each) => each !== volume && known(each.label) === label && known(each.mountPoint) != null && !each.conditional,
  );
  return other ? [reason("label-twice", step, "unknown", { label, other })] : [];
}

/** Only erofs carries the label; microvm.nix takes it unless told otherwise (nixos-modules/microvm/store-disk.nix). */
function isErofs({ storeDiskType }: Guest): boolean {
  return storeDiskType === undefined || storeDiskType.state === "missing" || known(storeDiskType) === "erofs";
}

/** A later volume at the same mount point takes it: nixos-modules/microvm/mounts.nix puts volumes together by mount point. */
export function takenMountPoint(guest: Guest, volume: Volume, mountPoint: string): Reason | null {
  if (volume.conditional) return null;
  const other = guest.volumes
    .slice(guest.volumes.indexOf(volume) + 1)
    .find((each) => !each.conditional && known(each.mountPoint) === mountPoint);
  return other ? reason("mount-point-taken", step, "not-mount", { mountPoint, other }) : null;
}

/** Directories of mount points are made by who mounts, and not on what is read-only; whether one is there is not known. */
export function belowReadOnly(guest: Guest, volume: Volume, mountPoint: string): Reason | null {
  const above = guest.volumes
    .filter((each) => each !== volume && !each.conditional)
    .flatMap((each) => {
      const at = known(each.mountPoint);
      return at != null && at !== mountPoint && contains(at, mountPoint)
        ? [{ at, readOnly: known(each.readOnly) }]
        : [];
    })
    .sort((a, b) => b.at.length - a.at.length)[0];
  if (above?.readOnly !== true) return null;
  return reason("below-read-only", step, "unknown", { mountPoint, above: above.at });
}

/** What the guest makes of the disk that it gets: whether it finds the device and can mount what is on it. */
export function mountDisk(
  guest: Guest,
  volume: Volume,
  mount: Mount,
  letters: Letters,
  path: string,
  state: ImageState,
): readonly Reason[] {
  const { mountPoint } = mount;
  if (isLeftOut(mount)) return [reason("not-mounted", step, null, {})];
  if (mount.options.is === "unknown") return [unsettled(mount.options)];
  const odd = mount.options.value.find((each) => !everyTypeTakes.test(each));
  if (odd !== undefined) {
    const option = `fileSystems."${mountPoint}".options`;
    return [reason("overridden", step, "unknown", { option, why: verbatim(odd) })];
  }
  if (mount.device.is === "unknown") return [unsettled(mount.device)];
  const device = mount.device.value;
  const other = otherDevice(guest, mount, device, letters);
  if (other) return [other];
  if (state.is === "made") return madeDisk(volume, mount, device, path, state);
  if (state.is === "blank") return blank(mount, device, path, state.bytes, false);
  if (state.is !== "seen") return [];
  const { image } = state;
  const bytes = state.bytes ?? virtualBytes(image);
  if (bytes === null) return [];
  if (image.blank === true) return blank(mount, device, path, bytes, image.kind === "block-device");
  const { filesystem } = image;
  if (filesystem.state === "unreadable") {
    return [reason("unreadable", step, "unknown", { path, detail: filesystem.detail })];
  }
  if (filesystem.state === "absent") return unknownContent(mount, device, path, bytes);
  const found = filesystem.value;
  const format = containerFormat(image) ?? "raw";
  const unmountable = content(mount, path, found);
  if (unmountable.some(({ kind }) => kind === "content")) return unmountable;
  const { space } = found;
  // Cut off and lengthened again, for instance: what the filesystem keeps behind its superblock is not there.
  const isRunning = image.inUse?.state === "seen";
  const isDamaged = !isRunning && space.state === "unreadable" && space.reason === "malformed";
  return [
    ...unmountable,
    ...label(device, path, found),
    ...whole(path, found, bytes, format),
    ...recovery(guest, volume, path, found, isRunning),
    ...(isDamaged ? [reason("unreadable", step, "unknown", { path, detail: space.detail })] : []),
  ];
}

/** Options that every filesystem takes: mount(8), and what systemd keeps for itself. */
const everyTypeTakes =
  /^(defaults|r[ow]|(no)?(atime|diratime|relatime|strictatime|lazytime|dev|suid|exec|auto|fail|discard)|a?sync|dirsync|silent|_netdev|x-.*|)$/;

function otherDevice(guest: Guest, mount: Mount, device: Device, { letter, actual }: Letters): Reason | null {
  const option = `fileSystems."${mount.mountPoint}".device`;
  if (device.by === "other") return reason("overridden", step, "unknown", { option, why: verbatim(device.device) });
  if (device.by !== "letter" || device.letter === null || letter === null) return null;
  if (device.letter !== letter && device.letter !== actual) {
    // Another disk of the guest is mounted in place of this one.
    if (hasDisk(guest, device.letter)) {
      const isStore = known(guest.storeOnDisk) === true && device.letter === "a";
      const outcome = isStore && !takesStoreDisk(mount) ? "not-mount" : "shift";
      return reason("other-disk", step, outcome, { option, device: `/dev/vd${device.letter}` });
    }
    return reason("overridden", step, "unknown", { option, why: verbatim(`/dev/vd${device.letter}`) });
  }
  return null;
}

/** Whether the mount may take the disk of the store, which is erofs or squashfs; yes where its type is not known. */
function takesStoreDisk({ fsType }: Mount): boolean {
  const type = settled(fsType);
  return type === undefined || ["auto", "erofs", "squashfs"].includes(type);
}

/** The guest surely has a disk of that letter. */
function hasDisk(guest: Guest, letter: string): boolean {
  if (known(guest.storeOnDisk) === true && letter === "a") return true;
  return guest.volumes.some((each) => each.conditional === null && driveLetters(guest, each).actual === letter);
}

type Made = Extract<ImageState, { readonly is: "made" }>;

/** A filesystem that this start makes has the declared label and type, unless the guest looks for something else. */
function madeDisk(volume: Volume, mount: Mount, device: Device, path: string, made: Made): Reason[] {
  const found: Reason[] = [];
  if (mount.fsType.is === "unknown") found.push(unsettled(mount.fsType));
  else if (mount.fsType.value !== "auto" && !mounts(mount.fsType.value, made.type as ContentType)) {
    const declared = mount.fsType.value;
    found.push(
      reason("other-type", step, "not-mount", {
        path,
        found: made.type as ContentType,
        declared,
        mountPoint: mount.mountPoint,
      }),
    );
  }
  if (device.by === "uuid") {
    const option = `fileSystems."${mount.mountPoint}".device`;
    found.push(reason("overridden", step, "unknown", { option, why: verbatim(device.uuid) }));
  }
  if (device.by !== "label") return found;
  if (changesLabel(known(volume.mkfsExtraArgs) ?? [])) {
    found.push(reason("field-unknown", step, "unknown", { field: "mkfsExtraArgs" }));
  } else if (made.label !== null && made.label !== device.label) {
    found.push(
      reason("other-label", step, "not-mount", {
        path,
        found: made.label === "" ? null : made.label,
        declared: device.label,
      }),
    );
  }
  return found;
}

/** `-L x` and `-n x` among mkfsExtraArgs give another label (lib/volumes.nix puts them behind its own). */
function changesLabel(args: readonly string[]): boolean {
  return args.some((each) => /^(-L|-n|--label)/.test(each));
}

function blank(mount: Mount, device: Device, path: string, bytes: number | null, isDevice: boolean): Reason[] {
  const { autoFormat, mountPoint } = mount;
  const size = bytes ?? 0;
  // A disk without a label or number is found by its letter only.
  if (device.by === "letter") {
    if (autoFormat.is === "unknown") return [unsettled(autoFormat)];
    if (autoFormat.value && !isTooSmall(mount, bytes))
      return [reason("formats-itself", step, "create", { bytes: size })];
  }
  return [reason("blank", step, "blank", { path, bytes: size, mountPoint, device: isDevice })];
}

/** mkfs makes nothing of it, whatever its arguments. */
function isTooSmall({ fsType }: Mount, bytes: number | null): boolean {
  const type = settled(fsType);
  const minimum = isSupported(type) ? (minimumMiB(type, []) ?? 1) : 1;
  return bytes !== null && bytes < minimum * bytesPerMiB;
}

function unknownContent(mount: Mount, device: Device, path: string, bytes: number): Reason[] {
  const { fsType, mountPoint, autoFormat } = mount;
  // systemd-makefs looks for marks of filesystems, not for zeros.
  if (device.by === "letter" && settled(autoFormat) === true && !isTooSmall(mount, bytes)) {
    return [reason("formats-itself", step, "recreate", { bytes })];
  }
  if (fsType.is === "unknown") return [unsettled(fsType)];
  const declared = fsType.value;
  // The mark of each filesystem that we make is one that we would have seen.
  if (!isSupported(declared) && declared !== "auto") {
    return [reason("unreadable", step, "unknown", { path, detail: declared })];
  }
  return [reason("no-filesystem", step, "not-mount", { path, declared, mountPoint })];
}

/** Content that no mount takes, whatever type it is told. */
const notMountable: ReadonlySet<ContentType> = new Set([
  "gpt",
  "mbr",
  "luks",
  "swap",
  "lvm",
  "zfs",
  "bcache",
  "linux_raid_member",
  "ddf_raid_member",
  "isw_raid_member",
  "lsi_mega_raid_member",
  "nvidia_raid_member",
]);

function content({ fsType, mountPoint }: Mount, path: string, { type }: FilesystemFacts): Reason[] {
  if (notMountable.has(type)) return [reason("content", step, "not-mount", { path, found: type, mountPoint })];
  if (fsType.is === "unknown") return [unsettled(fsType)];
  const declared = fsType.value;
  if (declared === "auto" || mounts(declared, type)) return [];
  return [reason("other-type", step, "not-mount", { path, found: type, declared, mountPoint })];
}

function label(device: Device, path: string, { label: found, uuid }: FilesystemFacts): Reason[] {
  if (device.by === "label" && device.label !== found) {
    return [reason("other-label", step, "not-mount", { path, found, declared: device.label })];
  }
  if (device.by === "label" && device.overridden && !udevKeeps(device.label)) {
    return [reason("label-escaped", step, "not-mount", { label: device.label })];
  }
  if (device.by !== "uuid" || uuid?.toLowerCase() === device.uuid.toLowerCase()) return [];
  const why = verbatim(`${device.uuid} ≠ ${uuid ?? "?"}`);
  return [reason("overridden", step, "unknown", { option: "fileSystems", why })];
}

/** Filesystems of which the kernel compares the size with the device's at mount; vfat is mounted all the same. */
const refusesShortDevice: ReadonlySet<string> = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs"]);

function whole(
  path: string,
  { type, sizeBytes, multipleDevices }: FilesystemFacts,
  bytes: number,
  format: string,
): Reason[] {
  if (sizeBytes === null || multipleDevices || sizeBytes <= bytes || !refusesShortDevice.has(type)) return [];
  return [reason("cut-off", step, "not-mount", { path, filesystemBytes: sizeBytes, imageBytes: bytes, type, format })];
}

/** The kernel writes when it replays a journal, and refuses to mount where it may not (ext4, xfs, btrfs; domain.md §4.2). */
const journalled: ReadonlySet<string> = new Set(["ext3", "ext4", "xfs", "btrfs"]);

function recovery(
  guest: Guest,
  volume: Volume,
  path: string,
  { type, state }: FilesystemFacts,
  inUse: boolean,
): Reason[] {
  // vfkit takes no notice of readOnly (lib/runners/vfkit.nix).
  if (known(volume.readOnly) !== true || known(guest.hypervisor) === "vfkit") return [];
  if (state !== "needs-recovery" || inUse || !journalled.has(type)) return [];
  return [reason("needs-recovery", step, "not-mount", { path, type })];
}

/** Whether the guest goes on without the mount: `nofail`, or not mounted at start. */
export function isOptional({ options }: Mount): boolean {
  const all = settled(options) ?? [];
  return all.includes("nofail") || all.includes("noauto");
}
