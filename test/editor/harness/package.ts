import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Packs the extension as users get it, from the bundles that are in dist/; returns the file. */
export async function packExtension(folder: string): Promise<string> {
  const file = join(folder, "microvm-lens.vsix");
  for (const bundle of ["extension", "server", "language-server", "answers", "cli", "microvm-lens"]) {
    if (!existsSync(join(root, "dist", `${bundle}.cjs`)))
      throw new Error(`dist/${bundle}.cjs is missing: npm run build`);
  }
  mkdirSync(folder, { recursive: true });
  await vsce(["package", "--no-dependencies", "--out", file]);
  return file;
}

/** Unpacks a packed extension; returns the folder that holds its package.json. */
export async function unpack(vsix: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await run("unzip", ["-q", "-o", vsix, "-d", folder]);
  return join(folder, "extension");
}

/** Packs another extension, for tests beside ours. */
export async function packFolder(folder: string, file: string): Promise<string> {
  await vsce(["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", file], folder);
  return file;
}

/** The files that the packed extension holds. */
export async function packedFiles(): Promise<string[]> {
  const { stdout } = await vsce(["ls", "--no-dependencies"]);
  return stdout.split("\n").filter((line) => line !== "");
}

function vsce(argv: readonly string[], cwd = root) {
  const entry = join(root, "node_modules/@vscode/vsce/vsce");
  return run(process.execPath, [entry, ...argv], { cwd, env: { ...process.env, SOURCE_DATE_EPOCH: "1767225600" } });
}
