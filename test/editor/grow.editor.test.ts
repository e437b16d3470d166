import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { needTools } from "../host/tools.ts";
import { soundExt, tool } from "../operations/images.ts";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { ensureEditor, newest } from "./harness/install.ts";
import { packExtension } from "./harness/package.ts";
import { Window } from "./harness/window.ts";
import { makeWorkspace, type Workspace } from "./harness/workspace.ts";

const ready = needTools("e2fsck", "resize2fs");
const MiB = 1024 * 1024;
/** Older ones have no terminals here. */
const editor = newest;

/** An image is grown from the editor: the plan, the question, the terminal, the progress, the end of the finding. */
describe.skipIf(!ready)(`growing an image in VS Code ${editor.vscode}`, () => {
  let workspace: Workspace;
  let options: EditorOptions;
  let server: CodeServer;
  let window: Window;
  /** While this file is there, e2fsck waits: so the operation is under way for as long as the test looks at it. */
  let gate: string;
  let before: Buffer;

  beforeAll(async () => {
    const installation = await ensureEditor(editor);
    workspace = await makeWorkspace();
    before = content();
    gate = join(workspace.scratch, "gate");
    const programs = join(workspace.scratch, "programs");
    mkdirSync(programs);
    const real = tool("sh", "-c", "command -v e2fsck").trim();
    const wait = `#!/bin/sh\nwhile [ -e '${gate}' ]; do sleep 0.1; done\nexec '${real}' "$@"\n`;
    writeFileSync(join(programs, "e2fsck"), wait);
    chmodSync(join(programs, "e2fsck"), 0o755);
    // The editor takes the environment of terminals from a login shell, which sets PATH anew.
    const settings = { "terminal.integrated.env.linux": { PATH: `${programs}:${process.env["PATH"]}` } };
    const keybindings = [{ key: "ctrl+alt+f8", command: "notifications.showList" }];
    options = { installation, home: join(workspace.scratch, "home"), settings, keybindings, trusted: false };
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
    if (task.result?.state === "fail") await window?.page.screenshot({ path: join(tmpdir(), `${task.id}.png`) });
  });

  it("runs nothing in a workspace that is not trusted", async () => {
    await window.show(workspace.folder, workspace.guest);
    await window.trust(/No/);
    await chooseGrow(toast("need a trusted workspace"));
    expect(namesBeside()).toEqual([basename(workspace.image)]);
  });

  it("shows the plan and asks; without an answer nothing is done", async () => {
    await window.close();
    await server.stop();
    server = await startCodeServer({ ...options, trusted: true });
    window = await Window.open(server.port);
    await window.show(workspace.folder, workspace.guest);
    await chooseGrow();
    const shown = async () => (await dialog().innerText()).replaceAll("\u00a0", " ");
    const words = await shown();
    for (const expected of ["from 512 MiB to 2048 MiB", "Room: a copy takes", ".before-grow", "Lost: nothing"]) {
      expect(words).toContain(expected);
    }
    expect(words).not.toContain("check the filesystem");
    await window.picture("grow-plan");
    await answer("Show Steps");
    await dialog().getByText("check the filesystem").first().waitFor();
    expect(await shown()).toContain("Undo: ");
    await answer("Cancel");
    await dialog().waitFor({ state: "hidden" });
    expect(namesBeside()).toEqual([basename(workspace.image)]);
  });

  it("runs in a terminal with progress; cancelled, it leaves the old image and nothing else", async () => {
    writeFileSync(gate, "");
    await chooseGrow();
    await answer("Run");
    await toast("check the filesystem in the copy").waitFor();
    await window.page.locator(".terminal-wrapper .xterm-rows", { hasText: "e2fsck" }).first().waitFor();
    expect(namesBeside()).toContain(`${basename(workspace.image)}.microvm-lens-new`);
    await window.picture("grow-progress");
    await toast("check the filesystem in the copy").getByRole("button", { name: "Cancel" }).click();
    await toast("Stopped: interrupted").waitFor();
    expect(namesBeside()).toEqual([basename(workspace.image)]);
    expect(content().equals(before)).toBe(true);
    expect(await window.squiggles("warning").count()).toBeGreaterThan(0);
    await closeToasts();
  });

  it("put in order after it was killed, and then grown: the finding goes by itself", async () => {
    await chooseGrow();
    await answer("Run");
    await toast("check the filesystem in the copy").waitFor();
    process.kill(pidInJournal(), "SIGKILL");
    // What it had started lives on, and ends by itself; only then the terminal does.
    rmSync(gate);
    await toast("Stopped: the terminal tells why").waitFor();
    expect(content().equals(before)).toBe(true);
    await closeToasts();
    await chooseGrow();
    expect(await dialog().innerText()).toContain("an interrupted grow is undone");
    await answer("Run");
    await dialog().getByText("from 512 MiB to 2048 MiB").first().waitFor();
    await answer("Run");
    await window.squiggles("warning").first().waitFor({ state: "detached" });
    // A notification hides by itself after a while.
    await toast("Done: ")
      .getByRole("button", { name: /Delete the Old Image… \([\d.]+ [KM]iB\)/ })
      .waitFor();
    await window.line("2048 MiB on disk").waitFor();
    await window.picture("grow-done");
    expect(statSync(workspace.image).size).toBe(2048 * MiB);
    expect(soundExt(workspace.image)).toBe(true);
    expect(readFileSync(`${workspace.image}.before-grow`).equals(before)).toBe(true);
    expect(namesBeside().length).toBe(2);
    await window.pressUntil("Control+Alt+F8", offer());
    await offer().click();
    await dialog().getByText("Lost: the content of the old image").first().waitFor();
    expect(namesBeside().length).toBe(2);
    await answer("Run");
    await vi.waitFor(() => expect(namesBeside()).toEqual([basename(workspace.image)]), { timeout: 30_000 });
    expect(soundExt(workspace.image)).toBe(true);
  });

  /** In the list of notifications, where those go that have hidden. */
  function offer() {
    const list = window.page.locator(".notifications-center, .notifications-toasts");
    return list.getByRole("button", { name: /Delete the Old Image/ }).first();
  }

  function content(): Buffer {
    return readFileSync(workspace.image);
  }

  function namesBeside(): string[] {
    return readdirSync(dirname(workspace.image));
  }

  function pidInJournal(): number {
    const name = namesBeside().find((each) => each.endsWith(".microvm-lens.json")) as string;
    return JSON.parse(readFileSync(join(dirname(workspace.image), name), "utf8")).process.pid;
  }

  /** Takes the fix until what it leads to is there: a busy editor may close the list of fixes without taking one. */
  async function chooseGrow(outcome = dialog()): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await window.squiggles("warning").first().waitFor();
      await window.line("512 MiB on disk").waitFor();
      await window.click("size =", "2048");
      await window.fixes();
      await window.takeFix(/^Grow .* now/).catch(() => window.page.keyboard.press("Escape"));
      const shown = outcome.first().waitFor({ timeout: attempt < 4 ? 15_000 : 60_000 });
      if (attempt === 4) return shown;
      if (await shown.then(() => true).catch(() => false)) return;
    }
  }

  function dialog() {
    return window.page.locator(".monaco-dialog-box");
  }

  async function answer(button: string): Promise<void> {
    await dialog().getByRole("button", { name: button, exact: true }).click();
  }

  function toast(words: string) {
    return window.page.locator(".notification-toast", { hasText: words });
  }

  async function closeToasts(): Promise<void> {
    await window.command("Notifications: Clear All Notifications");
    await window.page.locator(".notification-toast").first().waitFor({ state: "detached" });
  }
});
