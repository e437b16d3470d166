import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A temporary folder with these files, gone after the test. */
export function workspace(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-cli-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A copy of examples/homelab, without its state directory. */
export function exampleWorkspace(): string {
  const folder = workspace();
  const source = join(root, "examples", "homelab");
  cpSync(source, folder, { recursive: true, filter: (path) => path !== join(source, "state") });
  return folder;
}
