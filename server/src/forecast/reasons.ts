import type { Text } from "../base/text.ts";
import type { ContentType, FileKind } from "../disk/facts.ts";
import type { Guest, Volume } from "../microvm/model.ts";
import type { SupportedType } from "./image/filesystems.ts";
import type { Outcome, Step } from "./outcome.ts";

/** Owner and permission bits of a file or directory. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Who did something before the volume script ran, in words: "`preStart`", "the unit clean-web.service". */
export interface Doer {
  readonly by: Text;
  /** The command, as it is written. */
  readonly command: string | null;
}

/** What is so, and the numbers that make it so. Sizes are in bytes, or in MiB where the name says so. */
export interface Facts {
  // evaluation
  readonly "fstype-unsupported": { readonly fsType: string };
  readonly "option-missing": { readonly option: "image" | "size" };
  readonly "store-optimise": { readonly overlay: string };
  readonly "mount-conflict": { readonly mountPoint: string; readonly share: Guest["shares"][number] };
  readonly "not-resizable": { readonly mountPoint: string; readonly fsType: string };
  /** In Nix's own words. */
  readonly "nix-refuses": { readonly says: Text };
  readonly "wrong-type": { readonly option: string };
  readonly definition: { readonly option: string };
  readonly "undeclared-option": { readonly option: string };
  /** A file has a syntax error. */
  readonly unread: { readonly file: string };
  // host, pre-start
  readonly refused: { readonly by: Text; readonly why: Text };
  readonly removed: Doer;
  /** The same of an image that is not there now: it is removed at every start. */
  readonly cleared: Doer;
  /** Something before the volume script makes the image, or may, where it is missing. */
  readonly supplied: object;
  readonly replaced: Doer;
  readonly lengthened: Doer & { readonly bytes: number };
  readonly formatted: Doer & { readonly type: string };
  /** services.microvm-lens would grow it, and cannot. */
  readonly "not-grown": { readonly declaredMiB: number; readonly imageBytes: number; readonly why: Text };
  readonly "may-change": { readonly why: Text };
  // volume-script
  readonly quote: { readonly option: "image" | "label" };
  readonly dash: object;
  readonly "no-file-name": { readonly image: string };
  readonly "directory-missing": { readonly directory: string };
  readonly "directory-unknown": { readonly directory: string };
  readonly "create-denied": { readonly directory: string; readonly owner: Owner };
  readonly "link-target-unknown": { readonly path: string };
  readonly "too-small": { readonly fsType: SupportedType; readonly sizeMiB: number; readonly minimum: number };
  readonly "label-too-long": { readonly label: string; readonly fsType: SupportedType };
  readonly "label-forbidden": { readonly label: string };
  readonly "no-space": { readonly fsType: SupportedType };
  readonly "image-missing": { readonly path: string };
  readonly "made-by-deployment": object;
  // hypervisor
  readonly comma: { readonly hypervisor: string };
  /** `hypervisor`: the volume is not even attached; null: it is, and has no letter to be mounted by. */
  readonly dropped: { readonly number: number; readonly limit: number; readonly hypervisor: string | null };
  readonly "not-a-file": { readonly path: string; readonly kind: FileKind };
  readonly "not-permitted": { readonly path: string; readonly owner: Owner; readonly readOnly: boolean };
  /** Its unit would not be permitted; who starts the guest by hand may be. */
  readonly "may-not-open": { readonly owner: Owner };
  readonly "directory-denied": { readonly directory: string; readonly owner: Owner };
  readonly format: { readonly path: string; readonly found: string; readonly expected: string };
  readonly "created-format": { readonly path: string; readonly expected: string };
  readonly "format-by-guess": object;
  readonly "store-disk-first": { readonly declared: string; readonly actual: string };
  readonly "other-disk": { readonly option: string; readonly device: string };
  readonly "letter-moved": { readonly before: string; readonly after: string };
  // guest
  readonly "label-empty": object;
  readonly "label-escaped": { readonly label: string };
  readonly "label-cut": { readonly label: string; readonly fsType: SupportedType };
  readonly "label-beyond": { readonly label: string; readonly fsType: SupportedType };
  readonly "label-twice": { readonly label: string; readonly other: Volume };
  readonly "label-of-store": object;
  /** Its mount point lies on a volume that is mounted read-only, where nobody can make it. */
  readonly "below-read-only": { readonly mountPoint: string; readonly above: string };
  readonly "mount-point-taken": { readonly mountPoint: string; readonly other: Volume };
  readonly blank: {
    readonly path: string;
    readonly bytes: number;
    readonly mountPoint: string;
    readonly device: boolean;
  };
  readonly "blank-disk": { readonly bytes: number };
  readonly "formats-itself": { readonly bytes: number };
  readonly content: { readonly path: string; readonly found: ContentType; readonly mountPoint: string };
  readonly "no-filesystem": { readonly path: string; readonly declared: string; readonly mountPoint: string };
  readonly "other-type": {
    readonly path: string;
    readonly found: ContentType;
    readonly declared: string;
    readonly mountPoint: string;
  };
  readonly "other-label": { readonly path: string; readonly found: string | null; readonly declared: string };
  readonly "cut-off": {
    readonly path: string;
    readonly filesystemBytes: number;
    readonly imageBytes: number;
    readonly type: ContentType;
    readonly format: string;
  };
  readonly "needs-recovery": { readonly path: string; readonly type: ContentType };
  /** `options`: the mount is read-only by its options, whatever the volume is. */
  readonly "overlay-read-only": { readonly overlay: string; readonly by: "volume" | "options" };
  readonly "overlay-vfat": { readonly overlay: string };
  readonly "overlay-share": { readonly overlay: string; readonly share: Guest["shares"][number] };
  readonly "overlay-no-inodes": { readonly path: string; readonly overlay: string };
  readonly "overlay-full": { readonly path: string; readonly overlay: string };
  readonly "overlay-in-ram": { readonly overlay: string; readonly mountPoint: string; readonly forced: boolean };
  readonly "mounted-elsewhere": {
    readonly path: string;
    readonly last: string;
    readonly declared: string;
    readonly other: Volume;
  };
  readonly "nearly-full": {
    readonly path: string;
    readonly percent: number;
    readonly freeBytes: number;
    readonly sizeBytes: number;
    readonly imageBytes: number;
  };
  readonly "inodes-used-up": {
    readonly path: string;
    readonly percent: number;
    readonly free: number;
    readonly total: number;
    readonly imageBytes: number;
  };
  readonly "filesystem-smaller": {
    readonly path: string;
    readonly filesystemBytes: number;
    readonly imageBytes: number;
    readonly type: ContentType;
    readonly format: string;
  };
  readonly "size-ignored": {
    readonly path: string;
    readonly declaredMiB: number;
    readonly imageBytes: number;
    readonly format: string;
  };
  readonly overridden: { readonly option: string; readonly why: Text };
  /** Something in the guest may write to its disks before it mounts them. */
  readonly "guest-writes": { readonly by: Text };
  readonly "not-mounted": object;
  // what decides nothing by itself
  readonly "other-volume": { readonly guests: readonly string[] };
  readonly created: { readonly sizeMiB: number; readonly fsType: string };
  readonly used: { readonly bytes: number; readonly content: string };
  readonly grown: { readonly bytes: number; readonly type: string };
  readonly "field-unknown": { readonly field: string };
  readonly unreadable: { readonly path: string; readonly detail: string };
  readonly "no-host": object;
  readonly "several-places": { readonly paths: readonly string[] };
}

export type ReasonKind = keyof Facts;

/** One thing that has a part in what the start does with a volume. */
export type Reason<K extends ReasonKind = ReasonKind> = {
  readonly [Kind in K]: {
    readonly kind: Kind;
    readonly step: Step;
    /** What comes of it if nothing before it decides; null: it decides nothing. */
    readonly outcome: Outcome | null;
    readonly facts: Facts[Kind];
    /** What the volume script leaves behind where it fails. */
    readonly leaves?: "nothing" | "blank image";
  };
}[K];

/** A reason of that kind. */
export function reason<K extends ReasonKind>(
  kind: K,
  step: Step,
  outcome: Outcome | null,
  facts: Facts[K],
  leaves?: "nothing" | "blank image",
): Reason {
  return { kind, step, outcome, facts, ...(leaves ? { leaves } : {}) } as unknown as Reason;
}

/** The first reason of that kind, where there is one. */
export function reasonOf<K extends ReasonKind>(reasons: readonly Reason[], kind: K): Reason<K> | undefined {
  return reasons.find((each): each is Reason<K> & Reason => each.kind === kind) as Reason<K> | undefined;
}

/** Something puts the image away before every use, so that it never lasts. */
export function isPutAway(reasons: readonly Reason[]): boolean {
  return reasons.some(({ kind }) => kind === "removed" || kind === "cleared" || kind === "replaced");
}

/** The rule that words it; null where no rule does. */
export const ruleOf: Readonly<Record<ReasonKind, string | null>> = {
  "fstype-unsupported": "fstype-unsupported",
  "option-missing": "required-option-missing",
  "store-optimise": "overlay-with-store-optimise",
  "mount-conflict": "mount-point-duplicate",
  "not-resizable": "evaluation-fails",
  "nix-refuses": "evaluation-fails",
  "wrong-type": "option-type",
  definition: "evaluation-fails",
  "undeclared-option": null,
  unread: null,
  refused: "start-refused",
  removed: null,
  cleared: null,
  supplied: null,
  replaced: null,
  lengthened: null,
  formatted: null,
  "not-grown": null,
  "may-change": null,
  quote: "unsafe-name",
  dash: "unsafe-name",
  "no-file-name": "unsafe-name",
  "directory-missing": "image-directory-missing",
  "directory-unknown": null,
  "create-denied": "image-not-writable",
  "link-target-unknown": null,
  "too-small": "size-below-minimum",
  "label-too-long": "label-invalid",
  "label-forbidden": "label-invalid",
  "no-space": "host-overcommitted",
  "image-missing": "image-missing",
  "made-by-deployment": null,
  comma: "unsafe-name",
  dropped: "too-many-volumes",
  "not-a-file": "image-format-differs",
  "not-permitted": "image-not-writable",
  "may-not-open": null,
  "directory-denied": "image-not-writable",
  format: "image-format-differs",
  "created-format": "image-format-differs",
  "format-by-guess": null,
  "store-disk-first": "device-by-position",
  "other-disk": "device-by-position",
  "letter-moved": null,
  "label-empty": "label-invalid",
  "label-escaped": "label-invalid",
  "label-cut": "label-invalid",
  "label-beyond": "label-invalid",
  "label-twice": "label-invalid",
  "label-of-store": "label-invalid",
  "below-read-only": null,
  "mount-point-taken": "mount-point-duplicate",
  blank: "image-blank",
  "blank-disk": null,
  "formats-itself": null,
  content: "image-format-differs",
  "no-filesystem": "fstype-differs-from-image",
  "other-type": "fstype-differs-from-image",
  "other-label": "label-differs-from-image",
  "cut-off": "filesystem-larger-than-image",
  "needs-recovery": "readonly-needs-recovery",
  "overlay-read-only": "overlay-upper-unsuitable",
  "overlay-vfat": "overlay-upper-unsuitable",
  "overlay-share": "overlay-upper-unsuitable",
  "overlay-no-inodes": "volume-nearly-full",
  "overlay-full": "volume-nearly-full",
  "overlay-in-ram": "overlay-without-mount",
  "mounted-elsewhere": "mounted-elsewhere",
  "nearly-full": "volume-nearly-full",
  "inodes-used-up": "volume-nearly-full",
  "filesystem-smaller": "filesystem-smaller-than-image",
  "size-ignored": "size-differs-from-image",
  overridden: null,
  "guest-writes": null,
  "not-mounted": null,
  "other-volume": "image-shared",
  created: null,
  used: null,
  grown: null,
  "field-unknown": null,
  unreadable: null,
  "no-host": null,
  "several-places": null,
};
