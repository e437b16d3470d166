import type { Span } from "../base/span.ts";
import type { Text } from "../base/text.ts";
import type { HostFacts, ImageFacts } from "../disk/facts.ts";
import { muchToGiveBack, reclaimableBytes, usageOf } from "../disk/images/usage.ts";
import type { NotJudged, Snapshot } from "../engine/engine.ts";
import { outcomeWords } from "../forecast/words/outcome-words.ts";
import type { PastOf } from "../history/keeper.ts";
import { trendWords } from "../history/words.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import type { Severity } from "../rules/frame/rule.ts";
import { runnerUses } from "../rules/support/orphans.ts";
import { outcomeOn } from "./next-start.ts";
import { type AdoptingPlace, adoptingPlaces, operationsOn, type VolumeOperations } from "./row-operations.ts";

/** Everything at a glance: hosts, guests, volumes, and what is on disk besides. All sizes in bytes but `declaredMiB`. */
export interface Report {
  readonly hosts: readonly ReportHost[];
  readonly disks: readonly ReportDisk[];
  readonly counts: Readonly<Record<Severity, number>>;
}

export interface ReportHost {
  /** null: guests that no host declares. */
  readonly name: string | null;
  readonly at: Span | null;
  readonly guests: readonly ReportGuest[];
}

export interface ReportGuest {
  readonly name: string;
  /** null: not known. */
  readonly running: boolean | null;
  /** The worst finding about it. */
  readonly severity: Severity | null;
  readonly at: Span | null;
  /** What keeps from knowing all of its volumes. */
  readonly notJudged: readonly NotJudged[];
  readonly volumes: readonly ReportVolume[];
}

export interface ReportVolume {
  /** null: not known. */
  readonly image: string | null;
  /** Where the image lies; null: there is none, or more than one that may be meant. */
  readonly path: string | null;
  /** `unknown`: no host that may run the guest was looked at, or the image could not be. */
  readonly state: "seen" | "absent" | "unknown";
  readonly declaredMiB: number | null;
  readonly mountPoint: string | null;
  /** Size that the guest sees. */
  readonly bytes: number | null;
  readonly allocatedBytes: number | null;
  /** As `df` in the guest; null: not known. */
  readonly usedPercent: number | null;
  /** "fills at 1.2 GiB a day, full in about 12 days"; null: not known. */
  readonly trend: Text | null;
  /** Free in the guest and still taken on the host, where it is much. */
  readonly giveBackBytes: number | null;
  /** What the next start does with it; null where no host was looked at. */
  readonly nextStart: Text | null;
  /** What may be done with its image now (docs/operations.md): argv of `microvm-lens`, on that host. */
  readonly operations: VolumeOperations;
  readonly severity: Severity | null;
  readonly notJudged: readonly NotJudged[];
  /** Messages of findings about it. */
  readonly messages: readonly Text[];
  readonly at: Span | null;
}

export interface ReportDisk {
  readonly host: string;
  readonly stateDir: string;
  readonly found: boolean;
  readonly takenAtMs: number;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** Images that belong to no volume of the configuration. */
  readonly undeclared: readonly ReportUndeclared[];
}

export interface ReportUndeclared {
  readonly path: string;
  readonly bytes: number | null;
  /** Volumes without an image on that host, whose place it could take. */
  readonly places: readonly AdoptingPlace[];
}

const order: readonly Severity[] = ["hint", "information", "warning", "error"];

/** Gathers the report of one snapshot. */
export function reportOf(snapshot: Snapshot, past: PastOf): Report {
  const counts: Record<Severity, number> = { hint: 0, information: 0, warning: 0, error: 0 };
  for (const finding of snapshot.findings) counts[finding.severity]++;
  const { guests, hosts } = snapshot.declarations;
  const running = runningGuests(snapshot.hosts);
  const group = (name: string | null, at: Span | null, members: readonly Guest[]): ReportHost => ({
    name,
    at,
    guests: members.map((guest) => reportGuest(snapshot, guest, running, past)),
  });
  const groups = hosts.map((host) =>
    group(
      host.name,
      placeSpan(host.at),
      guests.filter((guest) => guest.host === host.name),
    ),
  );
  const names = new Set(hosts.map((host) => host.name));
  const others = guests.filter((guest) => guest.host === null || !names.has(guest.host));
  if (others.length > 0) groups.push(group(null, null, others));
  return { hosts: groups, disks: reportDisks(snapshot), counts };
}

/** Size that the guest sees: what `size` declares. */
export function guestBytes(image: ImageFacts): number {
  return image.container.state === "seen" ? image.container.value.virtualBytes : image.apparentBytes;
}

/** How full the filesystem is, as `df` in the guest says it; null when it is not known. */
export function usedPercent(image: ImageFacts): number | null {
  return image.filesystem.state === "seen" ? (usageOf(image.filesystem.value)?.percent ?? null) : null;
}

function reportGuest(
  snapshot: Snapshot,
  guest: Guest,
  running: ReadonlyMap<string, boolean | null>,
  past: PastOf,
): ReportGuest {
  const about = snapshot.findings.filter((finding) => finding.guests.includes(guest.name));
  const directory = guest.directoryNames.find((name) => running.has(name));
  return {
    name: guest.name,
    running: directory === undefined ? null : (running.get(directory) ?? null),
    severity: worst(about.map((finding) => finding.severity)),
    at: placeSpan(guest.at),
    notJudged: snapshot.notJudged().ofGuest(guest),
    volumes: guest.volumes.map((volume) => reportVolume(snapshot, guest, volume, about, past)),
  };
}

function reportVolume(
  snapshot: Snapshot,
  guest: Guest,
  volume: Volume,
  about: Snapshot["findings"],
  past: PastOf,
): ReportVolume {
  const image = snapshot.context.image(guest, volume);
  const at = placeSpan(volume.at);
  const outcome = outcomeOn(snapshot, guest, volume);
  const inside = about.filter(
    ({ span }) => at !== null && span.file === at.file && span.start >= at.start && span.end <= at.end,
  );
  return {
    image: known(volume.image) ?? null,
    path: image?.path ?? null,
    state: image ? "seen" : absence(snapshot, guest, volume),
    declaredMiB: known(volume.sizeMiB) ?? null,
    mountPoint: known(volume.mountPoint) ?? null,
    bytes: image ? guestBytes(image.seen) : null,
    allocatedBytes: image ? image.seen.allocatedBytes : null,
    usedPercent: image ? usedPercent(image.seen) : null,
    trend: image && trendOfImage(image, guest, past),
    giveBackBytes: image && muchOf(reclaimableBytes(image.seen)),
    nextStart: outcome && outcomeWords[outcome](),
    operations: image ? operationsOn(image, volume) : {},
    severity: worst(inside.map((finding) => finding.severity)),
    notJudged: snapshot.notJudged().ofVolume(volume),
    messages: [...inside]
      .sort((a, b) => order.indexOf(b.severity) - order.indexOf(a.severity))
      .map((finding) => finding.message),
    at,
  };
}

function trendOfImage({ facts, path }: { facts: HostFacts; path: string }, guest: Guest, past: PastOf): Text | null {
  const trend = past(facts.host, guest.name, path)?.trend;
  return trend === undefined || typeof trend === "string" ? null : trendWords(trend);
}

function muchOf(bytes: number | null): number | null {
  return bytes !== null && bytes >= muchToGiveBack ? bytes : null;
}

/** "There is no image" is said only when every place was looked at. */
function absence(snapshot: Snapshot, guest: Guest, volume: Volume): "absent" | "unknown" {
  const places = snapshot.context.onDisk(guest, volume);
  return places.length > 0 && places.every(({ image }) => image.state === "absent") ? "absent" : "unknown";
}

function reportDisks(snapshot: Snapshot): ReportDisk[] {
  const declared = new Set<string>();
  const places = adoptingPlaces(snapshot);
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
        const bytes = image?.state === "seen" ? guestBytes(image.value) : null;
        const own = facts.guests.find(({ images }) => images.includes(path));
        // What the installed runner uses is that guest's until another one is deployed.
        const isFree = own !== undefined && runnerUses(facts, own, path) === false;
        return { path, bytes, places: isFree ? places.filter(({ host }) => host === facts.host) : [] };
      }),
  }));
}

/** By name of the guest's directory. */
function runningGuests(hosts: readonly HostFacts[]): ReadonlyMap<string, boolean | null> {
  const byName = new Map<string, boolean | null>();
  for (const host of hosts) {
    for (const { name, running } of host.guests) byName.set(name, running.state === "seen" ? running.value : null);
  }
  return byName;
}

function worst(severities: readonly Severity[]): Severity | null {
  return order[Math.max(-1, ...severities.map((severity) => order.indexOf(severity)))] ?? null;
}
