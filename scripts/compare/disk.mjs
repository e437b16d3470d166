// Made-up disks for real configurations: images by real mkfs below a folder that stands for a host's root.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";

const mib = 1024 * 1024;
/** What mkfs needs at least, in MiB (domain.md §2). */
const smallest = { ext2: 8, ext3: 8, ext4: 8, xfs: 300, btrfs: 120, vfat: 40 };
/** Larger images would only cost time. */
const largest = 1024 * 1024;

/**
 * What may have become of an image of `volume` (`{ sizeMiB, fsType, label }`); each makes it at `path`, and tells whether
 * it could.
 */
export const scenarios = {
  longer: (path, { sizeMiB, fsType, label }) => filesystem(path, 2 * sizeMiB, fsType, label),
  shorter: (path, { sizeMiB, fsType, label }) => filesystem(path, half(sizeMiB, fsType), fsType, label),
  "other type": (path, { sizeMiB, fsType, label }) =>
    filesystem(
      path,
      sizeMiB,
      fsType !== "ext4" ? "ext4" : sizeMiB >= smallest.xfs ? "xfs" : "vfat",
      label?.slice(0, 11),
    ),
  "other label": (path, { sizeMiB, fsType, label }) => filesystem(path, sizeMiB, fsType, label === null ? null : "old"),
  blank: (path, { sizeMiB }) => blank(path, sizeMiB),
  truncated: (path, { sizeMiB, fsType, label }) => {
    if (!filesystem(path, 2 * sizeMiB, fsType, label)) return false;
    truncateSync(path, sizeMiB * mib);
    return true;
  },
  "filesystem not grown": (path, { sizeMiB, fsType, label }) => {
    if (!filesystem(path, half(sizeMiB, fsType), fsType, label)) return false;
    truncateSync(path, sizeMiB * mib);
    return true;
  },
  "old name": (path, { sizeMiB, fsType, label }) =>
    filesystem(join(dirname(path), "former.img"), sizeMiB, fsType, label),
  qcow2: (path, { sizeMiB }) => {
    prepare(path);
    return spawnSync("qemu-img", ["create", "-q", "-f", "qcow2", path, `${sizeMiB}M`]).status === 0;
  },
};

/**
 * A probe's answer about a host whose root is the folder `root`: the files are read by the server's own code, the paths
 * are the host's.
 */
export function hostBelow(server, root, name) {
  const machine = new server.LocalMachine();
  const below = (path) => join(root, path);
  const without = (observed) =>
    observed.state === "seen" && observed.value.startsWith(`${root}/`)
      ? { ...observed, value: observed.value.slice(root.length) }
      : observed;
  const moved = {
    lstat: (path) => machine.lstat(below(path)),
    stat: (path) => machine.stat(below(path)),
    realpath: (path) => without(machine.realpath(below(path))),
    readlink: (path) => machine.readlink(below(path)),
    list: (path) => machine.list(below(path)),
    readText: (path, most) => machine.readText(path.startsWith("/etc/") ? below(path) : path, most),
    content: (path, stat) => machine.content(below(path), stat),
    // Plenty: whether this machine has room for somebody's images is not asked here.
    space: () => ({ state: "seen", value: { freeBytes: 2 ** 50, totalBytes: 2 ** 51 }, by: "made up" }),
    breathe: () => machine.breathe(),
  };
  return {
    host: name,
    observe: (request) => {
      machine.begin();
      return server.observeMachine(moved, request, { host: name, nowMs: Date.now() });
    },
  };
}

function half(sizeMiB, fsType) {
  return Math.max(smallest[fsType] ?? 8, Math.floor(sizeMiB / 2));
}

function filesystem(path, sizeMiB, fsType, label) {
  if (!(fsType in smallest) || sizeMiB < smallest[fsType] || !blank(path, sizeMiB)) return false;
  const lazy = fsType.startsWith("ext") ? ["-q", "-E", "nodiscard,lazy_itable_init=1"] : [];
  const fast = { xfs: ["-q", "-K"], btrfs: ["-q", "-K"] }[fsType] ?? lazy;
  const named = label == null ? [] : [fsType === "vfat" ? "-n" : "-L", label];
  try {
    execFileSync(`mkfs.${fsType}`, [...fast, ...named, path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function blank(path, sizeMiB) {
  if (sizeMiB > largest || sizeMiB < 1 || existsSync(path)) return false;
  prepare(path);
  truncateSync(path, sizeMiB * mib);
  return true;
}

function prepare(path) {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "w"));
}
