import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { type Example, makeHomelab } from "./harness/example.ts";
import { ensureEditor, type Installation, middle } from "./harness/install.ts";
import { installChinese } from "./harness/language-pack.ts";
import { packExtension } from "./harness/package.ts";
import { keys, Window } from "./harness/window.ts";

const overview = { key: "ctrl+alt+f1", command: "microvm-lens.showOverview" };
const guests = { key: "ctrl+alt+f2", command: "microvm-lens.guests.focus" };
const walkthrough = { key: "ctrl+alt+f3", command: "microvm-lens.openWalkthrough" };
const closeAll = { key: "ctrl+alt+f4", command: "workbench.action.closeAllEditors" };
const problemsOnly = { key: "ctrl+alt+f5", command: "microvm-lens.showProblemsOnly" };
const showEverything = { key: "ctrl+alt+f6", command: "microvm-lens.showEverything" };
const keybindings = [overview, guests, walkthrough, closeAll, problemsOnly, showEverything];

/** Every surface of the extension in a real editor, on the project's own example; MICROVM_LENS_PICTURES=1 keeps the pictures. */
describe("surfaces", () => {
  let installation: Installation;
  let example: Example;
  let vsix: string;
  let server: CodeServer | null = null;
  let window: Window | null = null;
  let build: string;

  async function open(
    name: string,
    options: Partial<EditorOptions> & { scale?: number; file?: string } = {},
  ): Promise<Window> {
    const home = join(example.scratch, name);
    mkdirSync(join(home, "data"), { recursive: true });
    const all: EditorOptions = { installation, home, keybindings, ...options };
    if (options.locale) await installChinese(all);
    await installExtension(all, vsix);
    server = await startCodeServer(all);
    window = await Window.open(server.port, options.locale === "zh-cn" ? "zh-CN" : "en-US", options.scale);
    await window.show(example.folder, options.file ?? build);
    if (options.trusted === false) await window.trust(/No/);
    return window;
  }

  beforeAll(async () => {
    installation = await ensureEditor(middle);
    example = await makeHomelab();
    vsix = await packExtension(example.scratch);
    build = join(example.folder, "guests/build.nix");
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await window?.page.screenshot({ path: join(tmpdir(), `${task.id}.png`) });
    await window?.close();
    await server?.stop();
    window = null;
    server = null;
  });

  afterAll(() => example?.remove());

  it("dark: hover, fixes, view, overview and walkthrough", async () => {
    const shown = await open("dark");
    await shown.squiggles("warning").first().waitFor();
    await shown.line("512 MiB on disk").waitFor();
    await shown.picture("editor-dark");
    expect(await shown.hover("size =", "size")).toContain("512 MiB");
    await shown.picture("hover");
    await shown.page.keyboard.press("Escape");
    await shown.click("size =", "2048");
    expect((await shown.fixes()).length).toBeGreaterThanOrEqual(4);
    await shown.picture("fixes");
    await shown.page.keyboard.press("Escape");

    const rows = shown.page.locator(".sidebar .monaco-list-row");
    await shown.pressUntil(keys(guests), rows.filter({ hasText: "nix-store-overlay.img" }));
    await shown.widenSidebar(560);
    const tree = (await rows.allInnerTexts()).join("\n");
    expect(tree).toMatch(/atlas/);
    expect(tree).toMatch(/photos\.img/);
    await shown.picture("view");
    await shown.page.keyboard.press(keys(problemsOnly));
    await rows.filter({ hasText: "photos.img" }).first().waitFor({ state: "detached" });
    await rows.filter({ hasText: "nix-store-overlay.img" }).first().waitFor();
    await shown.pressUntil(keys(showEverything), rows.filter({ hasText: "photos.img" }));
    await shown.widenSidebar(220);

    await shown.pressUntil(keys(overview), shown.page.locator("iframe.webview"));
    const page = shown.page.frameLocator("iframe.webview").frameLocator("iframe");
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.locator("body").innerText()).toContain("nix-store-overlay.img");
    await shown.picture("overview");
    await page.getByText("nix-store-overlay.img").first().click();
    await shown.page.locator(".tab.active", { hasText: "build.nix" }).first().waitFor();
    await shown.page.keyboard.press(keys(closeAll));

    await shown.pressUntil(keys(walkthrough), shown.page.getByText("Get Started with MicroVM Lens"));
    await shown.page.locator(".getting-started-step.expanded").first().waitFor();
    await shown.picture("walkthrough");
  });

  it("light: completion of options", async () => {
    const settings = { "workbench.colorTheme": "Default Light Modern" };
    const shown = await open("light", { settings });
    await shown.squiggles("warning").first().waitFor();
    await shown.picture("editor-light");
    await shown.click("size = 2048", ";");
    await shown.page.keyboard.press("End");
    await shown.page.keyboard.press("Enter");
    await shown.page.keyboard.type("fs", { delay: 40 });
    const rows = shown.page.locator(".suggest-widget .monaco-list-row");
    await rows.filter({ hasText: "fsType" }).first().waitFor();
    // The hint goes on standing behind the size.
    const sizeWithHint = /size\s=\s2048;\s*512\sMiB\son\sdisk/;
    await shown.page.locator(".monaco-editor .view-line", { hasText: sizeWithHint }).first().waitFor();
    await shown.picture("completion");
    await shown.takeProposal("fsType");
    await shown.line("fsType =").waitFor();
  });

  it("a slip of the pen: what was meant is said, and taken by keyboard", async () => {
    const shown = await open("slip", { settings: { "workbench.colorTheme": "Default Light Modern" } });
    await shown.squiggles("warning").first().waitFor();
    await shown.click("writableStoreOverlay =", "writableStoreOverlay");
    await shown.page.keyboard.press("Home");
    for (let step = 0; step < "writ".length; step++) await shown.page.keyboard.press("ArrowRight");
    await shown.page.keyboard.type("e");
    await shown.squiggles("error").first().waitFor();
    expect(await shown.hover("writeableStoreOverlay =", "writeableStoreOverlay")).toContain("writableStoreOverlay");
    await shown.picture("slip");
    await shown.page.keyboard.press("Escape");
    await shown.click("writeableStoreOverlay =", "writeableStoreOverlay");
    await shown.fixes();
    await shown.takeFix(/Change to `writableStoreOverlay`/);
    await shown.line(" writableStoreOverlay =").waitFor();
    await shown.squiggles("error").first().waitFor({ state: "detached" });
  });

  it.each([
    ["dark", "Default Dark Modern"],
    ["light", "Default Light Modern"],
  ])("the walkthrough's pictures are whole, %s", async (name, theme) => {
    const shown = await open(`walkthrough-${name}`, { settings: { "workbench.colorTheme": theme } });
    const part = (of: string, ...elements: Parameters<Window["pictureOf"]>[2][]) =>
      shown.pictureOf(`${of}-${name}`, "media/walkthrough", ...elements);
    await shown.line("512 MiB on disk").waitFor();
    await shown.hover("size =", "size");
    const lines = [shown.line("volumes = ["), shown.line("size = 2048")];
    await part("hover", ...lines, shown.page.locator(".monaco-resizable-hover:visible, .monaco-hover:visible").first());
    await shown.page.keyboard.press("Escape");
    await shown.click("size =", "2048");
    await shown.fixes();
    await part("fixes", shown.line("size = 2048"), shown.page.locator(".action-widget").first());
    await shown.page.keyboard.press("Escape");
    await shown.pressUntil(keys(guests), shown.page.locator(".sidebar .monaco-list-row", { hasText: "photos.img" }));
    await shown.widenSidebar(560);
    const rows = shown.page.locator(".sidebar .monaco-list-row");
    await part("view", rows.first(), rows.last());
  });

  it("restricted mode: what is read is shown, and nothing is run", async () => {
    const shown = await open("restricted", { trusted: false });
    await shown.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor();
    await shown.line("size = 2048").waitFor();
    const row = shown.page.locator(".sidebar .monaco-list-row", { hasText: "nix-store-overlay.img" });
    await shown.pressUntil(keys(guests), row);
    await shown.picture("restricted");
  });

  it("Chinese: extension and server speak it", async () => {
    const shown = await open("chinese", { locale: "zh-cn" });
    await shown.squiggles("warning").first().waitFor();
    await shown.line("磁盘上为 512 MiB").waitFor();
    expect(await shown.hover("size =", "size")).toContain("磁盘上");
    await shown.picture("hover-zh-cn");
    await shown.page.keyboard.press("Escape");
    await shown.click("size =", "2048");
    expect((await shown.fixes()).join()).toMatch(/512.*磁盘/);
    await shown.picture("fixes-zh-cn");
    await shown.page.keyboard.press("Escape");
    const row = shown.page.locator(".sidebar .monaco-list-row", { hasText: "磁盘上为" });
    await shown.pressUntil(keys(guests), row);
    await shown.widenSidebar(560);
    await shown.page.locator(".sidebar", { hasText: "虚拟机" }).first().waitFor();
    await shown.picture("view-zh-cn");
  });

  it("at twice the size: nothing is lost", async () => {
    const shown = await open("zoomed", { scale: 2 });
    await shown.line("512 MiB on disk").waitFor();
    expect(await shown.hover("size =", "size")).toContain("2048 MiB");
  });

  it("a folder without microVMs: says why there is nothing", async () => {
    const folder = join(example.scratch, "empty");
    mkdirSync(folder);
    writeFileSync(join(folder, "default.nix"), "{ }\n");
    const shown = await open("nothing");
    await shown.show(folder, join(folder, "default.nix"));
    await shown.pressUntil(keys(guests), shown.page.locator(".sidebar", { hasText: "No microVM was found" }));
    await shown.picture("welcome");
  });
});
