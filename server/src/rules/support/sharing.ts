import { type Guest, known, type Volume } from "../../microvm/model.ts";
import type { RuleContext, VolumeOnDisk } from "../rule.ts";
import type { Subject } from "./finding.ts";

/** The other volumes that lead to the same file, and a name for it. */
export interface Sharing {
  readonly path: string;
  readonly others: readonly Subject[];
}

/**
 * Volumes that use the same file at the same time: by name within one guest, by absolute path among guests of one host,
 * and, where the host was looked at, by real path or by device and inode. Left out is what may be one machine under two
 * names, what is only read by all, and two volumes of which either may be there instead of the other.
 */
export function sharers(context: RuleContext, subjects: readonly Subject[]): ReadonlyMap<Subject, Sharing> {
  const groups = new Map<string, Subject[]>();
  for (const subject of subjects) {
    for (const key of keysOf(context, subject)) {
      const group = groups.get(key);
      if (group) group.push(subject);
      else groups.set(key, [subject]);
    }
  }
  const found = new Map<Subject, { path: string; others: Set<Subject> }>();
  for (const [key, group] of groups) {
    for (const one of group) {
      for (const other of group) {
        if (one === other || !clash(one, other)) continue;
        const entry = found.get(one) ?? { path: pathIn(key, context, one), others: new Set<Subject>() };
        entry.others.add(other);
        found.set(one, entry);
      }
    }
  }
  return new Map([...found].map(([subject, { path, others }]) => [subject, { path, others: [...others] }]));
}

function clash(a: Subject, b: Subject): boolean {
  if (a.guest !== b.guest && mayBeOneMachine(a, b)) return false;
  if (a.guest === b.guest && (a.volume.conditional !== null || b.volume.conditional !== null)) return false;
  return writes(a.volume) || writes(b.volume);
}

function writes(volume: Volume): boolean {
  return known(volume.readOnly) === false;
}

/**
 * One guest may be known by several names (domain.md §1.6), and a flake often gives the guests of its hosts a second time
 * as machines of their own. Guests in `microvm.vms` of one host are surely apart, because each has its own unit; others
 * only when they are called differently and the volumes are declared apart.
 */
function mayBeOneMachine(a: Subject, b: Subject): boolean {
  if (a.guest.host !== null && a.guest.host === b.guest.host && a.guest.name !== b.guest.name) return false;
  if (a.guest.name === b.guest.name || a.volume.at === b.volume.at) return true;
  const left = known(a.guest.hostName);
  const right = known(b.guest.hostName);
  return left === undefined || right === undefined || left === right;
}

/** All that says "this file": two volumes with a key in common use the same one. */
function keysOf(context: RuleContext, { guest, volume }: Subject): ReadonlySet<string> {
  const keys = new Set<string>();
  const image = known(volume.image);
  if (image === undefined || image === "") return keys;
  const plain = normalized(image);
  keys.add(`guest\n${guestKey(guest)}\n${plain}`);
  if (guest.host !== null) {
    const stateDir = known(guest.stateDir);
    if (plain.startsWith("/")) keys.add(`host\n${guest.host}\n${plain}`);
    else if (stateDir !== undefined)
      keys.add(`host\n${guest.host}\n${normalized(`${stateDir}/${guest.name}/${plain}`)}`);
  }
  for (const [host, places] of byHost(context.onDisk(guest, volume))) {
    const only = places[0];
    // A choice between several directories is no evidence.
    if (places.length !== 1 || !only) continue;
    keys.add(`disk\n${host}\n${only.path}`);
    if (only.image.state !== "seen") continue;
    const { realPath, device, inode, links } = only.image.value;
    if (realPath !== only.path) keys.add(`disk\n${host}\n${realPath}`);
    if (links > 1) keys.add(`inode\n${host}\n${device} ${inode}`);
  }
  return keys;
}

const guestNumbers = new WeakMap<Guest, number>();
let lastNumber = 0;

/** Names are not unique among guests: each object gets a number. */
function guestKey(guest: Guest): number {
  const before = guestNumbers.get(guest);
  if (before !== undefined) return before;
  lastNumber++;
  guestNumbers.set(guest, lastNumber);
  return lastNumber;
}

function pathIn(key: string, context: RuleContext, { guest, volume }: Subject): string {
  const [kind, , path] = key.split("\n");
  if (kind === "disk" || kind === "host") return path ?? "";
  return context.image(guest, volume)?.seen.realPath ?? known(volume.image) ?? "";
}

function byHost(places: readonly VolumeOnDisk[]): ReadonlyMap<string, readonly VolumeOnDisk[]> {
  const map = new Map<string, VolumeOnDisk[]>();
  for (const place of places) {
    const list = map.get(place.facts.host);
    if (list) list.push(place);
    else map.set(place.facts.host, [place]);
  }
  return map;
}

/** `./a//b/../c` is `a/c`: as the kernel would resolve it where no directory is a link. */
function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}
