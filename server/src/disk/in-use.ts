import type { Observed } from "./facts.ts";
import { deviceNumbers } from "./local/file-stat.ts";
import type { Machine } from "./machine.ts";

/** Who holds files open on a machine, as far as an ordinary user may know. */
export interface Holders {
  /** `major:minor:inode` of files with a lock, as /proc/locks writes them, → the process. */
  readonly locks: ReadonlyMap<string, string>;
  /** Inodes of these files: whether a file has no lock is known without writing its key. */
  readonly lockedInodes: ReadonlySet<number>;
  /** Backing files of loop devices → the device. */
  readonly loops: ReadonlyMap<string, string>;
  /** Names of guests whose systemd unit runs; null where there is no systemd to ask. */
  readonly units: ReadonlySet<string> | null;
}

/** For looking at files without asking who holds them. */
export const nobody: Holders = { locks: new Map(), lockedInodes: new Set(), loops: new Map(), units: null };

const lockTableBytes = 1 << 20;
const maxLoopDevices = 256;
const unitsFolder = "/sys/fs/cgroup/system.slice/system-microvm.slice";

/** Looks for locks, loop devices and running units, once for a whole machine. */
export async function findHolders(machine: Machine): Promise<Holders> {
  const table = await machine.readText("/proc/locks", lockTableBytes);
  const locks = table.state === "seen" ? parseLocks(table.value) : new Map<string, string>();
  return {
    locks,
    lockedInodes: new Set([...locks.keys()].map((key) => Number(key.slice(key.lastIndexOf(":") + 1)))),
    loops: await findLoops(machine),
    units: await findUnits(machine),
  };
}

/** Evidence that somebody holds this file. */
export function held(holders: Holders, realPath: string, device: number, inode: number): Observed<true> {
  const by = holderOf(holders, realPath, device, inode);
  return by === null ? nothing : { state: "seen", value: true, by };
}

/** The same evidence in words; null: no sign of anybody. */
export function holderOf(holders: Holders, realPath: string, device: number, inode: number): string | null {
  const loop = holders.loops.size === 0 ? undefined : holders.loops.get(realPath);
  if (loop !== undefined) return `loop device ${loop}`;
  if (holders.lockedInodes.size === 0 || !holders.lockedInodes.has(inode)) return null;
  const { major, minor } = deviceNumbers(device);
  return holders.locks.get(`${major}:${minor}:${inode}`) ?? null;
}

const nothing: Observed<true> = { state: "absent" };

/** Lines of proc_locks(5): `1: OFDLCK ADVISORY  READ -1 fe:00:1234 100 101`, the device in hexadecimal. */
export function parseLocks(text: string): Map<string, string> {
  const locks = new Map<string, string>();
  for (const line of text.split("\n")) {
    const found = / (-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    if (found === null) continue;
    const [, process, major = "", minor = "", inode] = found;
    const owner = process === "-1" ? "a lock (/proc/locks)" : `a lock of process ${process} (/proc/locks)`;
    locks.set(`${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}:${inode}`, owner);
  }
  return locks;
}

async function findLoops(machine: Machine): Promise<Map<string, string>> {
  const loops = new Map<string, string>();
  const devices = await machine.list("/sys/block");
  if (devices.state !== "seen") return loops;
  for (const { name } of devices.value.filter((entry) => entry.name.startsWith("loop")).slice(0, maxLoopDevices)) {
    const backing = await machine.readText(`/sys/block/${name}/loop/backing_file`, 4096);
    if (backing.state === "seen") loops.set(backing.value.replace(/\n$/, ""), `/dev/${name}`);
  }
  return loops;
}

async function findUnits(machine: Machine): Promise<Set<string> | null> {
  const slices = await machine.stat("/sys/fs/cgroup/system.slice");
  if (slices.state !== "seen") return null;
  const units = new Set<string>();
  const entries = await machine.list(unitsFolder);
  if (entries.state !== "seen") return units;
  for (const { name } of entries.value) {
    const guest = /^microvm@(.+)\.service$/.exec(name)?.[1];
    if (guest !== undefined) units.add(guest);
  }
  return units;
}
