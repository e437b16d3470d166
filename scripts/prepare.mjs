// npm runs this when somebody installs MicroVM Lens from a git address, and before a clone is packed: the package needs the
// bundles. `npm install --global ADDRESS` needs help twice, because npm hands its own `global` down to the installation that
// it does in its clone: that one brings no development dependencies, and leaves a link to the clone where the package is to
// come, into which npm would then unpack it.
import { existsSync, lstatSync, mkdirSync, realpathSync, unlinkSync } from "node:fs";
import { join, sep } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { root, run } from "./lib/run.mjs";

const prefix = process.env.npm_config_global_prefix;
const isClone = root.includes(`${sep}_cacache${sep}tmp${sep}git-clone`);

for (const name of Object.keys(process.env)) {
  if (/^npm_config_(global|location|prefix|local_prefix|omit|dry_run)$/i.test(name)) delete process.env[name];
}
if (!existsSync(join(root, "node_modules", "esbuild"))) ensureInstalled();
const code = run(process.execPath, ["scripts/build.mjs"], { stdio: ["ignore", 2, 2] });
if (isClone && prefix !== undefined) {
  for (const folder of ["lib/node_modules", "node_modules"]) replaceLink(join(prefix, folder, "microvm-lens"));
}
process.exit(code);

/** Makes the folder that npm had made there, where now a link leads to this clone; anything else stays. */
function replaceLink(path) {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (!isLink || !existsSync(path) || realpathSync(path) !== realpathSync(root)) return;
  unlinkSync(path);
  mkdirSync(path);
}
