import type { HostFacts } from "../facts.ts";
import type { Machine } from "../machine.ts";

const maxBytes = 1 << 18;

/** Numeric ids that guests run under: user `microvm`, group `kvm` (microvm.nix nixos-modules/host/options.nix). */
export async function findMicrovmUser(machine: Machine): Promise<HostFacts["microvmUser"]> {
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
  return { state: "seen", value: { uid, gid }, by: group === null ? "/etc/passwd" : "/etc/passwd and /etc/group" };
}

function entry(text: string, name: string): string[] | null {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}:`));
  return line === undefined ? null : line.split(":");
}
