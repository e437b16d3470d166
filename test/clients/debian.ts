import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder of a Debian package: installed, or unpacked into the cache of the tests, which needs no rights. null where the
 * package cannot be had.
 */
export function debianPackage(name: string, folder: string): string | null {
  const installed = `/${folder}`;
  if (existsSync(installed)) return installed;
  const cache = join(process.env["MICROVM_LENS_CACHE"] ?? join(tmpdir(), "microvm-lens-cache"), name);
  const unpacked = join(cache, folder);
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(cache, { recursive: true });
  if (spawnSync("apt-get", ["download", name], { cwd: cache }).status !== 0) return null;
  for (const file of readdirSync(cache).filter((entry) => entry.endsWith(".deb"))) {
    if (spawnSync("dpkg-deb", ["-x", join(cache, file), cache]).status !== 0) return null;
  }
  return existsSync(unpacked) ? unpacked : null;
}
