import type { HostFacts } from "../disk/facts.ts";
import type { Guest } from "../microvm/model.ts";
import type { Mount } from "./guest/mount.ts";
import type { ImageState } from "./image/state.ts";
import type { Outcome, Verdict } from "./outcome.ts";
import type { Reason } from "./reasons.ts";
import type { Subject, VolumeOnDisk } from "./world.ts";

/** What the next start does with one volume on one host. */
export interface VolumeForecast extends Subject {
  /** The probed host that was looked at, or null. */
  readonly facts: HostFacts | null;
  /** Where the image lies or would lie on that host; null when that is not known. */
  readonly place: VolumeOnDisk | null;
  readonly outcome: Outcome;
  /** All that has a part in it, what decides first. Never empty. */
  readonly reasons: readonly Reason[];
  /** What the guest mounts; null when it mounts nothing for this volume, or that is not known. */
  readonly mount: Mount | null;
  /** The image when microvm.nix's volume script looks, and after it; null where that is not known, or differs. */
  readonly states: { readonly before: ImageState | null; readonly after: ImageState | null };
}

/** The next start of one guest on one host. */
export interface GuestForecast {
  readonly guest: Guest;
  readonly facts: HostFacts | null;
  readonly verdict: Verdict;
  /** What is so of the guest as a whole, whatever volumes it has. */
  readonly reasons: readonly Reason[];
  readonly volumes: readonly VolumeForecast[];
}
