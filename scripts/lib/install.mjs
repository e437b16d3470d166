// Installs the npm dependencies when they are missing or not those of the lock file.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/** Ends the process with a clear word when Node is too old or npm fails. */
export function ensureInstalled() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    console.error(`MicroVM Lens needs Node 20 or later; this is ${process.version}.`);
    process.exit(2);
  }
  if (upToDate()) return;
  console.error("» installing npm dependencies");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const code =
    npm?.endsWith("npm-cli.js") === true
      ? run(process.execPath, [npm, ...args])
      : run(process.platform === "win32" ? "npm.cmd" : "npm", args, { shell: process.platform === "win32" });
  if (code !== 0) {
    console.error("npm could not install the dependencies: see above. A network or a filled npm cache is needed once.");
    process.exit(2);
  }
}

/** npm writes what it installed into node_modules/.package-lock.json: every package of ours has to be there, same version. */
function upToDate() {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return false;
  try {
    const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === "" || optional === true || installed[path]?.version === version,
    );
  } catch {
    return false;
  }
}
