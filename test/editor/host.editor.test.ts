import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CodeServer, startCodeServer } from "./harness/code-server.ts";
import { editors, ensureEditor } from "./harness/install.ts";
import { packExtension, root, unpack } from "./harness/package.ts";
import { judgeRecordings, recordServer } from "./harness/recorder.ts";
import { Window } from "./harness/window.ts";
import { makeWorkspace, type Workspace } from "./harness/workspace.ts";

const nix = spawnSync("nix-instantiate", ["--version"]).status === 0;

/** Every provider, asked through VS Code's own interface inside of its extension host. */
describe.each(editors)("in the extension host of VS Code $vscode", (editor) => {
  let workspace: Workspace;
  let server: CodeServer;
  let window: Window;
  let results: Record<string, unknown>;
  let recordings: string;

  beforeAll(async () => {
    const installation = await ensureEditor(editor);
    workspace = await makeWorkspace();
    const { scratch, guest, host, image, folder } = workspace;
    // Called as where the editor installs it: by that name pages of rules are known, which open rendered.
    const extension = join(scratch, "microvm-lens.microvm-lens-0.0.0");
    renameSync(await unpack(await packExtension(scratch), join(scratch, "unpacked")), extension);
    recordings = join(scratch, "recordings");
    mkdirSync(recordings);
    recordServer(extension, recordings);
    const tests = join(scratch, "tests/index.cjs");
    mkdirSync(join(scratch, "tests"));
    await build({
      entryPoints: [join(root, "test/editor/host/index.ts")],
      outfile: tests,
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["vscode"],
    });
    const result = join(scratch, "result.json");
    const environment = {
      MICROVM_LENS_JOB: JSON.stringify({ guest, host, image, flake: join(folder, "flake.nix"), nix, result }),
    };
    server = await startCodeServer({ installation, home: join(scratch, "home"), environment });
    window = await Window.open(server.port);
    await window.runInHost(folder, extension, tests);
    await vi.waitFor(() => expect(existsSync(result)).toBe(true), { timeout: 280_000, interval: 100 });
    results = JSON.parse(readFileSync(result, "utf8")) as Record<string, unknown>;
  });

  afterAll(async () => {
    await window?.close();
    await server?.stop();
    workspace?.remove();
  });

  it("runs to its end", () => {
    expect(results["problem"]).toBeUndefined();
    expect(results).toMatchObject({ afterGrowing: true, afterRestart: true });
  });

  it("diagnostics", () => {
    expect(results["diagnostics"]).toMatchObject([
      { code: "size-differs-from-image", source: "microvm-lens", text: "2048" },
    ]);
    const [{ documentation, message }] = results["diagnostics"] as [{ documentation: string; message: string }];
    expect(message).toMatch(/512 MiB.*2048 MiB/);
    expect(existsSync(documentation)).toBe(true);
    expect(results["rulePage"]).toBe("vscode.markdown.preview.editor");
  });

  it("hover, once, and only over our options", () => {
    expect(results["hovers"]).toHaveLength(1);
    expect((results["hovers"] as string[])[0]).toMatch(/^\| size +\| 2048 MiB \(2 GiB\) \| 512 MiB +\|$/m);
    expect(results["hoversElsewhere"]).toBe(0);
  });

  it("hints, lenses, links and symbols", () => {
    expect(results["hints"]).toEqual([expect.stringMatching(/^512 MiB on disk, \d+ % used$/)]);
    expect((results["lenses"] as string[]).join()).toMatch(/web: 1 volumes, 1 on disk/);
    expect(results["links"]).toEqual([['"nix-store-overlay.img"', "command"]]);
    expect(results["symbols"]).toContain("nix-store-overlay.img");
    expect(results["workspaceSymbols"]).toEqual(["nix-store-overlay.img"]);
    expect(results["references"]).toContain("web.nix");
  });

  it("completion", () => {
    expect((results["completion"] as string[]).length).toBeGreaterThan(0);
  });

  it("code actions, none of which is preferred that undoes what somebody raised", () => {
    expect((results["actions"] as string[]).length).toBeGreaterThanOrEqual(4);
    expect((results["preferred"] as string[]).join()).not.toContain("512");
    expect(results["afterFix"]).toContain("size = 512;");
  });

  it("problems of files that are not open", () => {
    expect(results["closedFiles"]).toBe(1);
  });

  it.skipIf(!nix)("real Nix, asked for its opinion", () => {
    const flake = workspace.folder;
    expect(results["agreement"]).toMatchObject([{ flake, ok: true, summary: expect.stringContaining("agree") }]);
    expect(results["refusal"]).toMatchObject([{ flake, ok: false, summary: "Nix could not evaluate the flake." }]);
    expect(JSON.stringify(results["refusal"])).toContain("these are words of Nix");
  });

  it("nothing but the protocol, before and after a restart", () => {
    const { sessions, judged, problems } = judgeRecordings(recordings);
    expect(problems).toEqual([]);
    expect(sessions).toBe(2);
    expect(judged).toBeGreaterThan(50);
  });

  it("commands", () => {
    const names = ["refresh", "showPlan", "showOverview", "evaluateWithNix", "addHost", "restartServer", "showLog"];
    expect(results["commands"]).toEqual(expect.arrayContaining(names.map((name) => `microvm-lens.${name}`)));
  });
});
