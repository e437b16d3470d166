// Writes THIRD-PARTY-NOTICES.txt: the licences of the packages whose code is in the bundles, which ask for their text to go
// along. With --check nothing is written: says when it is stale and ends with 1.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundledPackages } from "./lib/contents.mjs";
import { root } from "./lib/run.mjs";

const file = join(root, "THIRD-PARTY-NOTICES.txt");
const line = "=".repeat(80);
const notices = [
  "MicroVM Lens contains code of these packages. The text of each licence follows.",
  "",
  ...bundledPackages().map(({ name, version, licence }) => `  ${name} ${version} (${licence})`),
  "",
  ...bundledPackages().flatMap(({ name, version, text }) => [line, `${name} ${version}`, line, "", text, ""]),
].join("\n");

if (!process.argv.includes("--check")) writeFileSync(file, notices);
else if (!existsSync(file) || readFileSync(file, "utf8") !== notices) {
  console.error("stale, run node scripts/generate-notices.mjs: THIRD-PARTY-NOTICES.txt");
  process.exitCode = 1;
}
