import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Diagnostic, Hover } from "vscode-languageserver";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, TestClient } from "./client.ts";

/** Two folders of one workspace, each with settings of its own, as `.vscode/settings.json` in each makes them. */
describe("a workspace of several folders", () => {
  let one: Workspace;
  let two: Workspace;
  let client: TestClient;

  beforeEach(async () => {
    one = await makeWorkspace();
    two = await makeWorkspace();
  });

  afterEach(async () => {
    await client.stop();
    one.remove();
    two.remove();
  });

  const uriOf = (path: string) => pathToFileURL(path).href;

  /** Starts with these settings for the second folder, and others for everything else. */
  async function start(own: object, general: object = {}) {
    // A relative path is below the folder that it is said of: each has its own state directory.
    const shared = { hosts: [{ name: "server1", stateDir: "../microvms" }], ...general };
    const settings = (scope?: string) => (scope === uriOf(two.folder) ? { ...shared, ...own } : shared);
    client = await TestClient.start({
      folder: one.folder,
      otherFolders: [two.folder],
      capabilities: modern,
      settings,
    });
    const open = ({ guest }: Workspace) => client.open(guest, readFileSync(guest, "utf8"));
    return { first: await open(one), second: await open(two) };
  }

  const codes = (list: readonly Diagnostic[]) => list.map(({ code }) => code);
  const severities = (list: readonly Diagnostic[]) => list.map(({ severity }) => severity);
  const hover = (uri: string) =>
    client.request<Hover | null>("textDocument/hover", {
      textDocument: { uri },
      position: { line: 13, character: 16 },
    });

  it("turns a feature off in one of them", async () => {
    const { first, second } = await start({ hover: { enable: false }, "diagnostics.enable": false });
    expect(await hover(first)).not.toBeNull();
    expect(await hover(second)).toBeNull();
    expect(await client.pull(first)).toHaveLength(1);
    expect(await client.pull(second)).toEqual([]);
  });

  it("turns a rule off, and another on, in one of them", async () => {
    const off = { rules: { "size-differs-from-image": "off" } };
    const { first, second } = await start(off);
    expect(codes(await client.pull(first))).toEqual(["size-differs-from-image"]);
    expect(await client.pull(second)).toEqual([]);
    await client.stop();
    const again = await start({ rules: {} }, off);
    expect(await client.pull(again.first)).toEqual([]);
    expect(codes(await client.pull(again.second))).toEqual(["size-differs-from-image"]);
  });

  it("gives a rule another severity in one of them", async () => {
    const { first, second } = await start({ rules: { "size-differs-from-image": "error" } });
    expect(severities(await client.pull(first))).toEqual([2]);
    expect(severities(await client.pull(second))).toEqual([1]);
  });

  it("looks for the guests of each folder on its own hosts", async () => {
    const snapshot = { name: "server1", via: { snapshot: "missing.json" } };
    const { first, second } = await start({ hosts: [snapshot] });
    expect(codes(await client.pull(first))).toEqual(["size-differs-from-image"]);
    // Its host cannot be seen, so nothing is said; this machine's images are not taken for it.
    expect(await client.pull(second)).toEqual([]);
    expect(JSON.stringify(await hover(first))).toContain("512 MiB");
    expect(JSON.stringify(await hover(second))).not.toContain("512 MiB");
  });

  it("takes a relative state directory as below its own folder", async () => {
    const { first, second } = await start({});
    const both = [await hover(first), await hover(second)].map((answer) => JSON.stringify(answer));
    expect(both[0]).toContain(one.image);
    expect(both[1]).toContain(two.image);
  });

  it("reads them anew when a folder joins or leaves", async () => {
    const { second } = await start({ rules: { "size-differs-from-image": "off" } });
    expect(await client.pull(second)).toEqual([]);
    const event = { added: [], removed: [{ uri: uriOf(one.folder), name: "one" }] };
    await client.notify("workspace/didChangeWorkspaceFolders", { event });
    // One folder: the settings of the workspace count, as they do in VS Code.
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    expect(codes(await client.pull(second))).toEqual(["size-differs-from-image"]);
  });
});
