// `npm run check`: what has to hold before a commit. Types, format and lint, generated files, all tests, and at the end
// nothing may have changed in the tree.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { output, root, step } from "./lib/run.mjs";

ensureInstalled();
const before = changes();
step("types", process.execPath, [bin("typescript", "tsc"), "--noEmit"]);
step("format and lint", process.execPath, [bin("@biomejs/biome", "biome"), "check", "."]);
for (const script of readdirSync(join(root, "scripts")).filter((name) => /^generate-.*\.mjs$/.test(name))) {
  step(script, process.execPath, [join("scripts", script), "--check"]);
}
step("tests", process.execPath, [join("scripts", "test.mjs"), ...process.argv.slice(2)]);

const after = changes();
if (after !== before) {
  console.error(`\nThe check changed files: commit what was generated, or find what leaves files behind.\n${after}`);
  process.exit(1);
}
if (after !== "") {
  console.error(`\nNot committed yet:\n${after}`);
  process.exit(1);
}
console.error("\n» everything holds, and the tree is clean");

/** Changed and untracked files, with a hash of the changes: the same words mean the same state. */
function changes() {
  const status = output("git", ["status", "--porcelain", "--untracked-files=all"]);
  if (status === null) {
    console.error("not a git clone: the state of the tree is not compared");
    return "";
  }
  return `${status}\n${output("git", ["diff", "HEAD", "--stat"]) ?? ""}`.trim();
}

function bin(pack, name) {
  const folder = join("node_modules", pack, "bin", name);
  return existsSync(join(root, folder)) ? folder : `${folder}.js`;
}
