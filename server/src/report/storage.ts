import type { Span } from "../base/span.ts";
import { type Locale, render } from "../base/text.ts";
import { bytesPerMiB } from "../base/words.ts";
import type { HostFacts, ImageFacts, SpaceFacts } from "../disk/facts.ts";
import { reclaimableBytes, usageOf } from "../disk/images/usage.ts";
import { notJudgedLines, notJudgedSummary, type Snapshot } from "../engine/engine.ts";
import { virtualBytes } from "../forecast/image/observed.ts";
import type { Outcome } from "../forecast/outcome.ts";
import { planGuest } from "../forecast/plan.ts";
import type { Past, PastOf } from "../history/keeper.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import type { VolumeOnDisk } from "../rules/frame/rule.ts";
import { type Severity, severities } from "../rules/frame/rule.ts";

/** One volume in the overview. Null is "not known" or, where there is no image, "there is none". */
export interface StorageVolume {
  readonly image: string;
  /** Where it lies or would lie. */
  readonly path: string | null;
  readonly mountPoint: string | null;
  readonly declaredBytes: number | null;
  /** What the guest sees as its disk. */
  readonly virtualBytes: number | null;
  readonly filesystem: string | null;
  readonly filesystemBytes: number | null;
  /** What the image takes on the host. */
  readonly allocatedBytes: number | null;
  readonly usedBytes: number | null;
  /** Left to services and users in the guest, as `df` says it. */
  readonly availableBytes: number | null;
  /** Of space and of inodes, as `df` and `df -i` say it. */
  readonly percent: number | null;
  readonly inodePercent: number | null;
  /** What these numbers are of. */
  readonly asOf: SpaceFacts["asOf"] | null;
  /** Free in the filesystem, and still taken on the host. */
  readonly reclaimableBytes: number | null;
  /** How full it was at looks so far, and which way it goes; null: nothing is remembered. */
  readonly past: Past | null;
  readonly state: "seen" | "absent" | "unreadable" | "not looked at";
  /** What the next start does with it; null where no host was looked at. */
  readonly outcome: Outcome | null;
  readonly worst: Severity | null;
  readonly at: Span | null;
}

export interface StorageGuest {
  readonly name: string;
  readonly running: boolean | null;
  /** False when there may be volumes that are not listed. */
  readonly complete: boolean;
  readonly volumes: readonly StorageVolume[];
}

export interface StorageHost {
  readonly name: string;
  readonly stateDir: string;
  readonly takenAtMs: number;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** By how much the declared images may still grow. */
  readonly growthBytes: number;
  readonly guests: readonly StorageGuest[];
  /** Images that no configuration names. */
  readonly undeclared: readonly { readonly path: string; readonly bytes: number; readonly allocatedBytes: number }[];
}

export interface StorageFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly notes: readonly string[];
  readonly fixes: readonly string[];
  readonly guests: readonly string[];
  readonly at: Span;
}

/** Everything that the storage overview shows, in numbers. */
export interface StorageReport {
  readonly hosts: readonly StorageHost[];
  /** Guests of which no host was looked at. */
  readonly elsewhere: readonly StorageGuest[];
  readonly findings: readonly StorageFinding[];
  readonly status: readonly string[];
}

/** Reads the overview out of a snapshot. Pure. */
export function storageReport(snapshot: Snapshot, locale: Locale, past: PastOf): StorageReport {
  const worst = worstPlaces(snapshot);
  const { declarations, context } = snapshot;
  const placed = new Set<Guest>();
  const hosts = context.hosts.map((facts) => {
    const guests = declarations.guests.flatMap((guest) => {
      const found = guestOn(guest, facts, snapshot, worst, past);
      if (found) placed.add(guest);
      return found ?? [];
    });
    return host(facts, guests, snapshot);
  });
  return {
    hosts,
    elsewhere: declarations.guests.filter((guest) => !placed.has(guest)).map((guest) => declaredOnly(guest, worst)),
    findings: snapshot.findings.map((finding) => ({
      rule: finding.rule,
      severity: finding.severity,
      message: render(finding.message, locale),
      notes: finding.notes.map(({ text }) => render(text, locale)),
      fixes: snapshot.fixes(finding).map(({ title }) => render(title, locale)),
      guests: finding.guests,
      at: finding.span,
    })),
    status: statusOf(snapshot, locale),
  };
}

/** That something was not judged, and each reason with what to do. */
function statusOf(snapshot: Snapshot, locale: Locale): string[] {
  const list = snapshot.notJudged();
  const summary = notJudgedSummary(list);
  const lines = notJudgedLines(list.items, locale, "terminal").map(({ line }) => line);
  return summary === null ? [] : [sentence(render(summary, locale)), ...lines];
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type Worst = (guest: Guest, volume: Volume) => Severity | null;

/** The worst finding that lies inside a volume's declaration and is about its guest. */
function worstPlaces(snapshot: Snapshot): Worst {
  return (guest, volume) => {
    const at = placeSpan(volume.at);
    let worst = -1;
    for (const { span, severity, guests } of snapshot.findings) {
      const inside = at !== null && span.file === at.file && span.start >= at.start && span.end <= at.end;
      if (inside && guests.includes(guest.name)) worst = Math.max(worst, severities.indexOf(severity));
    }
    return severities[worst] ?? null;
  };
}

function guestOn(
  guest: Guest,
  facts: HostFacts,
  { context }: Snapshot,
  worst: Worst,
  past: PastOf,
): StorageGuest | null {
  const places = guest.volumes.map((volume) => ({
    volume,
    places: context.onDisk(guest, volume).filter((place) => place.facts === facts),
  }));
  if (places.every((each) => each.places.length === 0)) return null;
  const plan = planGuest(context, guest).find((each) => each.facts === facts);
  const directory = facts.guests.find(({ name }) => guest.directoryNames.includes(name));
  return {
    name: guest.name,
    running: directory?.running.state === "seen" ? directory.running.value : null,
    complete: guest.volumesOpen === null,
    volumes: places.map((each) => ({
      ...storageVolume(guest, each.volume, each.places, worst, past),
      outcome: plan?.volumes.find(({ volume }) => volume === each.volume)?.outcome ?? null,
    })),
  };
}

function storageVolume(
  guest: Guest,
  volume: Volume,
  places: readonly VolumeOnDisk[],
  worst: Worst,
  past: PastOf,
): StorageVolume {
  const there = places.filter(({ image }) => image.state !== "absent");
  const place = there.length === 1 ? there[0] : places[0];
  const image = there.length === 1 && place?.image.state === "seen" ? place.image.value : null;
  const filesystem = image?.filesystem.state === "seen" ? image.filesystem.value : null;
  const usage = filesystem && usageOf(filesystem);
  return {
    ...declared(guest, volume, worst),
    path: place?.path ?? null,
    virtualBytes: image && virtualBytes(image),
    filesystem: filesystem?.type ?? null,
    filesystemBytes: filesystem?.sizeBytes ?? null,
    allocatedBytes: image?.allocatedBytes ?? null,
    usedBytes: usage?.usedBytes ?? null,
    availableBytes: usage?.availableBytes ?? null,
    percent: usage?.percent ?? null,
    inodePercent: usage?.inodes?.percent ?? null,
    asOf: usage?.asOf ?? null,
    reclaimableBytes: image && reclaimableBytes(image),
    past: place && image ? past(place.facts.host, guest.name, place.path) : null,
    state: there.length > 1 ? "unreadable" : (place?.image.state ?? "not looked at"),
  };
}

function declaredOnly(guest: Guest, worst: Worst): StorageGuest {
  const volumes = guest.volumes.map((volume) => declared(guest, volume, worst));
  return { name: guest.name, running: null, complete: guest.volumesOpen === null, volumes };
}

function declared(guest: Guest, volume: Volume, worst: Worst): StorageVolume {
  const size = known(volume.sizeMiB);
  return {
    image: known(volume.image) ?? "?",
    path: null,
    mountPoint: known(volume.mountPoint) ?? null,
    declaredBytes: size === undefined || size < 0 ? null : size * bytesPerMiB,
    virtualBytes: null,
    filesystem: null,
    filesystemBytes: null,
    allocatedBytes: null,
    usedBytes: null,
    availableBytes: null,
    percent: null,
    inodePercent: null,
    asOf: null,
    reclaimableBytes: null,
    past: null,
    state: "not looked at",
    outcome: null,
    worst: worst(guest, volume),
    at: placeSpan(volume.at),
  };
}

function host(facts: HostFacts, guests: readonly StorageGuest[], { context, declarations }: Snapshot): StorageHost {
  const declaredFiles = new Map<string, ImageFacts>();
  for (const guest of declarations.guests) {
    for (const volume of guest.volumes) {
      for (const { image, facts: on } of context.onDisk(guest, volume)) {
        if (on === facts && image.state === "seen") declaredFiles.set(fileKey(image.value), image.value);
      }
    }
  }
  const undeclared = facts.guests.flatMap(({ images }) =>
    images.flatMap((path) => {
      const image = facts.images.get(path);
      if (image?.state !== "seen" || declaredFiles.has(fileKey(image.value))) return [];
      const { value } = image;
      return [{ path, bytes: virtualBytes(value) ?? value.apparentBytes, allocatedBytes: value.allocatedBytes }];
    }),
  );
  const growth = [...declaredFiles.values()].map((image) =>
    image.kind === "regular" ? Math.max(0, (virtualBytes(image) ?? 0) - image.allocatedBytes) : 0,
  );
  return {
    name: facts.host,
    stateDir: facts.stateDir,
    takenAtMs: facts.takenAtMs,
    freeBytes: facts.freeBytes.state === "seen" ? facts.freeBytes.value : null,
    totalBytes: facts.totalBytes.state === "seen" ? facts.totalBytes.value : null,
    growthBytes: growth.reduce((sum, bytes) => sum + bytes, 0),
    guests,
    undeclared,
  };
}

/** One file is counted once, however many names lead to it. */
function fileKey({ device, inode }: ImageFacts): string {
  return `${device} ${inode}`;
}
