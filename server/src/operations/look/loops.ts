import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { deviceNumbers } from "../../disk/local/file-stat.ts";
import { programEnvironment } from "../program.ts";
import { readOr } from "./read-or.ts";
import { type FileIdentity, sameFile } from "./same-file.ts";

/** Loop devices that are made of a file. */
export interface Loops {
  /** `/dev/loop3` */
  readonly found: readonly string[];
  /** True when of some loop device it cannot be seen what it is made of. */
  readonly unseen: boolean;
}

/** losetup answers at once, or something is wrong. */
const timeoutMs = 10_000;

/**
 * Looks for the loop devices of all mount namespaces. The kernel tells a path, which means nothing in another namespace than
 * the one in which the device was made, and device and inode (LOOP_GET_STATUS64), which need root and losetup(8).
 */
export function loopsMadeOf(file: FileIdentity): Loops {
  const seen = lookForLoops(file);
  // One that was being made or taken away in this very moment is nothing that cannot be seen.
  return seen.unseen ? lookForLoops(file) : seen;
}

function lookForLoops(file: FileIdentity): Loops {
  const devices = namesIn("/sys/block");
  if (devices === null) return { found: [], unseen: true };
  const loops = devices.flatMap((name) => {
    const path = name.startsWith("loop") ? textOf(`/sys/block/${name}/loop/backing_file`).replace(/\n$/, "") : "";
    return path === "" ? [] : [{ device: `/dev/${name}`, path: path.replace(/ \(deleted\)$/, "") }];
  });
  if (loops.length === 0) return { found: [], unseen: false };
  const asked = askLosetup();
  const roots = mountNamespaces();
  const found: string[] = [];
  let unseen = false;
  for (const { device, path } of loops) {
    const seen = roots.flatMap((root) => statOf(root + path) ?? []);
    const told = asked.get(device);
    const verdict = (told && matches(told, file)) ?? "unknown";
    if (verdict === "yes" || (verdict !== "no" && seen.some((stats) => sameFile(stats, file)))) found.push(device);
    else if (verdict === "perhaps" && seen.length === 0) found.push(device);
    else if (verdict === "unknown" && seen.length === 0) unseen = true;
  }
  return { found, unseen };
}

interface Backing {
  readonly major: number;
  readonly minor: number;
  readonly inode: number;
}

function matches({ major, minor, inode }: Backing, file: FileIdentity): "yes" | "no" | "perhaps" {
  if (inode !== file.ino) return "no";
  const own = deviceNumbers(file.dev);
  if (own.major === major && own.minor === minor) return "yes";
  // btrfs and others give stat(2) a device of their own (major 0), which differs from that of the filesystem.
  return own.major === 0 ? "perhaps" : "no";
}

function askLosetup(): Map<string, Backing> {
  const argv = ["--list", "--noheadings", "--output", "NAME,BACK-MAJ:MIN,BACK-INO"];
  const { stdout, status } = spawnSync("losetup", argv, {
    encoding: "utf8",
    timeout: timeoutMs,
    env: programEnvironment(),
  });
  const answers = new Map<string, Backing>();
  for (const line of status === 0 ? stdout.split("\n") : []) {
    const found = /^(\/dev\/loop\d+) +(\d+):(\d+) +(\d+)$/.exec(line.trim());
    if (!found) continue;
    const [major = 0, minor = 0, inode = 0] = found.slice(2).map(Number);
    answers.set(found[1] as string, { major, minor, inode });
  }
  return answers;
}

/** One root for each mount namespace that can be looked into; our own is "". */
function mountNamespaces(): readonly string[] {
  const roots = new Map([[linkOf("/proc/self/ns/mnt"), ""]]);
  for (const name of namesIn("/proc") ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const namespace = linkOf(`/proc/${name}/ns/mnt`);
    if (namespace !== "" && !roots.has(namespace)) roots.set(namespace, `/proc/${name}/root`);
  }
  return [...roots.values()];
}

function namesIn(folder: string): readonly string[] | null {
  return readOr<readonly string[] | null>(() => readdirSync(folder), null);
}

function textOf(path: string): string {
  return readOr(() => readFileSync(path, "utf8"), "");
}

function linkOf(path: string): string {
  return readOr(() => readlinkSync(path), "");
}

function statOf(path: string): FileIdentity | null {
  return readOr(() => statSync(path), null);
}
