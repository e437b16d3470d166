import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { succeeds, tool } from "../images.ts";

export type HostFilesystem = "ext4" | "xfs" | "btrfs";

/** A write to a disk, or (data null) a flush: everything before it is there whatever comes. */
export interface DiskEvent {
  readonly offset: number;
  readonly data: Buffer | null;
}

/** A disk whose writes are recorded, mounted at a folder. */
export interface RecordedDisk {
  /** Where it is mounted. */
  readonly mount: string;
  /** Copies what is on the disk now to a file; what is recorded begins here. */
  begin(base: string): void;
  /** What reached the disk since. */
  events(): DiskEvent[];
  stop(): Promise<void>;
}

/** Shows `store` as a disk, by a recorder (recorder.ts) and a loop device, and mounts it; `fs`: makes a filesystem first. */
export async function recordDisk(recorder: string, store: string, mount: string, fs: HostFilesystem | null) {
  const [log, point] = [`${store}.log`, `${store}.disk`];
  for (const path of [log, point]) writeFileSync(path, "");
  const child = spawn(process.execPath, [recorder, store, log, point], { stdio: "ignore" });
  // Not asked of the file: until it is mounted that is another one, and then the recorder answers.
  while (!tool("cat", "/proc/self/mounts").includes(` ${point} fuse`)) await delay(10);
  const device = tool("losetup", "--find", "--show", point).trim();
  if (fs !== null) makeFilesystem(fs, device);
  mountDisk(device, mount);
  return disk(child, { log, point, device, store, mount });
}

interface Parts {
  readonly log: string;
  readonly point: string;
  readonly device: string;
  readonly store: string;
  readonly mount: string;
}

function disk(child: ChildProcess, { log, point, device, store, mount }: Parts): RecordedDisk {
  let from = 0;
  return {
    mount,
    begin(base) {
      tool("sync", "-f", mount);
      tool("cp", "--sparse=always", store, base);
      from = statSync(log).size;
    },
    events: () => eventsOf(log, from),
    async stop() {
      tool("umount", mount);
      await detach(device, point);
      const ended = once(child, "exit");
      tool("umount", point);
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The size of the disks: xfs wants 300 MiB at least, and the images are to be copied. */
export const diskBytes = 1536 * 1024 * 1024;

function makeFilesystem(fs: HostFilesystem, device: string): void {
  // Zeroing tables in the background would only make the log longer.
  const words = fs === "ext4" ? ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"] : ["-q", "-f"];
  tool(`mkfs.${fs}`, ...words, device);
}

/** Mounts a disk at a folder, as after a start of the machine. Throws where its filesystem does not mount. */
export function mountDisk(device: string, mount: string): void {
  // btrfs remembers a disk by its UUID, and would refuse an older state of it.
  succeeds("btrfs", "device", "scan", "--forget");
  mkdirSync(mount, { recursive: true });
  tool("mount", device, mount);
}

/**
 * Takes a disk away, and waits until it is: a sandbox that somebody starts meanwhile takes mounts along into a namespace
 * of its own, and a filesystem that is still mounted there would be what the next mount shows.
 */
export async function detach(device: string, file: string): Promise<void> {
  tool("losetup", "-d", device);
  while (tool("losetup", "--noheadings", "--output", "NAME", "-j", file).includes(device)) await delay(10);
}

/** A new, empty disk. */
export function emptyStore(folder: string): string {
  const store = join(folder, "store");
  writeFileSync(store, "");
  truncateSync(store, diskBytes);
  return store;
}

function eventsOf(log: string, from: number): DiskEvent[] {
  const fd = openSync(log, "r");
  const bytes = Buffer.alloc(statSync(log).size - from);
  readSync(fd, bytes, 0, bytes.length, from);
  closeSync(fd);
  const events: DiskEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === 2) {
      events.push({ offset: 0, data: null });
      at += 1;
      continue;
    }
    const [offset, length] = [Number(bytes.readBigUInt64LE(at + 1)), bytes.readUInt32LE(at + 9)];
    events.push({ offset, data: bytes.subarray(at + 13, at + 13 + length) });
    at += 13 + length;
  }
  return events;
}

/** Writes events into a file that holds a disk. */
export function apply(path: string, events: readonly DiskEvent[]): void {
  const fd = openSync(path, "r+");
  for (const { offset, data } of events) if (data !== null) writeSync(fd, data, 0, data.length, offset);
  closeSync(fd);
}

/**
 * What may be on the disk when the power fails after `cut` events: all up to the last flush, and of what was written
 * since then every sector or not. `keeps` is asked for each piece of at most `pieceBytes`.
 */
export function eventsAt(
  events: readonly DiskEvent[],
  cut: number,
  keeps: () => boolean,
  pieceBytes = 4096,
): { readonly durable: number; readonly later: DiskEvent[] } {
  const durable = events.slice(0, cut).findLastIndex(({ data }) => data === null) + 1;
  const later = events.slice(durable, cut).flatMap(({ offset, data }) => {
    const pieces: DiskEvent[] = [];
    for (let at = 0; data !== null && at < data.length; at += pieceBytes) {
      if (keeps()) pieces.push({ offset: offset + at, data: data.subarray(at, at + pieceBytes) });
    }
    return pieces;
  });
  return { durable, later };
}
