import type { Span } from "../base/span.ts";
import type { Snapshot } from "../engine.ts";
import type { Field, Guest, Host, Volume } from "../microvm/model.ts";
import { type Place, placeSpan } from "../nix/eval/value.ts";

/** The fields of a volume, in the order in which people read them. */
export const volumeFields = [
  "image",
  "sizeMiB",
  "mountPoint",
  "fsType",
  "label",
  "autoCreate",
  "readOnly",
  "direct",
  "serial",
  "imageType",
  "mkfsExtraArgs",
] as const;
export type VolumeField = (typeof volumeFields)[number];

export const guestFields = [
  "hypervisor",
  "writableStoreOverlay",
  "storeOnDisk",
  "stateDir",
  "preStart",
  "hostName",
] as const;
export type GuestField = (typeof guestFields)[number];

/** Name of the option in microvm.nix. */
export function optionName(field: VolumeField | GuestField): string {
  return field === "sizeMiB" ? "size" : field;
}

/** One volume of one guest. */
export interface VolumeUse {
  readonly guest: Guest;
  readonly volume: Volume;
}

/** A place in a file that gives one field of one volume, or of several when a function or module is shared. */
export interface FieldPlace {
  readonly span: Span;
  readonly field: VolumeField;
  readonly uses: VolumeUse[];
}

export interface GuestFieldPlace {
  readonly span: Span;
  readonly field: GuestField;
  readonly uses: Guest[];
}

export interface VolumePlace {
  readonly span: Span;
  readonly uses: VolumeUse[];
}

/** What of the declarations stands in one file, in order of appearance. */
export interface FileIndex {
  readonly fields: FieldPlace[];
  readonly guestFields: GuestFieldPlace[];
  readonly volumes: VolumePlace[];
  readonly guests: { readonly span: Span; readonly guest: Guest }[];
  readonly hosts: { readonly span: Span; readonly host: Host }[];
}

const indexes = new WeakMap<Snapshot, Map<string, FileIndex>>();
const nothing: FileIndex = { fields: [], guestFields: [], volumes: [], guests: [], hosts: [] };

/** What stands in a file; computed once per snapshot, at the first question. */
export function fileIndex(snapshot: Snapshot, file: string): FileIndex {
  let index = indexes.get(snapshot);
  if (!index) {
    index = buildIndex(snapshot);
    indexes.set(snapshot, index);
  }
  return index.get(file) ?? nothing;
}

/** The smallest place that holds the offset; a place's end counts as inside, because the cursor stands there after typing. */
export function placeAt<T extends { readonly span: Span }>(places: readonly T[], offset: number): T | null {
  let best: T | null = null;
  for (const place of places) {
    const { start, end } = place.span;
    if (offset < start || offset > end) continue;
    if (best === null || end - start < best.span.end - best.span.start) best = place;
  }
  return best;
}

/** Where a field was given; null for defaults and missing ones. */
export function fieldAt(field: Field<unknown>): Span | null {
  return field.state === "set" || field.state === "unknown" ? placeSpan(field.at) : null;
}

/** Where a field's value is written, following names to the literal; null when that is not in a file. */
export function writtenAt(field: Field<unknown>): Span | null {
  return field.state === "set" ? placeSpan(field.origin.at) : null;
}

function buildIndex(snapshot: Snapshot): Map<string, FileIndex> {
  const files = new Map<string, FileIndex>();
  const joined = new Map<string, { readonly uses: unknown[] }>();

  /** Adds a use to the place, which is made at the first one. */
  function add<U, P extends { readonly span: Span; readonly uses: U[] }>(
    place: Place,
    kind: string,
    use: U,
    make: (span: Span) => P,
    list: (index: FileIndex) => P[],
  ): void {
    const span = placeSpan(place);
    if (!span) return;
    const key = `${kind} ${span.start} ${span.end} ${span.file}`;
    const existing = joined.get(key);
    if (existing) {
      existing.uses.push(use);
      return;
    }
    const made = make(span);
    made.uses.push(use);
    joined.set(key, made);
    list(indexFor(files, span.file)).push(made);
  }

  for (const guest of snapshot.declarations.guests) {
    const span = placeSpan(guest.at);
    if (span) indexFor(files, span.file).guests.push({ span, guest });
    for (const name of guestFields) {
      const field: Field<unknown> = guest[name];
      if (field.state !== "set" && field.state !== "unknown") continue;
      add(
        field.at,
        name,
        guest,
        (at): GuestFieldPlace => ({ span: at, field: name, uses: [] }),
        (file) => file.guestFields,
      );
    }
    for (const volume of guest.volumes) {
      const use = { guest, volume };
      add(
        volume.at,
        "volume",
        use,
        (at): VolumePlace => ({ span: at, uses: [] }),
        (file) => file.volumes,
      );
      for (const name of volumeFields) {
        const field: Field<unknown> = volume[name];
        if (field.state !== "set" && field.state !== "unknown") continue;
        add(
          field.at,
          name,
          use,
          (at): FieldPlace => ({ span: at, field: name, uses: [] }),
          (file) => file.fields,
        );
      }
    }
  }
  for (const host of snapshot.declarations.hosts) {
    const span = placeSpan(host.at);
    if (span) indexFor(files, span.file).hosts.push({ span, host });
  }
  for (const index of files.values()) {
    for (const list of [index.fields, index.guestFields, index.volumes, index.guests, index.hosts]) {
      list.sort((a: { span: Span }, b: { span: Span }) => a.span.start - b.span.start || a.span.end - b.span.end);
    }
  }
  return files;
}

function indexFor(files: Map<string, FileIndex>, file: string): FileIndex {
  let index = files.get(file);
  if (!index) {
    index = { fields: [], guestFields: [], volumes: [], guests: [], hosts: [] };
    files.set(file, index);
  }
  return index;
}
