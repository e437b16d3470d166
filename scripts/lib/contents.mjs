// What the bundles are made of: the packages whose code or WebAssembly is in them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/**
 * The packages in the bundles, sorted by name and version. `used` are the files of dist/ that hold their code.
 * Builds first where nothing is built. Throws where a package comes without the text of its licence.
 * @returns {{ name: string, version: string, licence: string, text: string, used: string[], path: string }[]}
 */
export function bundledPackages() {
  const list = join(root, "dist", "contents.json");
  if (!existsSync(list) && run(process.execPath, ["scripts/build.mjs"]) !== 0) throw new Error("the build failed");
  const used = new Map();
  for (const [file, packages] of Object.entries(JSON.parse(readFileSync(list, "utf8")))) {
    for (const path of packages) used.set(path, [...(used.get(path) ?? []), file]);
  }
  const found = [...used].map(([path, files]) => describe(path, files));
  return found.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

function describe(path, used) {
  const folder = join(root, "node_modules", path);
  const { name, version, license: licence } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // Some packages bring further notices of their own, which have to go along too.
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|third-?party-?notices)(\.\w+)?$/i.test(file));
  if (files.length === 0) throw new Error(`${name} comes without the text of its licence`);
  const text = files
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").replace(/\r\n/g, "\n").trim())
    .join("\n\n");
  return { name, version, licence, text, used, path };
}
