import { readFileSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { editors, ensureEditor } from "./harness/install.ts";
import { packExtension } from "./harness/package.ts";
import { Window } from "./harness/window.ts";
import { makeWorkspace, type Workspace } from "./harness/workspace.ts";

/** What a person does first, in a real editor: see the size that is ignored, and put it right. */
describe.each(editors)("VS Code $vscode", (editor) => {
  let workspace: Workspace;
  let server: CodeServer;
  let window: Window;

  beforeAll(async () => {
    const installation = await ensureEditor(editor);
    workspace = await makeWorkspace();
    const options: EditorOptions = { installation, home: join(workspace.scratch, "home"), trusted: false };
    await installExtension(options, await packExtension(workspace.scratch));
    server = await startCodeServer(options);
    window = await Window.open(server.port);
  });

  afterAll(async () => {
    await window?.close();
    await server?.stop();
    workspace?.remove();
  });

  afterEach(async ({ task }) => {
    // Left behind for whoever has to find out why.
    if (task.result?.state === "fail") await window.page.screenshot({ path: join(tmpdir(), `${task.id}.png`) });
  });

  it("asks for trust, and then underlines the size that is ignored", async () => {
    await window.show(workspace.folder, workspace.guest);
    await window.trust();
    await window.squiggles("warning").first().waitFor();
    await window.line("512 MiB on disk").waitFor();
  });

  it("shows the actual size beside the declared one", async () => {
    const words = await window.hover("size =", "size");
    expect(words).toContain("512 MiB");
    expect(words).toContain("2048 MiB");
    await window.page.keyboard.press("Escape");
  });

  it("offers every way out, and says what is lost", async () => {
    await window.click("size =", "2048");
    const titles = await window.fixes();
    expect(titles.join("\n")).toMatch(/512/);
    expect(titles.length).toBeGreaterThanOrEqual(4);
    await window.page.keyboard.press("Escape");
  });

  it("uses a new image name by keyboard, and the file on disk is right", async () => {
    await window.click("size =", "2048");
    await window.fixes();
    await window.takeFix(/new image/i);
    await window.squiggles("warning").first().waitFor({ state: "detached" });
    await window.save();
    const text = readFileSync(workspace.guest, "utf8");
    expect(text).toMatch(/image = "nix-store-overlay[^"]+\.img";/);
    expect(text).toContain("size = 2048;");
    expect(text).toContain("# 中文 😀 stand before what is underlined");
    await window.page.keyboard.press("Control+Z");
    await window.squiggles("warning").first().waitFor();
    await window.save();
  });

  it("clears the squiggle when the image is grown outside of the editor", async () => {
    truncateSync(workspace.image, 2048 * 1024 * 1024);
    await window.squiggles("warning").first().waitFor({ state: "detached" });
    truncateSync(workspace.image, 512 * 1024 * 1024);
    await window.squiggles("warning").first().waitFor();
  });

  it("adds a cleanup service where the host is declared, after which the size is no finding any more", async () => {
    await window.click("size =", "2048");
    await window.fixes();
    await window.takeFix(/clean-?up service/i);
    await window.page.locator(".tab", { hasText: "host.nix" }).waitFor();
    await window.saveAll();
    await expect.poll(() => readFileSync(workspace.host, "utf8"), { timeout: 20_000 }).toContain("microvm-clean-web");
    await window.show(workspace.folder, workspace.guest);
    await window.line("512 MiB on disk").waitFor();
    expect(await window.squiggles("warning").count()).toBe(0);
  });
});
