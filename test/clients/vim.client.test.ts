import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
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

const ale = alePath();

describe.skipIf(ale === null)("Vim with ALE", () => {
  let workspace: Workspace;
  let result: Result;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const job = join(workspace.scratch, "job.json");
    const answer = join(workspace.scratch, "result.json");
    const configuration = join(workspace.scratch, "vimrc");
    writeFileSync(configuration, snippet("Vim", "ale#linter#Define"));
    const work = { ale, snippet: configuration, file: workspace.guest, fix: "512", result: answer };
    writeFileSync(job, JSON.stringify(work));
    const script = join(import.meta.dirname, "vim.vim");
    execFileSync("vim", ["--not-a-term", "-T", "dumb", "-u", "NONE", "-i", "NONE", "-n", "-N", "-S", script], {
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

/** Where ALE lies; null: no Vim that can start programs, or no ALE to be had. */
function alePath(): string | null {
  const vim = spawnSync("vim", ["--version"], { encoding: "utf8" });
  if (vim.status !== 0 || !/\+job\b/.test(vim.stdout)) return null;
  const folder = debianPackage("vim-ale", "usr/share/vim-ale");
  return folder !== null && existsSync(join(folder, "plugin/ale.vim")) ? folder : null;
}
