import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CodeServer, type EditorOptions, installExtension, startCodeServer } from "./harness/code-server.ts";
import { ensureEditor, type Installation, middle, newest } from "./harness/install.ts";
import { packOtherNixExtension } from "./harness/other-extension.ts";
import { packExtension } from "./harness/package.ts";
import { Window } from "./harness/window.ts";
import { makeWorkspace, type Workspace } from "./harness/workspace.ts";

/**
 * Nix IDE itself, which is not ours to bring: NIX_IDE names its packed extension, NIX_SERVER a language server for it
 * (nil or nixd). Without them an extension of our own stands in, so that nothing from outside is needed.
 */
const nixIde = process.env["NIX_IDE"];
const nixServer = process.env["NIX_SERVER"];

describe("beside other extensions", () => {
  let installation: Installation;
  let workspace: Workspace;
  let ours: string;
  let server: CodeServer;
  let window: Window;

  beforeAll(async () => {
    installation = await ensureEditor(middle);
    workspace = await makeWorkspace();
    ours = await packExtension(workspace.scratch);
  });

  afterEach(async () => {
    await window?.close();
    await server?.stop();
  });

  afterAll(() => workspace?.remove());

  async function open(name: string, extensions: readonly string[], more: Partial<EditorOptions> = {}): Promise<void> {
    const options: EditorOptions = { installation, home: join(workspace.scratch, name), ...more };
    for (const extension of extensions) await installExtension(options, extension);
    server = await startCodeServer(options);
    window = await Window.open(server.port);
    await window.show(workspace.folder, workspace.guest);
    if (extensions.includes(ours)) await window.squiggles("warning").first().waitFor();
  }

  it("leaves colours and comments to the extension that takes care of Nix", async () => {
    await open("beside", [await packOtherNixExtension(workspace.scratch), ours]);
    await expect
      .poll(() => window.colour("hypervisor =", "hypervisor"), { timeout: 30_000 })
      .not.toBe(await window.colour("hypervisor =", "qemu"));
    // What it leaves plain stays plain, but for the number of a size.
    expect(await window.colour("mountPoint =", "mountPoint")).toBe(await window.colour("hypervisor =", "qemu"));
    await window.click("mountPoint =", "mountPoint");
    await window.page.keyboard.press("Control+/");
    await window.line("## mountPoint").waitFor();
  });

  it("gives plain colours and comments where nobody else does", async () => {
    await open("alone", [ours]);
    await expect
      .poll(() => window.colour("size =", "2048"), { timeout: 30_000 })
      .not.toBe(await window.colour("size =", "="));
    await window.click("mountPoint =", "mountPoint");
    await window.page.keyboard.press("Control+/");
    await window.line("# mountPoint").waitFor();
    expect(await window.line("## mountPoint").count()).toBe(0);
  });

  const besideNixIde = async () => {
    const settings = {
      "nix.enableLanguageServer": nixServer !== undefined,
      "nix.serverPath": nixServer ?? "",
      "nix.serverSettings": { nil: { nix: { flake: { autoArchive: false } } } },
    };
    // Nix IDE wants a newer editor than we do.
    const more = { installation: await ensureEditor(newest), settings };
    const words = ["networking", "hostName", "web", "hypervisor", "qemu", "mountPoint", "2048", "中文"];
    const seen: { colours: readonly string[]; hover: string }[] = [];
    for (const extensions of [[nixIde as string], [nixIde as string, ours], [ours, nixIde as string]]) {
      const picture = (name: string) => ({ path: join(tmpdir(), `nix-ide-${seen.length}-${name}.png`) });
      await open(`nix-ide-${seen.length}`, extensions, more);
      await expect
        .poll(() => window.colour("size =", "2048"), { timeout: 60_000 })
        .not.toBe(await window.colour("size =", "="));
      // Only another server knows anything about what is not of microvm.nix.
      const hover = nixServer === undefined ? "" : await window.hover("networking", "networking");
      await window.page.keyboard.press("Escape");
      const colours: string[] = [];
      for (const word of words) colours.push(await window.colour(word, word));
      await window.page.screenshot(picture("colours"));
      await window.click("mountPoint =", "mountPoint");
      await window.page.keyboard.press("Control+/");
      await window.line("# mountPoint").waitFor();
      await window.page.keyboard.press("Control+Z");
      if (extensions.includes(ours)) {
        const ourHover = await window.hover("size =", "size");
        await window.page.screenshot(picture("hover"));
        expect(ourHover.match(/2048 MiB \(2 GiB\)/g)).toHaveLength(1);
        await window.page.keyboard.press("Escape");
        await window.click("size =", "2048");
        await window.page.keyboard.press("End");
        await window.page.keyboard.type(" )");
        await window.pressUntil("Control+Shift+M", window.page.locator(".markers-panel .monaco-tl-row"));
        const rows = window.page.locator(".markers-panel .monaco-tl-row");
        // The error of syntax is Nix IDE's or its server's business.
        await expect.poll(() => rows.count(), { timeout: 60_000 }).toBeGreaterThan(1);
        await window.page.screenshot(picture("problems"));
        const problems = await rows.allInnerTexts();
        expect(new Set(problems).size).toBe(problems.length);
      }
      seen.push({ colours, hover });
      await window.close();
      await server.stop();
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  };
  if (nixIde !== undefined) it("leaves colours, comments and hovers to Nix IDE and its server", besideNixIde);

  it("is quiet: what a user does every day brings no message, no question and no jump of the text", async () => {
    await open("quiet", [ours]);
    const interruptions = await window.watchInterruptions();
    const { page } = window;
    // A line that is being painted anew is nowhere for a moment.
    const settledTop = async () => {
      await expect.poll(() => window.top("size ="), { timeout: 30_000 }).toBeGreaterThanOrEqual(0);
      return window.top("size =");
    };
    const before = await settledTop();
    await window.hover("size =", "size");
    await page.keyboard.press("Escape");
    await window.click("size =", "2048");
    await page.keyboard.press("End");
    await page.keyboard.type(" # typed", { delay: 20 });
    await page.keyboard.press("Control+Z");
    await window.save();
    await window.fixes();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Space");
    await page.keyboard.press("Escape");
    await window.quickOpen("host.nix");
    await window.line("microvm.vms.web").waitFor();
    await page.keyboard.press("Control+W");
    await window.line("size =").waitFor();
    await page.keyboard.press("Control+Shift+M");
    await page.locator(".markers-panel .monaco-tl-row", { hasText: "512 MiB" }).first().waitFor();
    await page.keyboard.press("Control+Shift+M");
    await expect.poll(() => window.top("size ="), { timeout: 30_000 }).toBe(before);
    expect(await interruptions()).toEqual([]);
  });
});
