// What has to hold of the code apart from its tests. Each is counted as one test by `npm test`.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/** Runs every check, also after one has failed. Returns how many passed and the names of those that failed. */
export function runChecks() {
  const failed = [];
  const all = checks();
  for (const [title, script, ...argv] of all) {
    console.error(`\n» ${title}`);
    if (run(process.execPath, [script, ...argv], { stdio: ["ignore", 2, 2] }) !== 0) failed.push(title);
  }
  return { passed: all.length - failed.length, failed };
}

/** Title, script and arguments. */
function checks() {
  const generators = readdirSync(join(root, "scripts")).filter((name) => /^generate-.*\.mjs$/.test(name));
  return [
    ["types", bin("typescript", "tsc"), "--noEmit"],
    ["format and lint", bin("@biomejs/biome", "biome"), "check", "."],
    // What nothing uses: files, exports, packages (knip.json).
    ["dead code", bin("knip", "knip"), "--no-progress"],
    ...generators.map((name) => [`generated files are up to date (${name})`, join("scripts", name), "--check"]),
  ];
}

function bin(pack, name) {
  const folder = join("node_modules", pack, "bin", name);
  return existsSync(join(root, folder)) ? folder : `${folder}.js`;
}
