// The state directory of examples/homelab: real images, as a host would have them.
import { existsSync } from "node:fs";
import { chmod, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, which } from "./run.mjs";

export const example = join(root, "examples", "homelab");
export const stateDir = join(example, "state");

/** What lies on disk. The configuration in examples/homelab says something else of two of them. */
export const images = [
  { guest: "web", image: "var.img", sizeMiB: 1024, label: "web-var" },
  { guest: "web", image: "photos.img", sizeMiB: 4096, label: "web-photos" },
  { guest: "build", image: "nix-store-overlay.img", sizeMiB: 512, label: null },
  { guest: "db", image: "postgresql.img", sizeMiB: 2048, label: null },
];

/** Makes the state directory anew. Returns how the filesystems were made. */
export async function makeExample(folder = stateDir) {
  await rm(folder, { recursive: true, force: true });
  const mkfs = which("mkfs.ext4");
  for (const { guest, image, sizeMiB, label } of images) {
    await mkdir(join(folder, guest), { recursive: true });
    const path = join(folder, guest, image);
    if (mkfs === null) await writeFixture(path, sizeMiB, label);
    else await format(mkfs, path, sizeMiB, label);
    // Whoever made them, and whoever a user `microvm` of this machine is: they may be used, so nothing is said of that.
    await chmod(path, 0o666);
    await chmod(join(folder, guest), 0o777);
  }
  return mkfs ?? "a fixture (mkfs.ext4 is not installed)";
}

/** As microvm.nix does it: a sparse file of the size, then mkfs. Zeros that the kernel writes later are left out. */
async function format(mkfs, path, sizeMiB, label) {
  const file = await open(path, "wx", 0o644);
  await file.truncate(sizeMiB * 1024 * 1024);
  await file.close();
  const args = ["-q", "-E", "lazy_itable_init=1,lazy_journal_init=1", ...(label === null ? [] : ["-L", label]), path];
  if (run(mkfs, args, { stdio: ["ignore", "ignore", "inherit"] }) !== 0) throw new Error(`${mkfs} failed on ${path}`);
}

/** The same filesystem out of a compact fixture, which the tests compare with what mkfs writes. */
async function writeFixture(path, sizeMiB, label) {
  const script = join(root, "scripts", "write-example-image.mjs");
  if (!existsSync(script)) throw new Error(`neither mkfs.ext4 nor ${script} is there`);
  const { writeExampleImage } = await import(pathToFileURL(script).href);
  await writeExampleImage({ path, sizeMiB, label });
}
