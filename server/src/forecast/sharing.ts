import { attached } from "../base/attached.ts";
import type { HostFacts } from "../disk/facts.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { isInstalled } from "./directories.ts";
import { rememberedOf } from "./remembered.ts";
import { type Places, type Subject, volumesOf, type World } from "./world.ts";

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
export function sharers(context: World): ReadonlyMap<Subject, Sharing> {
  const before = found.get(context);
  if (before) return before;
  const all = findSharers(context);
  found.set(context, all);
  return all;
}

/** Found once for each context: a plan and the faces ask for every guest. */
const found = attached<World, ReadonlyMap<Subject, Sharing>>();

function findSharers(context: World): ReadonlyMap<Subject, Sharing> {
  const groups = new Groups();
  for (const guest of context.declarations.guests) {
    for (const { key, subject, on } of keysOf(context, guest)) {
      if (on === null || runsOn(context, guest, on)) groups.add(key, subject);
    }
  }
  const found = new Map<Subject, { path: string; others: Set<Subject> }>();
  for (const { key, members } of groups.shared) {
    for (const one of members) {
      for (const other of members) {
        if (one === other || !clash(one, other)) continue;
        const entry = found.get(one) ?? { path: pathIn(key, context, one), others: new Set<Subject>() };
        entry.others.add(other);
        found.set(one, entry);
      }
    }
  }
  return new Map([...found].map(([subject, { path, others }]) => [subject, { path, others: [...others] }]));
}

/** Volumes by what says "this file". Nearly every key has one volume: a list is made only for the second. */
class Groups {
  readonly shared: { readonly key: string; readonly members: Subject[] }[] = [];
  readonly #first = new Map<string, Subject>();
  readonly #lists = new Map<string, Subject[]>();

  add(key: string, subject: Subject): void {
    const first = this.#first.get(key);
    if (!first) {
      this.#first.set(key, subject);
      return;
    }
    const list = this.#lists.get(key);
    if (list) {
      if (!list.includes(subject)) list.push(subject);
    } else if (first !== subject) {
      const members = [first, subject];
      this.#lists.set(key, members);
      this.shared.push({ key, members });
    }
  }
}

function clash(a: Subject, b: Subject): boolean {
  if (a.guest !== b.guest && (mayBeOneMachine(a, b) || areOnOtherHosts(a.guest, b.guest))) return false;
  if (a.guest === b.guest && (a.volume.conditional !== null || b.volume.conditional !== null)) return false;
  return writes(a.volume) || writes(b.volume);
}

function areOnOtherHosts(a: Guest, b: Guest): boolean {
  return a.host !== null && b.host !== null && a.host !== b.host;
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

/** A name for a file that a volume uses; `on`: it holds only where the guest surely runs on that host. */
interface Key {
  readonly key: string;
  readonly subject: Subject;
  readonly on: HostFacts | null;
}

/** All that says "this file" of a guest's volumes: two volumes with a key in common use the same one. */
const keysOf = rememberedOf((context: Places, guest): readonly Key[] => {
  const keys: Key[] = [];
  for (const subject of volumesOf(guest)) {
    const { volume } = subject;
    const image = known(volume.image);
    if (image === undefined || image === "") continue;
    const add = (key: string, on: HostFacts | null = null) => keys.push({ key, subject, on });
    const plain = normalized(image);
    if (guest.volumes.length > 1) add(`guest\n${guestKey(guest)}\n${plain}`);
    if (guest.host !== null) {
      const stateDir = known(guest.stateDir);
      if (plain.startsWith("/")) add(`host\n${guest.host}\n${plain}`);
      else if (stateDir !== undefined) {
        add(`host\n${guest.host}\n${normalized(`${stateDir}/${guest.name}/${plain}`)}`);
      }
    }
    const places = context.onDisk(guest, volume);
    for (const place of places) {
      const { host } = place.facts;
      // A choice between several directories is no evidence.
      if (places.length > 1 && places.some((other) => other !== place && other.facts === place.facts)) continue;
      add(`disk\n${host}\n${place.path}`, place.facts);
      if (place.image.state !== "seen") continue;
      const { realPath, device, inode, links } = place.image.value;
      if (realPath !== place.path) add(`disk\n${host}\n${realPath}`, place.facts);
      if (links > 1) add(`inode\n${host}\n${device} ${inode}`, place.facts);
    }
  }
  return keys;
});

/** The guest is surely one of that machine: by name, or because it or another one of its host is installed there. */
function runsOn(context: World, guest: Guest, facts: HostFacts): boolean {
  if (guest.host === facts.host || isInstalled(guest, facts)) return true;
  return guest.host !== null && hostsInstalledOn(context, facts).has(guest.host);
}

const installed = attached<World, Map<HostFacts, ReadonlySet<string>>>();

function hostsInstalledOn(context: World, facts: HostFacts): ReadonlySet<string> {
  let byFacts = installed.get(context);
  if (!byFacts) {
    byFacts = new Map();
    installed.set(context, byFacts);
  }
  let names = byFacts.get(facts);
  if (!names) {
    const there = context.declarations.guests.filter((guest) => isInstalled(guest, facts));
    names = new Set(there.flatMap(({ host }) => host ?? []));
    byFacts.set(facts, names);
  }
  return names;
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

function pathIn(key: string, context: World, { guest, volume }: Subject): string {
  const [kind, , path] = key.split("\n");
  if (kind === "disk" || kind === "host") return path ?? "";
  return context.image(guest, volume)?.seen.realPath ?? known(volume.image) ?? "";
}

/** `./a//b/../c` is `a/c`: as the kernel would resolve it where no directory is a link. */
function normalized(path: string): string {
  if (!/\/\/|\.\.?(\/|$)|\/$/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}
