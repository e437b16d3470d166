import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { directoriesOf } from "../directories.ts";
import { directoryOf } from "../image/observed.ts";
import type { Subject, VolumeOnDisk } from "../world.ts";

/** What is known of the device name of one volume. */
export interface Letters {
  readonly dropped: boolean;
  /** The letter of the disk that it becomes by microvm.nix's count; null when not known. */
  readonly letter: string | null;
  /** The letter that it has in truth, where the hypervisor puts the store disk in front whatever was counted. */
  readonly actual: string | null;
}

/** lib/default.nix, withDriveLetters: position in the list, after `a` for the store disk. lib/runners/firecracker.nix attaches that disk in any case. */
export function driveLetters(guest: Guest, volume: Volume): Letters {
  const storeOnDisk = known(guest.storeOnDisk);
  const none: Letters = { dropped: false, letter: null, actual: null };
  if (storeOnDisk === undefined || volume.position === null) return none;
  const index = volume.position + (storeOnDisk ? 1 : 0);
  if (index >= 26) return { ...none, dropped: true };
  const shifted = known(guest.hypervisor) === "firecracker" && !storeOnDisk;
  return { dropped: false, letter: letterAt(index), actual: letterAt(shifted ? index + 1 : index) };
}

/** The kernel goes on with two letters (drivers/scsi/sd.c and virtio_blk.c count alike): vdz, vdaa. */
function letterAt(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `a${letterAt(index - 26)}`;
}

/** The letters before and after, where the deployed runner lists the same image at another place. */
export function deployedLetter(
  { volume }: Subject,
  place: VolumeOnDisk,
  { letter }: Letters,
): { before: string; after: string } | null {
  if (letter === null || volume.position === null) return null;
  const guest = directoriesOf(place.facts).byPath.get(directoryOf(place.path));
  if (guest?.deployed.state !== "seen") return null;
  const name = known(volume.image);
  const index = guest.deployed.value.findIndex((each) => each.image === name);
  if (index < 0 || index === volume.position) return null;
  return { before: String.fromCharCode(letter.charCodeAt(0) + index - volume.position), after: letter };
}
