import { readFileSync, readlinkSync, statSync } from "node:fs";
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

/** Linux gives the first namespace of processes this number (PROC_PID_INIT_INO): in another one, not all are seen. */
const firstProcesses = "pid:[4026531836]";

/** Whether there are processes that we cannot see at all: of an outer namespace, or hidden by the mount of /proc. */
export function isSeparated(): boolean {
  const namespace = readOr(() => readlinkSync("/proc/self/ns/pid"), firstProcesses);
  if (namespace !== firstProcesses) return true;
  if (process.getuid?.() === 0) return false;
  const mounts = readOr(() => readFileSync("/proc/self/mountinfo", "utf8"), "");
  return / \/proc .* - proc .*hidepid=(?:[124]|noaccess|invisible|ptraceable)/.test(mounts);
}

function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
