import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WorkspaceDiagnosticReport } from "vscode-languageserver";
import { CancellationTokenSource } from "vscode-languageserver/node";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, simple, TestClient } from "./client.ts";

let workspace: Workspace;
let client: TestClient;
let web: string;

beforeEach(async () => {
  workspace = await makeWorkspace();
  web = pathToFileURL(workspace.guest).href;
});

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

/** Settings of somebody who wants to see all of it. */
const everywhere = { diagnostics: { scope: "workspace" } };

describe("problems of files that are not open, pulled", () => {
  /** What is told, by file and in short; `previous` is what an earlier answer left behind. */
  async function pull(previous: WorkspaceDiagnosticReport["items"] = []) {
    const previousResultIds = previous.map(({ uri, resultId }) => ({ uri, value: resultId }));
    const { items } = await client.request<WorkspaceDiagnosticReport>("workspace/diagnostic", { previousResultIds });
    return items;
  }

  const inShort = (items: WorkspaceDiagnosticReport["items"]) =>
    items.map((item) => [item.uri, item.kind === "full" ? item.items.map(({ code }) => code) : item.kind]);

  beforeEach(async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, settings: everywhere });
  });

  it("are told at once, and then only when they change", async () => {
    const first = await pull();
    expect(inShort(first)).toEqual([[web, ["size-differs-from-image"]]]);
    const second = pull(first);
    // Whatever is asked later is answered earlier.
    await client.request("workspace/symbol", { query: "" });
    truncateSync(workspace.image, 2048 * 1024 * 1024);
    const changed = await second;
    expect(inShort(changed)).toEqual([[web, ["filesystem-smaller-than-image"]]]);
    expect(changed[0]?.resultId).not.toBe(first[0]?.resultId);
  });

  it("are taken back when the setting says so, and come back with it", async () => {
    const first = await pull();
    const second = pull(first);
    client.settings = { diagnostics: { scope: "openFiles" } };
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    const gone = await second;
    expect(inShort(gone)).toEqual([[web, []]]);
    const third = pull(gone);
    client.settings = everywhere;
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    expect(inShort(await third)).toEqual([[web, ["size-differs-from-image"]]]);
  });

  it("are left to the document while it is open, and told anew when it is closed", async () => {
    const text = readFileSync(workspace.guest, "utf8");
    const first = await pull();
    await client.open(workspace.guest, text.replace("2048", "512"));
    expect(await client.pull(web)).toEqual([]);
    const second = pull(first);
    await client.notify("textDocument/didClose", { textDocument: { uri: web } });
    // The text that was open has been thrown away: what the client shows of it is wrong.
    expect(inShort(await second)).toEqual([[web, ["size-differs-from-image"]]]);
  });

  it("follow what is typed in another file", async () => {
    const first = await pull();
    const second = pull(first);
    const host = await client.open(workspace.host, readFileSync(workspace.host, "utf8"));
    await client.change(host, readFileSync(workspace.host, "utf8").replace("microvm.vms.web.config = ./web.nix;", ""));
    expect(inShort(await second).map(([uri]) => uri)).toContain(web);
  });

  it("end when nobody wants to know any more", async () => {
    const first = await pull();
    const source = new CancellationTokenSource();
    const previousResultIds = first.map(({ uri, resultId }) => ({ uri, value: resultId }));
    const answer = client.connection.sendRequest("workspace/diagnostic", { previousResultIds }, source.token);
    await client.request("workspace/symbol", { query: "" });
    source.cancel();
    expect(await answer).toEqual({ items: [] });
  });
});

describe("problems of files that are not open, pushed", () => {
  it("come without being asked for, and go with the setting", async () => {
    client = await TestClient.start({
      folder: workspace.folder,
      capabilities: simple,
      initializationOptions: everywhere,
    });
    await client.until(() => client.published.has(web));
    expect(client.published.get(web)?.diagnostics.map(({ code }) => code)).toEqual(["size-differs-from-image"]);
    await client.notify("workspace/didChangeConfiguration", { settings: { diagnostics: { scope: "openFiles" } } });
    await client.until(() => client.published.get(web)?.diagnostics.length === 0);
  });

  it("are those of the file again when a document is closed", async () => {
    client = await TestClient.start({
      folder: workspace.folder,
      capabilities: simple,
      initializationOptions: everywhere,
    });
    await client.open(workspace.guest, readFileSync(workspace.guest, "utf8").replace("2048", "512"));
    await client.until(() => client.published.get(web)?.version === 1);
    await client.notify("textDocument/didClose", { textDocument: { uri: web } });
    await client.until(() => client.published.get(web)?.diagnostics[0]?.code === "size-differs-from-image");
  });

  it("are only those of the workspace", async () => {
    const outside = join(workspace.scratch, "outside.nix");
    writeFileSync(outside, readFileSync(workspace.guest, "utf8"));
    writeFileSync(workspace.host, readFileSync(workspace.host, "utf8").replace("./web.nix", outside));
    client = await TestClient.start({
      folder: workspace.folder,
      capabilities: simple,
      initializationOptions: everywhere,
    });
    const uri = await client.open(workspace.host, readFileSync(workspace.host, "utf8"));
    await client.until(() => client.published.has(uri));
    expect([...client.published.keys()]).not.toContain(pathToFileURL(outside).href);
  });
});
