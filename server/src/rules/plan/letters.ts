import { directoriesOf } from "../../forecast/directories.ts";
import { directoryOf } from "../../forecast/observed.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import type { VolumeOnDisk } from "../rule.ts";
import type { Subject } from "../support/finding.ts";

/** What is known of the device name of one volume. */
export interface Letters {
  readonly dropped: boolean;
  /** The letter by which the guest looks for the volume; null when not known or by label. */
  readonly letter: string | null;
  readonly storeDiskInFront: { readonly declared: string; readonly actual: string } | null;
}

/** lib/default.nix, withDriveLetters: position in the list, after `a` for the store disk. lib/runners/firecracker.nix attaches that disk in any case. */
export function driveLetters(guest: Guest, volume: Volume): Letters {
  const storeOnDisk = known(guest.storeOnDisk);
  const none: Letters = { dropped: false, letter: null, storeDiskInFront: null };
  if (storeOnDisk === undefined || volume.position === null) return none;
  const index = volume.position + (storeOnDisk ? 1 : 0);
  if (index >= 26) return { ...none, dropped: true };
  if (known(volume.label) !== null || known(volume.mountPoint) == null) return none;
  const letter = letterAt(index);
  const shifted = known(guest.hypervisor) === "firecracker" && !storeOnDisk;
  return {
    dropped: false,
    letter,
    storeDiskInFront: shifted ? { declared: letter, actual: letterAt(index + 1) } : null,
  };
}

function letterAt(index: number): string {
  return String.fromCharCode(97 + index);
}

/** The letters before and after, where the deployed runner lists the same image at another place. */
export function deployedLetter(
  subject: Subject,
  place: VolumeOnDisk,
  letters: Letters,
): { before: string; after: string } | null {
  const { volume } = subject;
  if (letters.letter === null || volume.position === null) return null;
  const guest = directoriesOf(place.facts).byPath.get(directoryOf(place.path));
  if (guest?.deployed.state !== "seen") return null;
  const name = known(volume.image);
  const index = guest.deployed.value.findIndex((each) => each.image === name);
  if (index < 0 || index === volume.position) return null;
  const shift = index - volume.position;
  const code = letters.letter.charCodeAt(0) + shift;
  return { before: String.fromCharCode(code), after: letters.letter };
}
