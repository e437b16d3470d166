import { type Guest, known } from "../microvm/model.ts";
import { isSupported } from "./filesystems.ts";
import { type Reason, reason } from "./reasons.ts";

/** What makes evaluation fail keeps the whole guest from being built, whatever is on disk (lib/volumes.nix, asserts.nix). */
export function evaluationFailures(guest: Guest): readonly Reason[] {
  const found: Reason[] = [];
  const sure = guest.volumes.filter(({ conditional }) => conditional === null);
  for (const volume of sure) {
    if (volume.image.state === "missing") {
      found.push(reason("option-missing", "evaluation", "no-start", { option: "image" }, "nothing"));
    }
    if (volume.sizeMiB.state === "missing" && known(volume.autoCreate) === true) {
      found.push(reason("option-missing", "evaluation", "no-start", { option: "size" }, "nothing"));
    }
    const mountPoint = known(volume.mountPoint);
    const share = guest.shares.find(
      (each) => !each.conditional && mountPoint != null && known(each.mountPoint) === mountPoint,
    );
    if (share && mountPoint != null) {
      found.push(reason("mount-conflict", "evaluation", "no-start", { mountPoint, share }, "nothing"));
    }
  }
  // lib/volumes.nix throws as soon as any volume is to be made.
  if (sure.some(({ autoCreate }) => known(autoCreate) === true)) {
    for (const { fsType } of sure) {
      const type = known(fsType);
      if (type !== undefined && !isSupported(type)) {
        found.push(reason("fstype-unsupported", "evaluation", "no-start", { fsType: type }, "nothing"));
      }
    }
  }
  const overlay = known(guest.writableStoreOverlay);
  if (overlay != null && known(guest.storeOptimise) === true) {
    found.push(reason("store-optimise", "evaluation", "no-start", { overlay }, "nothing"));
  }
  return found;
}
