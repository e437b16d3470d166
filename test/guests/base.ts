import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpio, type Entry, file, folder, link } from "./cpio.ts";

/** What every guest boots: a kernel, and the archive that its own files follow. */
export interface Base {
  readonly kernel: string;
  readonly initrd: string;
}

/** Filesystems and the hardware that QEMU shows; ext2, ext3 and ext4 are built into the kernel. */
const modules = [
  "virtio_pci",
  "virtio_blk",
  "overlay",
  "xfs",
  "btrfs",
  "vfat",
  "nls_cp437",
  "nls_ascii",
  "nls_iso8859_1",
];

/**
 * The very programs that a NixOS guest mounts with: udev names devices by what libblkid says, Busybox has some of these too, and they answer otherwise.
 */
const programs = [
  "/usr/sbin/blkid",
  "/usr/bin/mount",
  "/usr/bin/umount",
  "/usr/sbin/e2fsck",
  "/usr/sbin/fsck.fat",
  "/usr/sbin/mke2fs",
  "/usr/sbin/mkfs.xfs",
  "/usr/sbin/mkfs.btrfs",
  "/usr/sbin/resize2fs",
  "/usr/sbin/xfs_growfs",
  "/usr/bin/btrfs",
] as const;

/**
 * Debian's cloud kernel and an initramfs of busybox, made once for each version of the kernel and of these files, in the
 * user's cache. Needs apt-get for the kernel (only downloaded and unpacked, never installed).
 */
export function guestBase(): Base {
  const kernel = /Depends: (linux-image-\S+)/.exec(output("apt-cache", ["depends", "linux-image-cloud-amd64"]))?.[1];
  if (kernel === undefined) throw new Error("apt knows no linux-image-cloud-amd64");
  const init = readFileSync(fileURLToPath(new URL("inside/init", import.meta.url)), "utf8");
  const recipe = createHash("sha256")
    .update(JSON.stringify([init, modules, programs]))
    .digest("hex")
    .slice(0, 12);
  const home = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "microvm-lens-tests/guests");
  const unpacked = join(home, kernel);
  if (!existsSync(unpacked)) making(unpacked, (scratch) => unpackKernel(kernel, scratch));
  const base = join(home, `${kernel}-${recipe}`);
  if (!existsSync(base)) making(base, (scratch) => pack(unpacked, init, scratch));
  return { kernel: join(base, "vmlinuz"), initrd: join(base, "initrd") };
}

/** What is made appears under its name when it is whole. */
function making(place: string, make: (scratch: string) => void): void {
  const scratch = `${place}.making-${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  try {
    make(scratch);
    renameSync(scratch, place);
  } catch (problem) {
    rmSync(scratch, { recursive: true, force: true });
    if (!existsSync(place)) throw problem;
  }
}

function unpackKernel(name: string, scratch: string): void {
  execFileSync("apt-get", ["-qq", "download", name], { cwd: scratch, stdio: ["ignore", "ignore", "pipe"] });
  for (const archive of readdirSync(scratch).filter((entry) => entry.endsWith(".deb"))) {
    execFileSync("dpkg-deb", ["-x", join(scratch, archive), scratch]);
    rmSync(join(scratch, archive));
  }
  const version = versionIn(scratch);
  execFileSync("depmod", ["-b", scratch, version], { env: withAdminPath() });
}

function versionIn(unpacked: string): string {
  return readdirSync(join(unpacked, "lib/modules"))[0] as string;
}

function pack(unpacked: string, init: string, scratch: string): void {
  const version = versionIn(unpacked);
  const library = `lib/modules/${version}`;
  const entries = new Map<string, Entry>();
  const add = (entry: Entry) => {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join("/");
      if (!entries.has(parent)) entries.set(parent, folder(parent));
    }
    entries.set(entry.path, entry);
  };
  add(file("init", init));
  for (const name of ["proc", "sys", "dev", "tmp", "run", "sysroot"]) add(folder(name));
  add(file("bin/busybox", readFileSync(realpathSync(which("busybox")))));
  for (const applet of output("busybox", ["--list"]).split("\n")) {
    if (applet !== "" && applet !== "busybox") add(link(`bin/${applet}`, "busybox"));
  }
  for (const path of moduleFiles(join(unpacked, library))) {
    add(file(`${library}/${path}`, readFileSync(join(unpacked, library, path)), 0o644));
  }
  for (const name of readdirSync(join(unpacked, library)).filter((each) => each.startsWith("modules."))) {
    add(file(`${library}/${name}`, readFileSync(join(unpacked, library, name)), 0o644));
  }
  for (const program of programs) {
    // Their own folder comes first in the PATH of init, before busybox's programs of the same name.
    add(file(`real/${basename(program)}`, readFileSync(program)));
    for (const needed of libraries(program)) add(file(needed.slice(1), readFileSync(needed)));
  }
  for (const name of ["mkfs.ext2", "mkfs.ext3", "mkfs.ext4"]) add(link(`real/${name}`, "mke2fs"));
  writeFileSync(join(scratch, "initrd"), cpio([...entries.values()]));
  cpSync(join(unpacked, "boot", `vmlinuz-${version}`), join(scratch, "vmlinuz"));
}

/** The modules and all that they need, as depmod found out. */
function moduleFiles(library: string): ReadonlySet<string> {
  const lines = readFileSync(join(library, "modules.dep"), "utf8").split("\n");
  const files = new Set<string>();
  for (const line of lines) {
    const [path = "", needs = ""] = line.split(":");
    if (!modules.some((name) => basename(path).replaceAll("-", "_") === `${name}.ko`)) continue;
    for (const each of [path, ...needs.split(" ").filter(Boolean)]) files.add(each);
  }
  return files;
}

/** The shared libraries of a program, and its loader. */
function libraries(program: string): readonly string[] {
  return [...output("ldd", [program]).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string);
}

function which(name: string): string {
  return output("sh", ["-c", 'command -v -- "$1"', "sh", name]).trim();
}

function output(program: string, argv: readonly string[]): string {
  return execFileSync(program, argv, { encoding: "utf8", env: withAdminPath(), maxBuffer: 16 << 20 });
}

/** Some distributions keep administration programs out of the PATH of a user. */
function withAdminPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
}
