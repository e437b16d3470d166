import { type Guest, known, type MicrovmInput, type Volume } from "../../microvm/model.ts";
import { imageTypeSince } from "./locked.ts";

/**
 * The container format that the hypervisor takes the image for; null when that is not known or it looks for itself. Only
 * cloud-hypervisor reads `imageType` (lib/runners/cloud-hypervisor.nix, `image_type=`); qemu is given `format=raw`
 * (lib/runners/qemu.nix); crosvm and kvmtool (disk/core.c, qcow_probe) look at the file; the others know raw images only.
 */
export function expectedFormat(guest: Guest, volume: Volume): string | null {
  const hypervisor = known(guest.hypervisor);
  if (hypervisor === undefined || hypervisor === "crosvm" || hypervisor === "kvmtool") return null;
  if (hypervisor === "cloud-hypervisor") return known(volume.imageType) ?? null;
  return "raw";
}

/** Whether the hypervisor can use an image of this format; null when that is not known. */
export function acceptsFormat(guest: Guest, volume: Volume, found: string): boolean | null {
  const expected = expectedFormat(guest, volume);
  if (expected !== null) return expected === found;
  // Every hypervisor takes a raw image unless it is told that it is something else.
  return found === "raw" && known(volume.imageType) === "raw" ? true : null;
}

/**
 * Whether the guest's microvm.nix is locked at a time before it passed `image_type=`, so that cloud-hypervisor looks at
 * the file itself: then nothing is said of formats.
 */
export function looksForItself(guest: Guest, input: MicrovmInput | null): boolean {
  if (known(guest.hypervisor) !== "cloud-hypervisor") return false;
  return input !== null && input.lastModified < imageTypeSince;
}
