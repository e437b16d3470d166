import { readFileSync, readlinkSync, statSync } from "node:fs";
import { readOr } from "./read-or.ts";
import type { FileIdentity } from "./same-file.ts";

/**
 * The files that a process has mapped and writes to together with others, by proc_pid_maps(5): it may have closed them.
 * `inode`: only those with this number.
 */
export function sharedMappings(pid: number, inode?: number): readonly FileIdentity[] {
  const text = readOr(() => readFileSync(`/proc/${pid}/maps`, "utf8"), "");
  if (inode !== undefined && !text.includes(` ${inode} `)) return [];
  return [...text.matchAll(/^([0-9a-f]+-[0-9a-f]+) ...s \S+ \S+ (\d+) +(\/.*)$/gm)].flatMap((found) => {
    const [, range = "", number = "", path = ""] = found;
    if (inode !== undefined && Number(number) !== inode) return [];
    if (/^\/(?:dev|memfd|proc|SYSV|sys)/.test(path)) return [];
    // The link leads to the file itself, but only for root.
    const links = [`/proc/${pid}/map_files/${range}`, `/proc/${pid}/root${path}`];
    const stats = links.map((link) => readOr<FileIdentity | null>(() => statSync(link), null)).find(Boolean);
    return stats ? [stats] : [];
  });
}

/** Linux gives the first namespaces these numbers (PROC_PID_INIT_INO, PROC_USER_INIT_INO): in others, not all are seen. */
const firstProcesses = "pid:[4026531836]";
const firstUsers = "user:[4026531837]";
/** The bit of CAP_SYS_PTRACE, which `hidepid` asks for (proc(5)): root of a unit or a container may be without it. */
const mayTrace = 1n << 19n;

/**
 * Whether there are processes that we cannot see at all: of an outer namespace, or hidden by the mount of /proc; or there
 * is no /proc to see any in.
 */
export function isSeparated(): boolean {
  if (processNamespace() !== firstProcesses) return true;
  const mounts = readOr(() => readFileSync("/proc/self/mountinfo", "utf8"), "");
  if (!/ \/proc .* - proc .*hidepid=(?:[124]|noaccess|invisible|ptraceable)/.test(mounts)) return false;
  const rights = /^CapEff:\s*([0-9a-f]+)$/m.exec(readOr(() => readFileSync("/proc/self/status", "utf8"), ""))?.[1];
  const isRoot = readOr(() => readlinkSync("/proc/self/ns/user"), "") === firstUsers;
  return !isRoot || (BigInt(`0x${rights ?? "0"}`) & mayTrace) === 0n;
}

/** The namespace in which a process has its number, by default this one; "" where that cannot be told. */
export function processNamespace(pid: number | "self" = "self"): string {
  return readOr(() => readlinkSync(`/proc/${pid}/ns/pid`), "");
}
