// Writes nix/node-modules.json: the packages that a build needs, and the hash of the folder that `npm ci` makes of them for
// each system, which Nix wants to know before it lets a build fetch anything. Needs Nix (nix-hash) and an npm registry.
// With --check nothing is fetched or written: says when the list is not what the lock file and the bundles say.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extract } from "tar";
import { bundledPackages } from "../lib/contents.mjs";
import { output, root } from "../lib/run.mjs";

const file = join(root, "nix", "node-modules.json");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
const systems = {
  "x86_64-linux": "linux-x64",
  "aarch64-linux": "linux-arm64",
  "x86_64-darwin": "darwin-x64",
  "aarch64-darwin": "darwin-arm64",
};

// A package that lies within another one comes with it.
const own = bundledPackages().map(({ path }) => path.split("/node_modules/")[0]);
const paths = [...new Set(["esbuild", ...own])].sort();
/** Folders below node_modules, with the versions that the lock file gives them. */
const packages = Object.fromEntries(paths.map((path) => [path, lock[`node_modules/${path}`].version]));

if (process.argv.includes("--check")) {
  const written = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
  if (JSON.stringify(written) !== JSON.stringify(packages)) {
    console.error("stale, run node scripts/package/node-modules.mjs: nix/node-modules.json");
    process.exitCode = 1;
  }
} else {
  const hashes = Object.fromEntries(Object.keys(systems).map((system) => [system, hashFor(system)]));
  writeFileSync(file, `${JSON.stringify({ packages, hashes }, null, 2)}\n`);
}

/** The hash of what nix/packages.nix takes out of `npm ci` on that system. */
function hashFor(system) {
  const scratch = mkdtempSync(join(tmpdir(), "microvm-lens-modules-"));
  try {
    const esbuild = `@esbuild/${systems[system]}`;
    const picked = join(scratch, "picked", "node_modules");
    for (const path of paths) copy(join(root, "node_modules", path), join(picked, path));
    copy(unpacked(`${esbuild}@${lock[`node_modules/${esbuild}`].version}`, scratch), join(picked, esbuild));
    const hash = output("nix-hash", ["--type", "sha256", "--base32", dirname(picked)]);
    if (hash === null) throw new Error("nix-hash failed: it comes with Nix");
    return `sha256:${hash}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The folder of a package for another system, which npm would not install here. */
function unpacked(specification, scratch) {
  const name = output("npm", ["pack", "--silent", specification], { cwd: scratch });
  if (name === null) throw new Error(`npm could not fetch ${specification}`);
  extract({ cwd: scratch, file: join(scratch, name), sync: true });
  return join(scratch, "package");
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
