import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { judgeRecording, recordingCommand } from "./recorder.ts";

/** What the script of an editor writes down while it does what a user would do. */
interface Result {
  readonly problem?: string;
  readonly diagnostics: readonly string[];
  /** The text below the first diagnostic. */
  readonly underlined: string;
  readonly hover: string;
  /** Titles of the fixes there. */
  readonly actions: readonly string[];
  /** The diagnostic went away after the fix. */
  readonly gone: boolean;
}

export interface Editor {
  readonly name: string;
  /** False: it, or what it needs, is not on this machine. */
  readonly present: boolean;
  /** The configuration that docs/editors.md tells its users to write, and the file that it stands in. */
  readonly configuration: { readonly text: string; readonly file: string };
  /** More for its script. */
  readonly job?: Readonly<Record<string, unknown>>;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
}

/** An editor, headless, from `initialize` to a fix that is on disk; and all that our server told it is held against the protocol. */
export function editorSession({ name, present, configuration, job, command: [program, ...argv] }: Editor): void {
  describe.skipIf(!present)(name, () => {
    let workspace: Workspace;
    let result: Result;
    let recording: string;

    beforeAll(async () => {
      workspace = await makeWorkspace();
      const { scratch, guest, folder } = workspace;
      const inScratch = (file: string) => join(scratch, file);
      recording = inScratch("recording");
      const snippet = inScratch(configuration.file);
      writeFileSync(snippet, configuration.text);
      const work = { ...job, snippet, file: guest, fix: "512", result: inScratch("result.json") };
      writeFileSync(inScratch("job.json"), JSON.stringify(work));
      // Some ask the version control where a project begins.
      execFileSync("git", ["init", "-q", folder]);
      execFileSync(program, argv, {
        env: {
          ...process.env,
          PATH: `${recordingCommand(scratch, recording)}:${process.env["PATH"] ?? ""}`,
          MICROVM_LENS_JOB: inScratch("job.json"),
          HOME: scratch,
          XDG_STATE_HOME: scratch,
          XDG_CACHE_HOME: scratch,
        },
        timeout: 110_000,
        stdio: ["ignore", "pipe", "pipe"],
      });
      result = JSON.parse(readFileSync(work.result, "utf8")) as Result;
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

    it("hears nothing but the protocol", () => {
      const { problems, judged } = judgeRecording(recording);
      expect(problems).toEqual([]);
      expect(judged).toBeGreaterThan(4);
    });
  });
}
