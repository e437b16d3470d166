import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { deviceNumbers } from "../../disk/local/file-stat.ts";
import { loopsMadeOf } from "./loops.ts";
import { isSeparated, sharedMappings } from "./processes.ts";
import { readOr } from "./read-or.ts";
import { type FileIdentity, sameFile } from "./same-file.ts";

const text = messages("operation.holder", {
  process: { en: "process {name} ({pid}) has it open", "zh-cn": "进程 {name}（{pid}）已打开它" },
  lockOf: { en: "process {name} ({pid}) holds a lock on it", "zh-cn": "进程 {name}（{pid}）持有它的锁" },
  lock: { en: "another process holds a lock on it (/proc/locks)", "zh-cn": "有进程持有它的锁（/proc/locks）" },
  loop: { en: "loop device {device} is made of it", "zh-cn": "循环设备 {device} 由它构成" },
  mounted: { en: "it is mounted at {point}", "zh-cn": "它挂载于 {point}" },
  separated: {
    en: "processes outside of this container, or hidden by the mount of /proc, cannot be seen",
    "zh-cn": "无法看到此容器之外的进程，或被 /proc 的挂载选项隐藏的进程",
  },
  others: {
    en: "only root sees what processes of other users have open",
    "zh-cn": "只有 root 能看到其他用户的进程打开了什么",
  },
  loops: {
    en: "of a loop device it cannot be seen what it is made of",
    "zh-cn": "无法看到某个循环设备由什么构成",
  },
  locks: { en: "/proc/locks cannot be read", "zh-cn": "无法读取 /proc/locks" },
});

/** Who holds a file. */
export interface Holders {
  readonly found: readonly Text[];
  /** Why somebody may hold the file without our seeing it; null: everybody is seen. */
  readonly unseen: Text | null;
}

/** True for a holder that is a process, not a device or a mount. */
export function isProcess({ id }: Text): boolean {
  return id === "operation.holder.process" || id === "operation.holder.lockOf";
}

/** The files that processes have open, as `device:inode`, with their processes: one look for many files. */
export interface OpenFiles {
  readonly pids: ReadonlyMap<string, readonly number[]>;
  readonly hidden: boolean;
}

/** Looks through all processes once. This process itself does not count. */
export function openFiles(): OpenFiles {
  const pids = new Map<string, number[]>();
  let hidden = false;
  for (const [pid, descriptors] of processes()) {
    if (descriptors === null) hidden = true;
    const own = (descriptors ?? []).flatMap((fd) =>
      isFileOf(`/proc/${pid}`, fd) ? (statOf(`/proc/${pid}/fd/${fd}`) ?? []) : [],
    );
    for (const stats of [...own, ...sharedMappings(pid)]) {
      const key = `${stats.dev}:${stats.ino}`;
      const own = pids.get(key) ?? [];
      if (!own.includes(pid)) pids.set(key, [...own, pid]);
    }
  }
  return { pids, hidden };
}

/**
 * Looks for open descriptors, shared mappings, locks, loop devices and mounts of a file, by device and inode; `open`: what {@link openFiles} saw a moment ago.
 * This process itself does not count.
 */
export function findHolders(file: FileIdentity, open?: OpenFiles): Holders {
  const known = open && { pids: open.pids.get(`${file.dev}:${file.ino}`) ?? [], hidden: open.hidden };
  const { pids, hidden } = known ?? processesWith(file);
  const found: Text[] = pids.map((pid) => text.process({ name: nameOf(pid), pid }));
  for (const pid of lockers(file)) {
    if (pid === process.pid || pids.includes(pid)) continue;
    if (pid > 0) found.push(text.lockOf({ name: nameOf(pid), pid }));
    // Locks of open file descriptions name no process; whoever holds one has the file open.
    else if (pids.length === 0) found.push(text.lock());
  }
  const loops = loopsMadeOf(file);
  found.push(...loops.found.flatMap(describeLoop));
  return { found, unseen: whyUnseen(hidden, loops.unseen) };
}

/** Why some who hold a file, whichever it is, cannot be seen from here; null: everybody is seen. */
export function unseenHere(): Text | null {
  return findHolders({ dev: -1, ino: -1 }).unseen;
}

function whyUnseen(hidden: boolean, loopsUnseen: boolean): Text | null {
  if (isSeparated()) return text.separated();
  if (hidden) return text.others();
  if (readOr(() => readFileSync("/proc/locks", "utf8"), null) === null) return text.locks();
  return loopsUnseen ? text.loops() : null;
}

function processesWith(file: FileIdentity): { pids: number[]; hidden: boolean } {
  const pids: number[] = [];
  let hidden = false;
  for (const [pid, descriptors] of processes()) {
    if (descriptors === null) hidden = true;
    else if (descriptors.some((fd) => leadsTo(`/proc/${pid}`, fd, file)) || maps(pid, file)) pids.push(pid);
  }
  return { pids, hidden };
}

function maps(pid: number, file: FileIdentity): boolean {
  return sharedMappings(pid, file.ino).some((mapped) => sameFile(mapped, file));
}

/** Every other process with its descriptors; null: this user may not see them. */
function* processes(): Generator<readonly [number, readonly string[] | null]> {
  for (const name of namesIn("/proc") ?? []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    yield [pid, descriptorsOf(name)];
  }
}

function descriptorsOf(pid: string): readonly string[] | null {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    // One that has ended holds nothing, even while its parent has not asked for it yet (a zombie).
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM" ? null : [];
  }
}

/** Sockets, pipes and devices are not asked: a file on a dead server would not answer either. */
function isFileOf(folder: string, fd: string): boolean {
  const link = readOr(() => readlinkSync(`${folder}/fd/${fd}`), "");
  return link.startsWith("/") && !/^\/(dev|proc|sys)\//.test(link);
}

function leadsTo(folder: string, fd: string, file: FileIdentity): boolean {
  if (!isFileOf(folder, fd)) return false;
  const inode = /^ino:\s*(\d+)$/m.exec(readOr(() => readFileSync(`${folder}/fdinfo/${fd}`, "utf8"), ""));
  if (inode !== null && Number(inode[1]) !== file.ino) return false;
  const stats = statOf(`${folder}/fd/${fd}`);
  return stats !== null && sameFile(stats, file);
}

/** Processes that hold a lock by proc_locks(5); -1 for locks of open file descriptions. */
function lockers(file: FileIdentity): readonly number[] {
  const { major, minor } = deviceNumbers(file.dev);
  const pids = new Set<number>();
  for (const line of readOr(() => readFileSync("/proc/locks", "utf8"), "").split("\n")) {
    // A line with `->` waits for the lock.
    const found = / (-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    if (found === null || Number(found[4]) !== file.ino) continue;
    const [lockMajor, lockMinor] = [Number.parseInt(found[2] as string, 16), Number.parseInt(found[3] as string, 16)];
    // btrfs and others give stat(2) a device of their own (major 0), which differs from the one in /proc/locks.
    if ((lockMajor === major && lockMinor === minor) || major === 0) pids.add(Number(found[1]));
  }
  return [...pids];
}

function describeLoop(device: string): Text[] {
  const points = mountPointsOf(device);
  if (points.length === 0) return [text.loop({ device })];
  return points.map((point) => text.mounted({ point: printable(point) }));
}

/** Where a device is mounted, by proc_pid_mountinfo(5). */
export function mountPointsOf(device: string): readonly string[] {
  return mounts()
    .filter((mount) => mount.source === device)
    .map(({ point }) => point);
}

/** Whether something is mounted right there. */
export function isMountPoint(path: string): boolean {
  return mounts().some(({ point }) => point === path);
}

function mounts(): { readonly point: string; readonly source: string }[] {
  const lines = readOr(() => readFileSync("/proc/self/mountinfo", "utf8"), "").split("\n");
  return lines.filter(Boolean).map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    return { point: unescaped(before.split(" ")[4] ?? ""), source: unescaped(after.split(" ")[1] ?? "") };
  });
}

function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function nameOf(pid: number): string {
  return printable(readOr(() => readFileSync(`/proc/${pid}/comm`, "utf8"), "?").trim());
}

function namesIn(folder: string): readonly string[] | null {
  return readOr(() => readdirSync(folder), null);
}

function statOf(path: string): FileIdentity | null {
  return readOr(() => statSync(path), null);
}
