import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { editors, ensureEditor, newest } from "./harness/install.ts";
import { packExtension } from "./harness/package.ts";
import { makeParts, type Parts } from "./harness/parts.ts";
import { keys, Window } from "./harness/window.ts";

const guests = { key: "ctrl+alt+f2", command: "microvm-lens.guests.focus" };
const menu = { key: "ctrl+alt+f5", command: "microvm-lens.showMenu" };
const closeAll = { key: "ctrl+alt+f4", command: "workbench.action.closeAllEditors" };
const keybindings = [guests, menu, closeAll];

/** What people do every day, on a home lab that is not the example, whose disks are on another host. */
describe.each(editors)("VS Code $vscode, a flake here and its disks on a host", (editor) => {
  let parts: Parts;
  let options: EditorOptions;
  let server: CodeServer;
  let window: Window;

  beforeAll(async () => {
    const installation = await ensureEditor(editor);
    parts = await makeParts();
    writeFileSync(parts.file("guests/early.nix"), loose);
    const environment = { PATH: `${parts.programs}:${process.env["PATH"]}`, HOME: parts.scratch };
    options = { installation, home: join(parts.scratch, "home"), keybindings, environment };
    await installExtension(options, await packExtension(parts.scratch));
    server = await startCodeServer(options);
    window = await Window.open(server.port);
    await window.show(parts.folder, parts.file("guests/web.nix"));
  });

  afterAll(async () => {
    await window?.close();
    await server?.stop();
    parts?.remove();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await window?.page.screenshot({ path: join(tmpdir(), `${task.id}.png`) });
  });

  it("what does not need the disk is told as soon as the folder is open", async () => {
    const begin = Date.now();
    await window.show(parts.folder, parts.file("guests/early.nix"));
    const opened = Date.now();
    await window.squiggles("error").first().waitFor();
    const end = Date.now();
    const words = `${end - begin} ms (${end - opened} ms after the text)`;
    console.error(`opening the folder → first squiggle: ${words} (VS Code ${editor.vscode})`);
    await window.show(parts.folder, parts.file("guests/web.nix"));
  });

  it("the host that nobody looks at is offered in the view, asked once, and written down", async () => {
    const offer = rows().filter({ hasText: "nuc: images are not looked at" });
    await window.pressUntil(keys(guests), offer);
    await window.widenSidebar(560);
    await window.picture("unseen");
    await offer.first().click();
    await choose("Add host nuc…");
    await choose("in the flake");
    await rows().filter({ hasText: "store.img" }).filter({ hasText: "512 MiB" }).first().waitFor();
    expect(await offer.count()).toBe(0);
    const settings = JSON.parse(readFileSync(join(parts.folder, ".vscode/settings.json"), "utf8"));
    expect(settings["microvmLens.hosts"]).toEqual([{ name: "nuc", via: { ssh: "nuc" } }]);
  });

  it("rows say what is wrong, and the badge counts it", async () => {
    const text = async (words: string) => {
      const row = rows().filter({ hasText: words }).first();
      await row.waitFor();
      return (await row.innerText()).replaceAll("\u00a0", " ");
    };
    expect(await text("store.img")).toMatch(/the image is 512 MiB/);
    expect(await text("films.img")).toMatch(/ext4.*xfs|xfs.*ext4/);
    expect(await text("mail.img")).toMatch(/256 MiB on disk.*\/var\/mail/);
    const badge = window.page.locator(".activitybar .action-item", {
      has: window.page.locator('[aria-label*="MicroVM Lens"]'),
    });
    await expect.poll(() => badge.locator(".badge-content").first().innerText()).toBe("3");
    await window.widenSidebar(348);
  });

  it("the menu tells how things stand", async () => {
    // Away from the text: no hover below the menu.
    await window.page.mouse.move(600, 5);
    await window.page.keyboard.press("Escape");
    const entries = window.page.locator(".quick-input-list .monaco-list-row");
    await window.pressUntil(keys(menu), entries.filter({ hasText: "1 error, 2 warnings" }));
    await window.picture("menu");
    await window.page.keyboard.press("Escape");
  });

  it("a fix in another file: its squiggle here goes, and the file is named and saved", async () => {
    await window.squiggles("warning").first().waitFor();
    await window.click("size = 2048", "2048");
    await window.fixes();
    await window.takeFix(/cleanup service|at every start by a service|on the host/i);
    const begin = Date.now();
    await window.squiggles("warning").first().waitFor({ state: "detached" });
    const took = Date.now() - begin;
    console.error(`fix in another file → squiggle gone: ${took} ms (VS Code ${editor.vscode})`);
    await toast("nuc.nix was changed too").getByRole("button", { name: "Save" }).click();
    await vi.waitFor(() => expect(readFileSync(parts.file("hosts/nuc.nix"), "utf8")).toContain("store.img"));
  });

  it("the page of a rule opens as it is to be read", async () => {
    await window.quickOpen("media.nix");
    await window.squiggles("error").first().waitFor();
    await window.click("fsType =", "xfs");
    await window.fixes();
    await window.takeFix(/Explain fstype-differs-from-image/);
    const page = window.page.frameLocator("iframe.webview").frameLocator("iframe");
    await page.getByRole("heading", { name: "How to fix" }).waitFor();
    await window.picture("rule");
    await window.page.keyboard.press(keys(closeAll));
  });

  it("F2 renames an image in the text", async () => {
    await window.quickOpen("mail.nix");
    await window.click('image = "mail.img"', "mail.img");
    const input = window.page.locator(".rename-box input");
    await window.pressUntil("F2", input);
    await input.fill("post.img");
    await window.page.keyboard.press("Enter");
    await window.line('image = "post.img"').waitFor();
    await toast("The next start looks for post.img").waitFor();
    expect(existsSync(join(parts.stateDir, "mail/mail.img"))).toBe(true);
  });

  it.skipIf(editor !== newest)("and moves the file after a question", async () => {
    await toast("The next start looks for post.img").getByRole("button", { name: "Move the File…" }).click();
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.getByText("mail.img").first().waitFor();
    await dialog.getByRole("button", { name: /^Run/ }).click();
    // Over ssh the operation is of root; where this user is not, sudo asks in the terminal, which no test answers.
    if (process.getuid?.() !== 0) return;
    const moved = () => [
      existsSync(join(parts.stateDir, "mail/mail.img")),
      existsSync(join(parts.stateDir, "mail/post.img")),
    ];
    await vi.waitFor(() => expect(moved()).toEqual([false, true]), { timeout: 60_000, interval: 200 });
    await window.squiggles("error").first().waitFor({ state: "detached" });
  });

  it("folders of one workspace have settings of their own", async () => {
    const [one, two] = ["one", "two"].map((name) => join(parts.scratch, name)) as [string, string];
    for (const folder of [one, two]) {
      mkdirSync(join(folder, ".vscode"), { recursive: true });
      writeFileSync(join(folder, "guest.nix"), loose);
    }
    writeFileSync(
      join(one, ".vscode/settings.json"),
      JSON.stringify({ "microvmLens.rules": { "size-unit-suspicious": "off" } }),
    );
    writeFileSync(
      join(two, ".vscode/settings.json"),
      JSON.stringify({ "microvmLens.rules": { "size-unit-suspicious": "error" } }),
    );
    // The page asks before it leaves what is not saved.
    await window.saveAll();
    const file = join(parts.scratch, "both.code-workspace");
    writeFileSync(file, JSON.stringify({ folders: [{ path: "one" }, { path: "two" }] }));
    await window.showWorkspace(file, join(two, "guest.nix"));
    const errors = () => window.squiggles("error").count();
    await expect.poll(errors, { timeout: 60_000 }).toBe(2);
    await window.showWorkspace(file, join(one, "guest.nix"));
    await expect.poll(errors, { timeout: 60_000 }).toBe(1);
    expect(await window.squiggles("info").count()).toBe(0);
  });

  function rows() {
    return window.page.locator(".sidebar .monaco-list-row");
  }

  function toast(words: string) {
    return window.page.locator(".notification-toast", { hasText: words });
  }

  /** Takes an entry of the list that is open. */
  async function choose(label: string): Promise<void> {
    const list = window.page.locator(".quick-input-list .monaco-list-row");
    await list.filter({ hasText: label }).first().waitFor();
    await window.page.keyboard.type(label);
    await list.and(window.page.locator(".focused")).filter({ hasText: label }).first().waitFor();
    await window.page.keyboard.press("Enter");
  }
});

const loose = `{ ... }:
{
  microvm.volumes = [
    {
      image = "data.img";
      mountPoint = "/data";
      size = 8;
      label = "longer-than-ext4-takes";
    }
  ];
}
`;
