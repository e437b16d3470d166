import type { Span } from "../../base/span.ts";
import type { Text } from "../../base/text.ts";

/** What the next start does with one volume. */
export const planActions = [
  /** There is no image: it is made, with the declared size and filesystem. */
  "create",
  /** The image is used as it is; the declared size, label and mkfs arguments are ignored. */
  "reuse",
  /** `preStart` removes the image first: it is made anew, empty. */
  "recreate",
  /** The image cannot be made, or is needed and not there: the guest does not start. */
  "fail-to-create",
  /** The image is there but holds nothing: the guest gets a blank disk. */
  "blank",
  /** The guest gets the image and cannot mount it, or the hypervisor cannot use it. */
  "not-mount",
  /** The guest looks for the volume at another device than the one that it becomes. */
  "shift",
  /** Another volume uses the same file. */
  "share",
  /** Something that decides is not known. */
  "unknown",
] as const;
export type PlanAction = (typeof planActions)[number];

/**
 * The forecast for one volume of one guest on one host. All keys are always there; null is "not known" (or, for `rule`
 * and `leaves`, "none").
 */
export interface VolumePlan {
  readonly guest: string;
  /** Name of the probed host. */
  readonly host: string | null;
  /** As declared. */
  readonly image: string | null;
  /** Absolute path on the host. */
  readonly path: string | null;
  readonly mountPoint: string | null;
  readonly action: PlanAction;
  /** Why, in one sentence, with the numbers that decide. */
  readonly text: Text;
  /** The rule that reports it, where one does. */
  readonly rule: string | null;
  /** What a failed creation leaves behind. */
  readonly leaves: "nothing" | "blank image" | null;
  readonly declaredMiB: number | null;
  readonly declaredFsType: string | null;
  /** What the guest would see of the image that is there, in bytes. */
  readonly actualBytes: number | null;
  readonly actualFsType: string | null;
  /** True when the image is used and its size is not the declared one, which is ignored. */
  readonly sizeIgnored: boolean;
  /** The volume is there only under a condition that is not known. */
  readonly conditional: boolean;
  /** Where the volume is declared. */
  readonly span: Span | null;
}

/** The forecast for one guest on one host. */
export interface GuestPlan {
  readonly guest: string;
  /** The host whose configuration declares it, or null. */
  readonly declaredOn: string | null;
  /** The probed host that was looked at, or null. */
  readonly host: string | null;
  /** False when the guest may have volumes that are not listed. */
  readonly complete: boolean;
  readonly volumes: readonly VolumePlan[];
}
