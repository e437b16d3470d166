import type { HostFacts, ImageFacts } from "../../disk/facts.ts";
import type { VolumeOnDisk } from "../world.ts";

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
 * Whether the user `microvm` (group `kvm`) may use a file or directory with these owners and permission bits for
 * `wanted`: a sum of 4 read, 2 write, 1 execute. Null when the ids are not known on this host, or when it depends on
 * further groups that the user may be in (issue #223 of microvm.nix: `extraGroups` is the advised way to a device).
 */
export function microvmMay(
  facts: HostFacts,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
  wanted: number,
): boolean | null {
  if (facts.microvmUser.state !== "seen") return null;
  const { uid, gid } = facts.microvmUser.value;
  const allows = (bits: number) => (bits & wanted) === wanted;
  if (owner.uid === uid) return allows(owner.mode >> 6);
  if (owner.gid === gid) return allows(owner.mode >> 3);
  // Nobody puts a user into root's own group.
  if (owner.gid === 0) return allows(owner.mode);
  const asGroup = allows(owner.mode >> 3);
  return asGroup === allows(owner.mode) ? asGroup : null;
}
