import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { cliBundle } from "./bundle.ts";

interface Result {
  readonly problem?: string;
  readonly diagnostics: readonly string[];
  readonly underlined: string;
  readonly hover: string;
  readonly actions: readonly string[];
  readonly gone: boolean;
}

const loadPath = eglotPath();

describe.skipIf(loadPath === null)("Emacs with eglot", () => {
  let workspace: Workspace;
  let result: Result;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const job = join(workspace.scratch, "job.json");
    const answer = join(workspace.scratch, "result.json");
    const command = [process.execPath, cliBundle(), "lsp", "--stdio"];
    writeFileSync(job, JSON.stringify({ file: workspace.guest, command, fix: "512", result: answer }));
    // eglot asks the version control for the project: the flake's folder is one.
    execFileSync("git", ["init", "-q", workspace.folder]);
    const script = join(import.meta.dirname, "emacs.el");
    const path = loadPath ? ["-L", loadPath] : [];
    execFileSync("emacs", ["-Q", "--batch", ...path, "-l", script], {
      env: { ...process.env, MICROVM_LENS_JOB: job, HOME: workspace.scratch },
      timeout: 110_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    result = JSON.parse(readFileSync(answer, "utf8")) as Result;
  });

  afterAll(() => workspace?.remove());

  it("is told of the size that is ignored, at the right place", () => {
    expect(result.problem).toBeUndefined();
    expect(result.diagnostics.join("\n")).toMatch(/512 MiB.*2048 MiB/);
    expect(result.underlined).toBe("2048");
  });

  it("shows declared beside on-disk values", () => {
    expect(result.hover).toContain("512 MiB");
    expect(result.hover).toContain("2048 MiB");
  });

  it("applies a fix to the file", () => {
    expect(result.actions.length).toBeGreaterThanOrEqual(4);
    expect(readFileSync(workspace.guest, "utf8")).toMatch(/size = 512;/);
    expect(result.gone).toBe(true);
  });
});

/**
 * Where eglot lies: "" in Emacs 29 and later, which bring it; else the folder of Debian's package elpa-eglot, installed
 * or unpacked into the cache of the tests. null: no Emacs, or no eglot to be had.
 */
function eglotPath(): string | null {
  if (spawnSync("emacs", ["--version"]).status !== 0) return null;
  const has = (path: string) =>
    spawnSync("emacs", ["-Q", "--batch", ...(path === "" ? [] : ["-L", path]), "--eval", "(require 'eglot)"]).status ===
    0;
  if (has("")) return "";
  const cache = join(process.env["MICROVM_LENS_CACHE"] ?? join(tmpdir(), "microvm-lens-cache"), "eglot");
  const sources = "usr/share/emacs/site-lisp/elpa-src";
  const found = [`/${sources}`, join(cache, sources)].find((folder) => unpackedIn(folder) !== null);
  if (found) return unpackedIn(found);
  mkdirSync(cache, { recursive: true });
  if (spawnSync("apt-get", ["download", "elpa-eglot"], { cwd: cache }).status !== 0) return null;
  for (const file of readdirSync(cache).filter((name) => name.endsWith(".deb"))) {
    if (spawnSync("dpkg-deb", ["-x", join(cache, file), cache]).status !== 0) return null;
  }
  const path = unpackedIn(join(cache, sources));
  return path !== null && has(path) ? path : null;
}

function unpackedIn(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const name = readdirSync(folder).find((entry) => entry.startsWith("eglot-"));
  return name === undefined ? null : join(folder, name);
}
