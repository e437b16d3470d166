import type { HostFacts, ImageFacts } from "../../disk/facts.ts";
import type { RuleContext, VolumeOnDisk } from "../rule.ts";
import type { Subject } from "./finding.ts";

/** The volume's image where there is exactly one and it could be read. */
export type SeenImage = VolumeOnDisk & { readonly seen: ImageFacts };

/** The parent directory of an absolute path. */
export function directoryOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

/** Bytes that the guest sees as its disk; null when the container could not be read or is not a file or block device. */
export function virtualBytes(image: ImageFacts): number | null {
  if (image.kind !== "regular" && image.kind !== "block-device") return null;
  return image.container.state === "seen" ? image.container.value.virtualBytes : null;
}

/** `raw`, `qcow2` …; null when it could not be read. */
export function containerFormat(image: ImageFacts): string | null {
  return image.container.state === "seen" ? image.container.value.format : null;
}

/**
 * Volumes on the same host that lead to the same file, by path, by real path or by device and inode. Only hosts where
 * each volume has exactly one place are judged: a choice between several directories is no evidence.
 */
export function sharers(context: RuleContext, subjects: readonly Subject[]): ReadonlyMap<Subject, readonly Subject[]> {
  const groups = new Map<string, Subject[]>();
  for (const subject of subjects) {
    const keys = new Set<string>();
    for (const [host, places] of byHost(context.onDisk(subject.guest, subject.volume))) {
      const only = places[0];
      if (places.length !== 1 || !only) continue;
      keys.add(`${host} path ${only.path}`);
      if (only.image.state !== "seen") continue;
      const { realPath, device, inode } = only.image.value;
      keys.add(`${host} path ${realPath}`);
      if (inode > 0) keys.add(`${host} inode ${device} ${inode}`);
    }
    for (const key of keys) {
      const group = groups.get(key);
      if (group) group.push(subject);
      else groups.set(key, [subject]);
    }
  }
  const result = new Map<Subject, Set<Subject>>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    for (const one of group) {
      const others = result.get(one) ?? new Set<Subject>();
      for (const other of group) if (other !== one) others.add(other);
      result.set(one, others);
    }
  }
  return new Map([...result].map(([subject, others]) => [subject, [...others]]));
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

/**
 * Whether the user `microvm` (group `kvm`) may use a file or directory with these owners and permission bits for
 * `wanted`: a sum of 4 read, 2 write, 1 execute. Null when the ids of that user are not known on this host.
 */
export function microvmMay(
  facts: HostFacts,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
  wanted: number,
): boolean | null {
  if (facts.microvmUser.state !== "seen") return null;
  const { uid, gid } = facts.microvmUser.value;
  const bits = owner.uid === uid ? owner.mode >> 6 : owner.gid === gid ? owner.mode >> 3 : owner.mode;
  return (bits & wanted) === wanted;
}
