import { attached } from "../../base/attached.ts";
import type { Span } from "../../base/span.ts";
import type { Snapshot } from "../../engine/engine.ts";
import type { Field, Guest, Host, Volume } from "../../microvm/model.ts";
import { type Place, placeSpan } from "../../nix/eval/value.ts";
import { type Node, standing } from "../../nix/syntax/ast.ts";
import { childrenOf } from "../../nix/syntax/children.ts";
import { wordAround } from "./word.ts";

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

/** Something declared, where it stands, and for whom: several, when a function or a module is shared. */
interface Declared<Kind extends string, Use> {
  readonly kind: Kind;
  readonly uses: Use[];
  /** Computed when first asked for: most places are never looked at. */
  readonly span: Span;
}

export interface FieldPlace extends Declared<"field", VolumeUse> {
  readonly field: VolumeField;
}
export interface GuestFieldPlace extends Declared<"guest-field", Guest> {
  readonly field: GuestField;
}
export type VolumePlace = Declared<"volume", VolumeUse>;
export type GuestPlace = Declared<"guest", Guest>;
export type HostPlace = Declared<"host", Host>;
type AnyPlace = FieldPlace | GuestFieldPlace | VolumePlace | GuestPlace | HostPlace;

/** Where everything of one snapshot stands. */
class Index {
  /** By syntax node, or by its numbers where only a span is known. */
  readonly #byPlace = new Map<object | string, AnyPlace[]>();
  readonly #snapshot: Snapshot;
  readonly #all: AnyPlace[] = [];
  readonly #inFile = new Map<string, readonly AnyPlace[]>();

  constructor(snapshot: Snapshot) {
    const { declarations } = snapshot;
    this.#snapshot = snapshot;
    for (const guest of declarations.guests) {
      this.#add(guest.at, "guest", null, guest);
      for (const name of guestFields) this.#addField(guest[name], "guest-field", name, guest);
      for (const volume of guest.volumes) {
        const use = { guest, volume };
        this.#add(volume.at, "volume", null, use);
        for (const name of volumeFields) this.#addField(volume[name], "field", name, use);
      }
    }
    for (const host of declarations.hosts) this.#add(host.at, "host", null, host);
  }

  /** What is declared by one syntax node, or at one span. */
  at(place: object | string): readonly AnyPlace[] {
    return this.#byPlace.get(place) ?? [];
  }

  /** Places of one kind in a file, in order of appearance; `field` limits them further. */
  inFile(file: string, kind: AnyPlace["kind"], field: string | null): readonly AnyPlace[] {
    const key = `${kind} ${field ?? ""} ${file}`;
    let found = this.#inFile.get(key);
    if (!found) {
      found = this.#all
        .filter((place) => place.kind === kind && (field === null || ("field" in place && place.field === field)))
        .filter((place) => place.span.file === file)
        .sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
      this.#inFile.set(key, found);
    }
    return found;
  }

  #addField(field: Field<unknown>, kind: AnyPlace["kind"], name: string, use: unknown): void {
    if (field.state === "set" && this.#isGone(field.origin.at)) return;
    if (field.state === "set" || field.state === "unknown") this.#add(field.at, kind, name, use);
  }

  /** What was written there is something else by now, and nobody has evaluated that yet. */
  #isGone(place: Place): boolean {
    if (!this.#snapshot.outdated || place === null || !("kind" in place)) return false;
    let at = standing(place);
    while (at.parent) {
      if (standing(at.parent) !== at.parent) return true;
      at = at.parent;
    }
    return at.kind !== "root" || this.#snapshot.tree(at.file)?.root !== at;
  }

  #add(place: Place, kind: AnyPlace["kind"], field: string | null, use: unknown): void {
    if (place === null) return;
    const key = placeKey(place);
    const here = this.#byPlace.get(key);
    const known = here?.find(
      (each) => each.kind === kind && (field === null || ("field" in each && each.field === field)),
    );
    if (known) {
      (known.uses as unknown[]).push(use);
      return;
    }
    const made = new Stands(place, kind, field, use) as unknown as AnyPlace;
    this.#all.push(made);
    if (here) here.push(made);
    else this.#byPlace.set(key, [made]);
  }
}

class Stands {
  readonly kind: AnyPlace["kind"];
  readonly field: string | null;
  readonly uses: unknown[];
  readonly #place: Place;
  #span: Span | null = null;

  constructor(place: Place, kind: AnyPlace["kind"], field: string | null, use: unknown) {
    this.#place = place;
    this.kind = kind;
    this.field = field;
    this.uses = [use];
  }

  get span(): Span {
    this.#span ??= placeSpan(this.#place) ?? { file: "<nowhere>", start: 0, end: 0 };
    return this.#span;
  }
}

const indexes = attached<Snapshot, Index>();

/** Fields of volumes in a file: all, or those of one option. */
export function fieldsIn(snapshot: Snapshot, file: string, field: VolumeField | null = null): readonly FieldPlace[] {
  return indexOf(snapshot).inFile(file, "field", field) as readonly FieldPlace[];
}

/** Volumes that are declared in a file. */
export function volumesIn(snapshot: Snapshot, file: string): readonly VolumePlace[] {
  return indexOf(snapshot).inFile(file, "volume", null) as readonly VolumePlace[];
}

/** Guests that are declared in a file. */
export function guestsIn(snapshot: Snapshot, file: string): readonly GuestPlace[] {
  return indexOf(snapshot).inFile(file, "guest", null) as readonly GuestPlace[];
}

/** What is declared around an offset, from the inside. */
export function* declaredAround(snapshot: Snapshot, file: string, offset: number): Generator<AnyPlace> {
  const root = snapshot.tree(file)?.root;
  if (!root) return;
  const index = indexOf(snapshot);
  for (const { node, start } of nodesAround(root, offset)) {
    yield* index.at(node);
    yield* index.at(spanKey({ file, start, end: start + node.length }));
  }
}

/** The option of a volume or of a guest that is written around an offset; the innermost one. */
export function fieldAround(snapshot: Snapshot, file: string, offset: number): FieldPlace | GuestFieldPlace | null {
  const word = wordAt(snapshot.tree(file)?.text ?? "", offset);
  let first: FieldPlace | GuestFieldPlace | null = null;
  for (const place of declaredAround(snapshot, file, offset)) {
    if (place.kind !== "field" && place.kind !== "guest-field") continue;
    // `inherit (x) image size;` gives several: the one whose name the cursor touches is meant.
    if (optionName(place.field) === word) return place;
    if (first && first.span.end - first.span.start < place.span.end - place.span.start) break;
    first ??= place;
  }
  return first;
}

/** Where a field was given; null for defaults and missing ones. */
export function fieldAt(field: Field<unknown>): Span | null {
  return field.state === "set" || field.state === "unknown" ? placeSpan(field.at) : null;
}

/** Where a field's value is written, following names to the literal; null when that is not in a file. */
export function writtenAt(field: Field<unknown>): Span | null {
  return field.state === "set" ? placeSpan(field.origin.at) : null;
}

function indexOf(snapshot: Snapshot): Index {
  let index = indexes.get(snapshot);
  if (!index) {
    index = new Index(snapshot);
    indexes.set(snapshot, index);
  }
  return index;
}

/** The nodes that hold an offset, the innermost first; a node's end counts, because the cursor stands there after typing. */
export function nodesAround(root: Node, offset: number): { node: Node; start: number }[] {
  const path: { node: Node; start: number }[] = [];
  let node: Node | null = root;
  let start = root.offset;
  while (node) {
    path.push({ node, start });
    const inside: number = start;
    const children: readonly Node[] = childrenOf(node);
    // The last one that begins before the offset: `a` and `b` in `a|b` both touch it.
    const next: Node | undefined = children.findLast(
      (child) => inside + child.offset <= offset && offset <= inside + child.offset + child.length,
    );
    node = next ?? null;
    start += next?.offset ?? 0;
  }
  return path.reverse();
}

function placeKey(place: NonNullable<Place>): object | string {
  return "kind" in place ? standing(place) : spanKey(place);
}

function spanKey({ file, start, end }: Span): string {
  return `${start} ${end} ${file}`;
}

function wordAt(text: string, offset: number): string {
  const { start, end } = wordAround(text, offset, /[\w'-]/);
  return text.slice(start, end);
}
