// The command line for CI and hosts: the files that `microvm-lens` needs beside Node, in one folder.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { root } from "../lib/run.mjs";

/** Files of dist/ that only the editor loads. */
const ofTheEditor = ["extension.cjs", "server.cjs"];

/** Names of the files in dist/ that make the command line. */
export function commandLineFiles() {
  const built = readdirSync(join(root, "dist")).filter((name) => /\.(cjs|wasm)$/.test(name));
  return built.filter((name) => !ofTheEditor.includes(name)).sort();
}

/** Writes the archive; `madeAt` (seconds since 1970) is the time of every file in it. */
export async function commandLineArchive(file, madeAt) {
  const mtime = new Date(madeAt * 1000);
  const inFolder = (header) => {
    header.path = `microvm-lens/${header.path.replace(/^dist\//, "")}`;
  };
  const files = [...commandLineFiles().map((name) => `dist/${name}`), "LICENSE", "THIRD-PARTY-NOTICES.txt"];
  await create({ file, cwd: root, gzip: true, portable: true, mtime, onWriteEntry: inFolder }, files);
}
