import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { pathWithCommand, snippet } from "./snippets.ts";

const present = spawnSync("nvim", ["--version"]).status === 0;

interface Result {
  readonly problem?: string;
  readonly diagnostics: readonly { message: string; code: string; line: number; from: number; to: number }[];
  readonly hover: string;
  readonly actions: readonly string[];
  readonly applied: string;
  readonly gone: boolean;
}

describe.skipIf(!present)("Neovim", () => {
  let workspace: Workspace;
  let result: Result;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const job = join(workspace.scratch, "job.json");
    const answer = join(workspace.scratch, "result.json");
    const work = {
      file: workspace.guest,
      snippet: snippet("Neovim", "vim.lsp.start_client"),
      fix: "512",
      result: answer,
    };
    writeFileSync(job, JSON.stringify(work));
    execFileSync(
      "nvim",
      ["--headless", "-u", "NONE", "-n", "-c", `luafile ${join(import.meta.dirname, "neovim.lua")}`],
      {
        env: {
          ...process.env,
          PATH: pathWithCommand(workspace.scratch),
          MICROVM_LENS_JOB: job,
          XDG_STATE_HOME: workspace.scratch,
          XDG_CACHE_HOME: workspace.scratch,
        },
        timeout: 100_000,
      },
    );
    result = JSON.parse(readFileSync(answer, "utf8")) as Result;
  });

  afterAll(() => workspace?.remove());

  it("is told of the size that is ignored, at the right place", () => {
    expect(result.problem).toBeUndefined();
    const size = result.diagnostics.find(({ code }) => code === "size-differs-from-image");
    expect(size?.message).toContain("512 MiB");
    expect(size?.message).toContain("2048 MiB");
    const line = readFileSync(workspace.guest, "utf8").split("\n")[size?.line ?? 0] ?? "";
    expect(line).toContain("size =");
  });

  it("shows declared beside on-disk values", () => {
    expect(result.hover).toContain("512 MiB");
    expect(result.hover).toContain("2048 MiB");
  });

  it("applies a fix to the file", () => {
    expect(result.applied).toMatch(/512/);
    expect(readFileSync(workspace.guest, "utf8")).toMatch(/size = 512;/);
    expect(result.gone).toBe(true);
  });
});
