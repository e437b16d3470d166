import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { debianPackage } from "./debian.ts";
import { pathWithCommand, snippet } from "./snippets.ts";

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
    const configuration = join(workspace.scratch, "init.el");
    writeFileSync(configuration, snippet("Emacs", "eglot-server-programs"));
    const work = { file: workspace.guest, snippet: configuration, fix: "512", result: answer };
    writeFileSync(job, JSON.stringify(work));
    // eglot asks the version control for the project: the flake's folder is one.
    execFileSync("git", ["init", "-q", workspace.folder]);
    const script = join(import.meta.dirname, "emacs.el");
    const path = loadPath ? ["-L", loadPath] : [];
    execFileSync("emacs", ["-Q", "--batch", ...path, "-l", script], {
      env: { ...process.env, PATH: pathWithCommand(workspace.scratch), MICROVM_LENS_JOB: job, HOME: workspace.scratch },
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
  const folder = debianPackage("elpa-eglot", "usr/share/emacs/site-lisp/elpa-src");
  const name = folder === null ? undefined : readdirSync(folder).find((entry) => entry.startsWith("eglot-"));
  if (folder === null || name === undefined) return null;
  const path = join(folder, name);
  return has(path) ? path : null;
}
