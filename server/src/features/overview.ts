import type { Range } from "vscode-languageserver";
import { render } from "../base/text.ts";
import type { Snapshot } from "../engine.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import type { Severity } from "../rules/rule.ts";
import { guestBytes, usedPercent } from "./inlay-hints.ts";
import type { Session } from "./session.ts";
import { locationOf } from "./to-lsp.ts";

/** Our own request: what the extension's view and status item show. */
export const overviewRequest = "microvm-lens/overview";
/** Our own notification: ask for the overview again. */
export const changedNotification = "microvm-lens/changed";
/** Our own request: read the disk again, now. */
export const refreshRequest = "microvm-lens/refresh";
/** Our own notification: the user trusts the workspace. */
export const trustedNotification = "microvm-lens/trusted";

export interface OverviewLocation {
  readonly uri: string;
  readonly range: Range;
}

export interface OverviewVolume {
  readonly image: string;
  readonly path: string | null;
  readonly declaredMiB: number | null;
  readonly mountPoint: string | null;
  /** null: no image, or more than one that may be meant. */
  readonly bytes: number | null;
  readonly allocatedBytes: number | null;
  readonly usedPercent: number | null;
  readonly severity: Severity | null;
  readonly location: OverviewLocation | null;
}

export interface OverviewGuest {
  readonly name: string;
  readonly running: boolean | null;
  readonly severity: Severity | null;
  readonly volumes: readonly OverviewVolume[];
  readonly location: OverviewLocation | null;
}

export interface OverviewHost {
  /** null: guests that no host declares. */
  readonly name: string | null;
  readonly guests: readonly OverviewGuest[];
  /** Directories below the state directory that no guest of the configuration uses. */
  readonly location: OverviewLocation | null;
}

export interface OverviewDisk {
  readonly host: string;
  readonly stateDir: string;
  readonly found: boolean;
  readonly takenAtMs: number;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** Images that belong to no volume of the configuration. */
  readonly undeclared: readonly { readonly path: string; readonly bytes: number | null }[];
}

export interface Overview {
  readonly hosts: readonly OverviewHost[];
  readonly disks: readonly OverviewDisk[];
  /** Why something could not be judged, in the user's language. */
  readonly status: readonly string[];
  readonly counts: Readonly<Record<Severity, number>>;
}

const order: readonly Severity[] = ["hint", "information", "warning", "error"];

/** Everything at a glance: hosts, guests, volumes, and what is on disk besides. */
export function overview(session: Session, snapshot: Snapshot): Overview {
  const counts: Record<Severity, number> = { hint: 0, information: 0, warning: 0, error: 0 };
  for (const finding of snapshot.findings) counts[finding.severity]++;
  const { guests, hosts } = snapshot.declarations;
  const groups: OverviewHost[] = hosts.map((host) => ({
    name: host.name,
    location: locate(session, snapshot, host),
    guests: guests.filter((guest) => guest.host === host.name).map((guest) => guestView(session, snapshot, guest)),
  }));
  const others = guests.filter((guest) => !hosts.some((host) => host.name === guest.host));
  if (others.length > 0)
    groups.push({ name: null, location: null, guests: others.map((guest) => guestView(session, snapshot, guest)) });
  return {
    hosts: groups,
    disks: diskViews(snapshot),
    status: snapshot.status.map((text) => render(text, session.locale)),
    counts,
  };
}

function guestView(session: Session, snapshot: Snapshot, guest: Guest): OverviewGuest {
  const volumes = guest.volumes.map((volume) => volumeView(session, snapshot, guest, volume));
  const running = snapshot.hosts
    .flatMap((host) => host.guests)
    .filter((facts) => guest.directoryNames.includes(facts.name))
    .map((facts) => (facts.running.state === "seen" ? facts.running.value : null));
  const severity = worst(
    snapshot.findings.filter((finding) => finding.guests.includes(guest.name)).map((finding) => finding.severity),
  );
  return {
    name: guest.name,
    running: running[0] ?? null,
    severity,
    volumes,
    location: locate(session, snapshot, guest),
  };
}

function volumeView(session: Session, snapshot: Snapshot, guest: Guest, volume: Volume): OverviewVolume {
  const image = snapshot.context.image(guest, volume);
  const span = placeSpan(volume.at);
  const inside = span
    ? snapshot.findings.filter(
        (finding) =>
          finding.guests.includes(guest.name) &&
          finding.span.file === span.file &&
          finding.span.start >= span.start &&
          finding.span.end <= span.end,
      )
    : [];
  return {
    image: known(volume.image) ?? "?",
    path: image?.path ?? null,
    declaredMiB: known(volume.sizeMiB) ?? null,
    mountPoint: known(volume.mountPoint) ?? null,
    bytes: image ? guestBytes(image.seen) : null,
    allocatedBytes: image ? image.seen.allocatedBytes : null,
    usedPercent: image ? usedPercent(image.seen) : null,
    severity: worst(inside.map((finding) => finding.severity)),
    location: locate(session, snapshot, volume),
  };
}

function diskViews(snapshot: Snapshot): OverviewDisk[] {
  const declared = new Set<string>();
  for (const guest of snapshot.declarations.guests) {
    for (const volume of guest.volumes) {
      for (const place of snapshot.context.onDisk(guest, volume)) declared.add(`${place.facts.host} ${place.path}`);
    }
  }
  return snapshot.hosts.map((facts) => ({
    host: facts.host,
    stateDir: facts.stateDir,
    found: facts.stateDirectory.state === "seen",
    takenAtMs: facts.takenAtMs,
    freeBytes: facts.freeBytes.state === "seen" ? facts.freeBytes.value : null,
    totalBytes: facts.totalBytes.state === "seen" ? facts.totalBytes.value : null,
    undeclared: facts.guests
      .flatMap((guest) => guest.images)
      .filter((path) => !declared.has(`${facts.host} ${path}`))
      .map((path) => {
        const image = facts.images.get(path);
        return { path, bytes: image?.state === "seen" ? guestBytes(image.value) : null };
      }),
  }));
}

function locate(session: Session, snapshot: Snapshot, what: { readonly at: Guest["at"] }): OverviewLocation | null {
  const span = placeSpan(what.at);
  return span ? locationOf(snapshot, span, session.documents) : null;
}

function worst(severities: readonly Severity[]): Severity | null {
  let index = -1;
  for (const severity of severities) index = Math.max(index, order.indexOf(severity));
  return order[index] ?? null;
}
