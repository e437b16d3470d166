/** What `microvm-lens/overview` answers, as the server writes it (server/src/features/overview.ts). */

export type Severity = "hint" | "information" | "warning" | "error";

export type RowOperation = "grow" | "backup" | "moveAside" | "relabel" | "trim";

export interface Place {
  readonly uri: string;
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
}

export interface VolumeItem {
  readonly image: string;
  readonly path: string | null;
  readonly state: "seen" | "absent" | "unknown";
  readonly declaredMiB: number | null;
  readonly mountPoint: string | null;
  readonly bytes: number | null;
  readonly allocatedBytes: number | null;
  readonly usedPercent: number | null;
  /** "fills at 1.2 GiB a day, full in about 12 days"; null: not known. */
  readonly trend: string | null;
  /** Free in the guest and still taken on the host, where it is much. */
  readonly giveBackBytes: number | null;
  /** "reuse": what the next start does with it; null where no host was looked at. */
  readonly nextStart: string | null;
  /** argv of `microvm-lens` for what may be done with the image; missing: it need not or cannot be done. */
  readonly operations: Readonly<Partial<Record<RowOperation, readonly string[]>>>;
  /** What is wrong: the worst first. */
  readonly problems: readonly string[];
  readonly severity: Severity | null;
  readonly location: Place | null;
  /** Why it was not judged, or not in every respect, and what to do. */
  readonly notJudged: readonly string[];
}

export interface GuestItem {
  readonly name: string;
  readonly running: boolean | null;
  readonly severity: Severity | null;
  readonly volumes: readonly VolumeItem[];
  /** Why it may have volumes that are not listed, and what to do. */
  readonly notJudged: readonly string[];
  readonly location: Place | null;
}

export interface HostItem {
  readonly name: string | null;
  readonly guests: readonly GuestItem[];
  readonly location: Place | null;
}

export interface DiskItem {
  readonly host: string;
  readonly stateDir: string;
  readonly found: boolean;
  readonly takenAtMs: number;
  /** What is seen there is always of now. */
  readonly watched: boolean;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly undeclared: readonly UndeclaredItem[];
}

/** An image that belongs to no volume of the configuration. */
export interface UndeclaredItem {
  readonly path: string;
  readonly bytes: number | null;
  /** Volumes whose image it could become, each with the argv of `microvm-lens` that moves it there. */
  readonly adopt: readonly { readonly guest: string; readonly image: string; readonly command: readonly string[] }[];
  readonly backup: readonly string[] | null;
}

/** A host of the configuration whose images nobody looks at. */
export interface UnseenItem {
  /** null: of guests that no host declares. */
  readonly name: string | null;
  /** "nuc: images are not looked at". */
  readonly words: string;
}

export interface Overview {
  readonly hosts: readonly HostItem[];
  readonly disks: readonly DiskItem[];
  readonly unseen: readonly UnseenItem[];
  /** "3 volumes not judged", or null; then each reason with what to do. */
  readonly notJudged: { readonly summary: string | null; readonly lines: readonly string[] };
  readonly counts: Readonly<Record<Severity, number>>;
}

/** What `microvm-lens/evaluate` answers, one for each flake (server/src/features/second-opinion.ts). */
export interface FlakeOpinion {
  readonly flake: string;
  readonly ok: boolean;
  readonly summary: string;
  readonly details: readonly string[];
}
