import { posix } from "node:path";
import type { HostFacts, Observed } from "../facts.ts";
import type { Machine } from "../machine.ts";

const maxBytes = 1 << 18;

/** Where microvm.nix keeps guests unless told otherwise (nixos-modules/host/options.nix). */
const defaultPlace = "/var/lib/microvms";

/** Whose the state directory is, as a look at it showed; undefined where nobody looked. */
type Owner = Observed<{ readonly uid: number }> | undefined;

/**
 * Numeric ids that the guests of a state directory run under: user `microvm`, group `kvm` (microvm.nix
 * nixos-modules/host/options.nix). Absent where the machine has no such user, and for a directory that no host starts
 * guests from (a copy, a backup, an example): tmpfiles gives a host's own to that user at each boot, so that another one
 * belongs to whoever made it, and its guests run as nobody yet. The default place is a host's own whoever it belongs to.
 */
export async function findMicrovmUser(
  machine: Machine,
  stateDir: string,
  owner: Owner,
): Promise<HostFacts["microvmUser"]> {
  const users = await machine.readText("/etc/passwd", maxBytes);
  if (users.state !== "seen") return users;
  const user = entry(users.value, "microvm");
  if (user === null) return { state: "absent" };
  const groups = await machine.readText("/etc/group", maxBytes);
  const group = groups.state === "seen" ? entry(groups.value, "kvm") : null;
  const uid = Number(user[2]);
  const gid = Number(group?.[2] ?? user[3]);
  if (!Number.isSafeInteger(uid) || !Number.isSafeInteger(gid)) {
    return { state: "unreadable", reason: "malformed", detail: "the entry of user microvm in /etc/passwd" };
  }
  const isOwn = owner?.state === "seen" && owner.value.uid === uid;
  if (!isOwn && posix.resolve(stateDir) !== defaultPlace) return { state: "absent" };
  return { state: "seen", value: { uid, gid }, by: group === null ? "/etc/passwd" : "/etc/passwd and /etc/group" };
}

function entry(text: string, name: string): string[] | null {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}:`));
  return line === undefined ? null : line.split(":");
}
