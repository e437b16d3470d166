import { type Guest, known, type Volume } from "../microvm/model.ts";
import { isSupported } from "./image/filesystems.ts";
import { type Reason, reason } from "./reasons.ts";
import { refusals } from "./refusals.ts";

const step = "evaluation";

/** What makes evaluation fail keeps the whole guest from being built, whatever is on disk (lib/volumes.nix, asserts.nix). */
export function evaluationFailures(guest: Guest): readonly Reason[] {
  const sure = guest.volumes.filter(({ conditional }) => conditional === null);
  const found: Reason[] = [...sure.flatMap((volume) => evaluationFaults(guest, volume)), ...refusals(guest)];
  const overlay = known(guest.writableStoreOverlay);
  if (overlay != null && known(guest.storeOptimise) === true) {
    found.push(reason("store-optimise", step, "no-start", { overlay }, "nothing"));
  }
  return found;
}

/** What of it is one volume's own. */
export function evaluationFaults(guest: Guest, volume: Volume): readonly Reason[] {
  return [
    ...missingOptions(volume),
    ...mountConflict(guest, volume),
    ...unsupportedType(guest, volume),
    ...unresizable(guest, volume),
  ];
}

/** What `autoResize` takes (nixpkgs nixos/modules/tasks/filesystems.nix, an assertion since 2023). */
const resizable: ReadonlySet<string> = new Set(["ext3", "ext4", "btrfs", "xfs"]);

/** nixpkgs asserts that the filesystem of a mount with `autoResize` can be grown. */
export function unresizable(guest: Guest, volume: Volume): readonly Reason<"not-resizable">[] {
  const mountPoint = known(volume.mountPoint);
  const entry = mountPoint == null ? undefined : guest.fileSystems.get(mountPoint);
  if (mountPoint == null || !entry || known(entry.autoResize) !== true || volume.conditional) return [];
  const fsType = entry.fsType.state === "missing" ? known(volume.fsType) : known(entry.fsType);
  if (fsType === undefined || resizable.has(fsType)) return [];
  return [{ kind: "not-resizable", step, outcome: "no-start", facts: { mountPoint, fsType }, leaves: "nothing" }];
}

/** Options of the volume that have no default and no value. */
export function missingOptions(volume: Volume): readonly Reason<"option-missing">[] {
  const found: ("image" | "size")[] = [];
  if (volume.image.state === "missing") found.push("image");
  if (volume.sizeMiB.state === "missing" && known(volume.autoCreate) === true) found.push("size");
  return found.map((option) => ({
    kind: "option-missing",
    step,
    outcome: "no-start",
    facts: { option },
    leaves: "nothing",
  }));
}

/** lib/volumes.nix throws of each volume that it cannot make, as soon as any volume is to be made. */
export function unsupportedType(guest: Guest, volume: Volume): readonly Reason<"fstype-unsupported">[] {
  const fsType = known(volume.fsType);
  if (fsType === undefined || isSupported(fsType)) return [];
  const creates = guest.volumes.some(
    ({ conditional, autoCreate }) => conditional === null && known(autoCreate) === true,
  );
  if (!creates) return [];
  return [{ kind: "fstype-unsupported", step, outcome: "no-start", facts: { fsType }, leaves: "nothing" }];
}

/** A share at the same mount point makes two definitions of one filesystem, which contradict each other. */
export function mountConflict(guest: Guest, volume: Volume): readonly Reason<"mount-conflict">[] {
  const mountPoint = known(volume.mountPoint);
  if (mountPoint == null || volume.conditional) return [];
  const share = guest.shares.find((each) => !each.conditional && known(each.mountPoint) === mountPoint);
  if (!share) return [];
  return [{ kind: "mount-conflict", step, outcome: "no-start", facts: { mountPoint, share }, leaves: "nothing" }];
}
