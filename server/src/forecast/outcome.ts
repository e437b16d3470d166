/** What the next start does with one volume. */
export const outcomes = [
  /** There is no image: it is made, with the declared size and filesystem. */
  "create",
  /** The image is used as it is; the declared size, label and mkfs arguments are ignored. */
  "reuse",
  /** The image is used, and longer or with a larger filesystem than before. */
  "grow",
  /** Something puts the image away first: it is made anew, empty. */
  "recreate",
  /** The image is there but holds nothing: the guest gets a blank disk. */
  "blank",
  /** The guest gets the image and cannot mount it. */
  "not-mount",
  /** The start fails, or the guest does not boot, because of this volume or before it. */
  "no-start",
  /** What is written where the volume should be lands in RAM. */
  "in-ram",
  /** Another volume uses the same file. */
  "share",
  /** The guest looks for the volume at another device than the one that it becomes. */
  "shift",
  /** Something that decides is not known. */
  "unknown",
] as const;
export type Outcome = (typeof outcomes)[number];

/** Outcomes in which the volume is not there for the guest as it should be: whoever judges calls them errors. */
export const failures: ReadonlySet<Outcome> = new Set(["not-mount", "no-start", "share", "shift"]);

/** The order in which a start comes to things (docs/architecture.md). */
export const steps = ["evaluation", "host", "pre-start", "volume-script", "hypervisor", "guest"] as const;
export type Step = (typeof steps)[number];

/** What comes of the start of a guest. */
export const verdicts = ["starts", "starts-but", "does-not-start", "unknown"] as const;
export type Verdict = (typeof verdicts)[number];
