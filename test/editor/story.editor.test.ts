import { readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { needTools } from "../host/tools.ts";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { ensureEditor, newest } from "./harness/install.ts";
import { packExtension } from "./harness/package.ts";
import { Window } from "./harness/window.ts";
import { makeWorkspace, type Workspace } from "./harness/workspace.ts";

const ready = needTools("e2fsck", "resize2fs");
const editor = newest;
/** Where the scenes go; scripts/moving-picture.mjs makes one picture of them. */
const folder = process.env["MICROVM_LENS_STORY"];

/** The story of the README, from the raised size to the grown image, in the order in which it is lived through. */
describe.skipIf(!ready)(`the story in VS Code ${editor.vscode}`, () => {
  let workspace: Workspace;
  let options: EditorOptions;
  let server: CodeServer;
  let window: Window;
  let frame = 0;

  beforeAll(async () => {
    const installation = await ensureEditor(editor);
    workspace = await makeWorkspace();
    const text = readFileSync(workspace.guest, "utf8").replace("size = 2048", "size = 512");
    writeFileSync(workspace.guest, text.replace(/^ *#.*\n/m, ""));
    const settings = {
      "terminal.integrated.env.linux": { PATH: process.env["PATH"] ?? "" },
      "editor.fontSize": 14,
    };
    options = { installation, home: join(workspace.scratch, "home"), settings };
    await installExtension(options, await packExtension(workspace.scratch));
    server = await startCodeServer(options);
    window = await Window.open(server.port);
    await window.page.setViewportSize({ width: 1000, height: 700 });
    await window.show(workspace.folder, workspace.guest);
  });

  afterAll(async () => {
    await window?.close();
    await server?.stop();
    workspace?.remove();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await window?.page.screenshot({ path: join(tmpdir(), `${task.id}.png`) });
  });

  it("a raised size is told, looked at, and made true", async () => {
    await window.line("512 MiB on disk").waitFor();
    await scene(1500);
    await window.click("size =", "512");
    await window.page.keyboard.press("Control+ArrowRight");
    for (let i = 0; i < 3; i++) await window.page.keyboard.press("Backspace");
    for (const digit of "2048") {
      await window.page.keyboard.type(digit);
      await scene(180);
    }
    await window.squiggles("warning").first().waitFor();
    // While one types the editor moves hints behind the cursor.
    await window.line("size = 2048;").waitFor();
    await scene(1800);
    await window.hover("size =", "2048");
    await scene(3200);
    await window.page.keyboard.press("Escape");
    await window.click("size =", "2048");
    await window.fixes();
    await scene(1600);
    await window.takeFix(/^Grow .* now/);
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.getByText("from 512 MiB to 2048 MiB").first().waitFor();
    await scene(2600);
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    // Nothing is to be hovered over from here on.
    await window.page.mouse.move(500, 5);
    await window.page.locator(".terminal-wrapper .xterm-rows", { hasText: "e2fsck" }).first().waitFor();
    await scene(1200);
    await window.squiggles("warning").first().waitFor({ state: "detached" });
    await window.line("2048 MiB on disk").waitFor();
    await window.page.locator(".notification-toast", { hasText: "Done: " }).waitFor();
    await scene(3500);
    expect(statSync(workspace.image).size).toBe(2048 * 1024 * 1024);
  });

  /** One scene, and how long it is to be seen. */
  async function scene(ms: number): Promise<void> {
    if (folder === undefined) return;
    const file = join(folder, `${++frame}-${ms}.png`);
    await window.page.screenshot({ path: file, caret: "initial" });
  }
});
