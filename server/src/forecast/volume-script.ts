import type { HostFacts } from "../disk/facts.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { isGuestDirectory } from "./directories.ts";
import type { Parent } from "./host/before.ts";
import { cutsLabel, isSupported, labelBytes, labelLimit, minimumMiB, vfatForbids } from "./image/filesystems.ts";
import { directoryOf, microvmMay } from "./image/observed.ts";
import type { ImageState } from "./image/state.ts";
import { type Owner, type Reason, reason } from "./reasons.ts";
import { mib } from "./words/reason-words.ts";

/** One volume, and where the volume script works on it. */
export interface ScriptPlace {
  readonly guest: Guest;
  readonly volume: Volume;
  readonly facts: HostFacts;
  /** Absolute path of the image. */
  readonly path: string;
  /** The guest has a directory on the host; before that, what deploys it may make others as well. */
  readonly installed: boolean;
  /** The directory in which it is or would be made, where something is known of it. */
  readonly parent: Parent | null;
}

/** What the script leaves, and why; a reason with an outcome of `no-start` ends it. */
export interface ScriptEnd {
  readonly state: ImageState;
  readonly reasons: readonly Reason[];
}

const step = "volume-script";

/** What is wrong with the words that the script is made of, whatever is on disk; only where it is to make the image. */
export function scriptFaults({ autoCreate, image: name, label: mark }: Volume): readonly Reason[] {
  const image = known(name);
  if (known(autoCreate) !== true) {
    // A file is none where a directory is asked for.
    return image?.endsWith("/") ? [reason("no-file-name", "hypervisor", "no-start", { image }, "nothing")] : [];
  }
  const found: Reason[] = [];
  if (known(mark)?.includes("'")) found.push(reason("quote", step, "no-start", { option: "label" }, "nothing"));
  if (image?.includes("'")) found.push(reason("quote", step, "no-start", { option: "image" }, "nothing"));
  if (image?.startsWith("-")) found.push(reason("dash", step, "no-start", {}, "nothing"));
  if (image !== undefined && (image === "" || image.endsWith("/"))) {
    found.push(reason("no-file-name", step, "no-start", { image }, "nothing"));
  }
  return found;
}

/**
 * Follows lib/volumes.nix of microvm.nix: `[ ! -e ]`, `touch`, `chattr`, `truncate -s <size>M`, `mkfs.<fsType> -L <label>`
 * under `set -eou pipefail`, in the order in which its steps can fail. An image that is there is left as it is.
 */
export function playVolumeScript(place: ScriptPlace, state: ImageState): ScriptEnd {
  const { volume, path, installed, parent } = place;
  const end = (...reasons: Reason[]): ScriptEnd => ({ state, reasons });
  const entered = enteredDirectories(place, state);
  if (entered) return end(entered);
  if (state.is !== "absent" && state.is !== "dangling") return end();
  const autoCreate = known(volume.autoCreate);
  if (autoCreate === undefined) return end(reason("field-unknown", step, "unknown", { field: "autoCreate" }));
  if (!autoCreate) {
    if (!installed) return end(reason("made-by-deployment", step, "unknown", {}));
    return end(reason("image-missing", "hypervisor", "no-start", { path }, "nothing"));
  }
  // It is made where the link leads to.
  if (state.is === "dangling" && parent?.owner.state !== "absent" && parent?.owner.state !== "seen") {
    return end(reason("link-target-unknown", step, "unknown", { path: state.image.path }));
  }
  return madeDirectory(place) ?? made(place);
}

/** Whether `touch` can make the file: the directory has to be there, and the user microvm has to write in it. */
function madeDirectory({ facts, path, installed, parent }: ScriptPlace): ScriptEnd | null {
  const { directory, owner } = parent ?? { directory: directoryOf(path), owner: null };
  const end = (why: Reason): ScriptEnd => ({ state: { is: "absent" }, reasons: [why] });
  if (owner?.state === "absent") {
    // Its own directory is made by install-microvm-<guest> (nixos-modules/host/default.nix).
    const isGuests = isGuestDirectory(directory, facts);
    if (installed && !isGuests) return end(reason("directory-missing", step, "no-start", { directory }, "nothing"));
    // Another guest's is made when that one is installed.
    if (installed || !isGuests) return end(reason("directory-unknown", step, "unknown", { directory }));
  }
  if (owner?.state === "unreadable") return end(reason("directory-unknown", step, "unknown", { directory }));
  if (owner?.state === "seen" && microvmMay(facts, owner.value, 3) === false) {
    return end(reason("create-denied", step, "no-start", { directory, owner: owner.value }, "nothing"));
  }
  return null;
}

/** `[ ! -e ]` is true of everything in a directory that the user may not enter, and touch then fails there. */
function enteredDirectories({ facts, volume, parent }: ScriptPlace, state: ImageState): Reason | null {
  if (state.is === "absent" || state.is === "unknown" || state.is === "dangling") return null;
  if (parent?.owner.state !== "seen" || microvmMay(facts, parent.owner.value, 1) !== false) return null;
  const { directory } = parent;
  const where = known(volume.autoCreate) === true ? step : "hypervisor";
  return reason("directory-denied", where, "no-start", { directory, owner: ownerOf(parent.owner.value) }, "nothing");
}

function ownerOf({ uid, gid, mode }: Owner): Owner {
  return { uid, gid, mode };
}

/** Why mkfs fails if it is run: it leaves the blank file, which is not made anew (domain.md §1.2). */
export function creationFaults(volume: Volume): readonly Reason[] {
  const fsType = known(volume.fsType);
  if (known(volume.autoCreate) !== true || !isSupported(fsType)) return [];
  const found: Reason[] = [];
  const sizeMiB = known(volume.sizeMiB);
  const mkfsExtraArgs = known(volume.mkfsExtraArgs);
  // Below 1 MiB every mkfs fails, whatever its arguments.
  const minimum = (mkfsExtraArgs && minimumMiB(fsType, mkfsExtraArgs)) ?? 1;
  if (sizeMiB !== undefined && sizeMiB < minimum) {
    found.push(reason("too-small", step, "no-start", { fsType, sizeMiB, minimum }, "blank image"));
  }
  const label = known(volume.label);
  if (label == null || label.includes("'")) return found;
  if (labelBytes(label) > labelLimit[fsType] && !cutsLabel(fsType)) {
    found.push(reason("label-too-long", step, "no-start", { label, fsType }, "blank image"));
  } else if (fsType === "vfat" && vfatForbids(label)) {
    found.push(reason("label-forbidden", step, "no-start", { label }, "blank image"));
  }
  return found;
}

/** `truncate` and `mkfs`. */
function made({ volume, facts }: ScriptPlace): ScriptEnd {
  const absent: ImageState = { is: "absent" };
  const undecided = (field: string): ScriptEnd => ({
    state: absent,
    reasons: [reason("field-unknown", step, "unknown", { field })],
  });
  const fails = (why: Reason): ScriptEnd => ({ state: { is: "blank", bytes: null, owner: null }, reasons: [why] });
  const fsType = known(volume.fsType);
  if (fsType === undefined) return undecided("fsType");
  const sizeMiB = known(volume.sizeMiB);
  // Evaluation fails: it is said there.
  if (!isSupported(fsType) || volume.sizeMiB.state === "missing") return { state: absent, reasons: [] };
  const faults = creationFaults(volume);
  if (faults.length > 0) return { state: { is: "blank", bytes: null, owner: null }, reasons: faults };
  if (sizeMiB === undefined) return undecided("size");
  const mkfsExtraArgs = known(volume.mkfsExtraArgs);
  if (mkfsExtraArgs === undefined || minimumMiB(fsType, mkfsExtraArgs) === null) return undecided("mkfsExtraArgs");
  const label = known(volume.label);
  if (label === undefined) return undecided("label");
  if (facts.freeBytes.state === "seen" && facts.freeBytes.value === 0) {
    return fails(reason("no-space", step, "no-start", { fsType }, "blank image"));
  }
  const bytes = mib(sizeMiB);
  return {
    state: { is: "made", type: fsType, label: label ?? "", bytes, filesystemBytes: bytes, owner: null },
    reasons: [reason("created", step, "create", { sizeMiB, fsType })],
  };
}
