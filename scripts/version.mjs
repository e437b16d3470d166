// `npm run release -- 1.2.0`: writes the version into package.json, the lock file and the entry for nixpkgs, and gives what the changelog lists as
// unreleased that version and today's date. Commits nothing: look at the difference, commit, and tag it `v1.2.0`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/run.mjs";

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error("usage: npm run release -- MAJOR.MINOR.PATCH");
  process.exit(2);
}
const changelog = read("CHANGELOG.md");
if (changelog.includes(`\n## [${version}]`)) {
  console.error(`CHANGELOG.md has a version ${version} already`);
  process.exit(2);
}
const released = changelog.replace(/^## \[Unreleased\]\n/m, `## [Unreleased]\n\n## [${version}] - ${today()}\n`);
if (released === changelog) {
  console.error("CHANGELOG.md has no section [Unreleased]");
  process.exit(2);
}
write("CHANGELOG.md", released);
for (const file of ["package.json", "package-lock.json"]) {
  const content = JSON.parse(read(file));
  content.version = version;
  if (content.packages) content.packages[""].version = version;
  write(file, `${JSON.stringify(content, null, 2)}\n`);
}
const expression = "examples/neighbours/nixpkgs/package.nix";
write(expression, read(expression).replace(/^( {2}version = ").*(";)$/m, `$1${version}$2`));
console.log(`version ${version}: look at the difference, commit it, then: git tag v${version}`);

function today() {
  return new Date().toISOString().slice(0, 10);
}

function read(file) {
  return readFileSync(join(root, file), "utf8");
}

function write(file, text) {
  writeFileSync(join(root, file), text);
}
