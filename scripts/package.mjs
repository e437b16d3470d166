// `npm run package`: one build, and everything that is published made of it, in out/: the extension for editors (.vsix), the
// package for npm (.tgz), the command line for CI and hosts (.tar.gz), a bill of materials (CycloneDX) and checksums. What is
// made twice from one commit is equal byte for byte. `--check` also tries each of them in an empty folder.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { output, root, step } from "./lib/run.mjs";
import { commandLineArchive } from "./package/archive.mjs";
import { billOfMaterials } from "./package/bill-of-materials.mjs";
import { tryPackages } from "./package/try.mjs";

const out = join(root, "out");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** Seconds since 1970: the time of the commit stands in the archives, so that it does not matter when they are made. */
const madeAt = Number(process.env.SOURCE_DATE_EPOCH ?? output("git", ["log", "-1", "--format=%ct"]) ?? 0);

ensureInstalled();
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const env = { ...process.env, SOURCE_DATE_EPOCH: String(madeAt) };
// vsce and npm each build before they pack: the bundles do not depend on when.
const vsix = join("out", `microvm-lens-${version}.vsix`);
const vsce = join("node_modules", "@vscode", "vsce", "vsce");
step("extension", process.execPath, [vsce, "package", "--no-dependencies", "--out", vsix], { env });
step("npm package", "npm", ["pack", "--silent", "--pack-destination", "out"], {
  env,
  shell: process.platform === "win32",
});
await commandLineArchive(join(out, `microvm-lens-${version}-cli.tar.gz`), madeAt);
writeFileSync(join(out, `microvm-lens-${version}.cdx.json`), billOfMaterials(version, madeAt));

const sums = readdirSync(out).sort();
const lines = sums.map(
  (name) =>
    `${createHash("sha256")
      .update(readFileSync(join(out, name)))
      .digest("hex")}  ${name}\n`,
);
writeFileSync(join(out, "SHA256SUMS"), lines.join(""));
console.log(lines.join("").trimEnd());
if (process.argv.includes("--check")) await tryPackages(out, version);
