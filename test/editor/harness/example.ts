import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./package.ts";

/** A copy of examples/homelab with its images, as `npm start` makes them. */
export interface Example {
  readonly folder: string;
  readonly scratch: string;
  remove(): void;
}

export async function makeHomelab(): Promise<Example> {
  const scratch = process.env["MICROVM_LENS_PICTURES"] ? freshFolder() : newFolder();
  const folder = join(scratch, "homelab");
  const state = join(root, "examples/homelab/state");
  cpSync(join(root, "examples/homelab"), folder, { recursive: true, filter: (path) => !path.startsWith(state) });
  const { makeExample } = (await import("../../../scripts/lib/example.mjs" as string)) as {
    makeExample: (folder: string) => Promise<string>;
  };
  await makeExample(join(folder, "state"));
  return { folder, scratch, remove: () => rmSync(scratch, { recursive: true, force: true }) };
}

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-homelab-")));
}

/** In pictures paths are read by people, so they are always the same. */
function freshFolder(): string {
  const folder = join(realpathSync(tmpdir()), "example");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return folder;
}
