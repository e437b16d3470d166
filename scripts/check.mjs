// `npm run check`: what has to hold before a commit. Everything that `npm test` runs, and at the end nothing may have changed
// in the tree.
import { output, step } from "./lib/run.mjs";

const before = changes();
step("checks and tests", process.execPath, ["scripts/test.mjs", ...process.argv.slice(2)]);

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
