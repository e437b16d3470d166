// Writes docs/nixos.md in each language from the options of the NixOS module (nix/options.json). With --check nothing is
// written: says what is stale and ends with 1.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nixosPage } from "./lib/nixos-page.mjs";
import { root } from "./lib/run.mjs";

const check = process.argv.includes("--check");
const options = JSON.parse(readFileSync(join(root, "nix/options.json"), "utf8"));
const stale = [];
for (const [file, locale] of [
  ["docs/nixos.md", "en"],
  ["docs/zh-cn/nixos.md", "zh-cn"],
]) {
  const page = nixosPage(options, locale);
  let before = "";
  try {
    before = readFileSync(join(root, file), "utf8");
  } catch {
    // It is written for the first time.
  }
  if (before === page) continue;
  stale.push(file);
  if (!check) writeFileSync(join(root, file), page);
}
if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run \`node scripts/generate-nixos.mjs\``);
  process.exit(1);
}
