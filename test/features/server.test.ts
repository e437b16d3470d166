import { readFileSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CodeAction, Hover, InlayHint, TextDocumentEdit, WorkspaceEdit } from "vscode-languageserver";
import { CancellationTokenSource, LSPErrorCodes } from "vscode-languageserver/node";
import { meanwhile } from "../../server/src/engine/meanwhile.ts";
import type { EngineLike } from "../../server/src/server/lazy-engine.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, simple, TestClient } from "./client.ts";

const everything = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };

let workspace: Workspace;
let client: TestClient;

beforeEach(async () => {
  workspace = await makeWorkspace();
});

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

function textOf(path: string): string {
  return readFileSync(path, "utf8");
}

/** Position of the first `words` in a text. */
function placeOf(text: string, words: string) {
  const before = text.slice(0, text.indexOf(words)).split("\n");
  return { line: before.length - 1, character: (before.at(-1) as string).length };
}

describe("a client that pulls diagnostics", () => {
  let uri: string;
  let text: string;

  beforeEach(async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern });
    text = textOf(workspace.guest);
    uri = await client.open(workspace.guest, text);
  });

  it("gets the size that is ignored, with both numbers, under the number", async () => {
    const [found, ...others] = await client.pull(uri);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ code: "size-differs-from-image", source: "microvm-lens", severity: 2 });
    expect(found?.message).toMatch(/512 MiB.*2048 MiB/s);
    expect(found?.range).toEqual({
      start: placeOf(text, "2048"),
      end: { ...placeOf(text, "2048"), character: placeOf(text, "2048").character + 4 },
    });
    expect(found?.codeDescription?.href).toMatch(/docs\/rules\/size-differs-from-image\.md$/);
  });

  it("is never pushed any", async () => {
    await client.pull(uri);
    await client.change(uri, text.replace("2048", "1024"));
    await client.pull(uri);
    expect(client.heard).not.toContain("textDocument/publishDiagnostics");
  });

  it("is told that nothing changed", async () => {
    const first = await client.request<{ resultId: string }>("textDocument/diagnostic", { textDocument: { uri } });
    const again = await client.request("textDocument/diagnostic", {
      textDocument: { uri },
      previousResultId: first.resultId,
    });
    expect(again).toEqual({ kind: "unchanged", resultId: first.resultId });
  });

  it("sees what is typed, before it is saved", async () => {
    await client.change(uri, text.replace("2048", "512"));
    expect(await client.pull(uri)).toEqual([]);
    await client.change(uri, text.replace("2048", "1"));
    expect((await client.pull(uri))[0]?.message).toContain("1 MiB");
  });

  it("is asked to pull again when an image grows outside of the editor", async () => {
    await client.pull(uri);
    await client.request("textDocument/inlayHint", { textDocument: { uri }, range: everything });
    truncateSync(workspace.image, 2048 * 1024 * 1024);
    await client.until(() => client.heard.includes("workspace/diagnostic/refresh"));
    const codes = (await client.pull(uri)).map(({ code }) => code);
    expect(codes).not.toContain("size-differs-from-image");
    await client.until(() => client.heard.includes("workspace/inlayHint/refresh"));
  });

  it("shows what is on disk behind the size", async () => {
    const hints = await client.request<InlayHint[]>("textDocument/inlayHint", {
      textDocument: { uri },
      range: everything,
    });
    expect(hints.map(({ label }) => label)).toEqual([expect.stringMatching(/^512 MiB on disk, \d+ % used$/)]);
    expect(hints[0]?.position.line).toBe(placeOf(text, "size = 2048").line);
  });

  it("shows declared beside on-disk values under the mouse", async () => {
    const hover = await client.request<Hover>("textDocument/hover", {
      textDocument: { uri },
      position: placeOf(text, "size ="),
    });
    const { value } = hover.contents as { value: string };
    expect(value).toMatch(/^\| size +\| 2048 MiB \(2 GiB\) \| 512 MiB +\|$/m);
    expect(value).toContain(workspace.image);
    expect(value).toContain("microvm.volumes.*.size");
  });

  it("says nothing about what is not of microvm.nix", async () => {
    const params = { textDocument: { uri }, position: placeOf(text, "networking") };
    expect(await client.request("textDocument/hover", params)).toBeNull();
    expect(await client.request("textDocument/completion", params)).toBeNull();
  });

  it("offers fixes without their edits, and resolves the one that is wanted", async () => {
    const at = placeOf(text, "2048");
    const diagnostics = await client.pull(uri);
    const actions = await client.request<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: at, end: at },
      context: { diagnostics },
    });
    expect(actions.length).toBeGreaterThanOrEqual(4);
    expect(actions.filter((action) => action.edit).map(({ title }) => title)).toEqual([
      expect.stringMatching(/^Allow this/),
    ]);
    expect(actions.filter((action) => action.isPreferred)).toHaveLength(1);
    expect(actions[0]?.diagnostics).toEqual(diagnostics);
    const resolved = await client.request<CodeAction>("codeAction/resolve", actions[0]);
    expect(applied(text, resolved.edit, uri)).toContain("size = 512;");
  });

  it("allows a finding by a comment, which then is silent", async () => {
    const at = placeOf(text, "2048");
    const actions = await client.request<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: at, end: at },
      context: { diagnostics: [] },
    });
    const allowed = applied(text, actions.at(-1)?.edit, uri);
    expect(allowed).toContain("        # microvm-lens: allow size-differs-from-image\n        size = 2048;");
    await client.change(uri, allowed);
    expect(await client.pull(uri)).toEqual([]);
  });

  it("refuses to resolve a fix whose finding is gone", async () => {
    const at = placeOf(text, "2048");
    const [action] = await client.request<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: at, end: at },
      context: { diagnostics: [] },
    });
    await client.change(uri, text.replace("size = 2048;", ""));
    await expect(client.request("codeAction/resolve", action)).rejects.toMatchObject({ code: -32801 });
  });

  it("names guests and volumes of a document and of the workspace", async () => {
    const symbols = await client.request<{ name: string }[]>("workspace/symbol", { query: "overlay" });
    expect(symbols.map(({ name }) => name)).toEqual(["nix-store-overlay.img"]);
    const outline = await client.request<{ name: string }[]>("textDocument/documentSymbol", { textDocument: { uri } });
    expect(JSON.stringify(outline)).toContain("nix-store-overlay.img");
  });

  it("gets nothing about documents that are not ours", async () => {
    for (const other of [
      "untitled:Untitled-1",
      "git:/a/web.nix",
      "vscode-vfs://github/a/web.nix",
      "file:///nowhere/web.nix",
    ]) {
      expect(await client.pull(other)).toEqual([]);
    }
  });

  it("survives text that is not Nix", async () => {
    for (const bad of ["", "{", "\u0000\ufffe", "}}}}", "{ microvm.volumes = [ { image = ", `${"(".repeat(5000)}`]) {
      await client.change(uri, bad);
      expect(Array.isArray(await client.pull(uri))).toBe(true);
    }
    await client.change(uri, text);
    expect(await client.pull(uri)).toHaveLength(1);
  });
});

describe("requests that are cancelled", () => {
  it("end at once, with the protocol's word for it", async () => {
    const asked: AbortSignal[] = [];
    const engine: EngineLike = {
      setDocument: () => {},
      filesChanged: () => {},
      setSettings: () => {},
      setRoots: () => {},
      watchDisk: () => {},
      refreshDisk: () => {},
      dispose: () => {},
      current: () => null,
      meanwhile: () => meanwhile(null, () => null),
      snapshot: (signal) =>
        new Promise((_done, failed) => {
          if (!signal) return;
          asked.push(signal);
          signal.addEventListener("abort", () => failed(signal.reason));
        }),
    };
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, loadEngine: async () => engine });
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    const source = new CancellationTokenSource();
    const answer = client.connection.sendRequest("textDocument/diagnostic", { textDocument: { uri } }, source.token);
    await expect.poll(() => asked.length).toBe(1);
    source.cancel();
    await expect(answer).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
    expect(asked[0]?.aborted).toBe(true);
  });
});

describe("a client that can do little", () => {
  it("is pushed diagnostics, with the notes in the message", async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: simple });
    expect(client.initialized.capabilities.diagnosticProvider).toBeUndefined();
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    await client.until(() => client.published.has(uri));
    const [found] = client.published.get(uri)?.diagnostics ?? [];
    expect(found).toMatchObject({ code: "size-differs-from-image" });
    expect(found?.relatedInformation).toBeUndefined();
    const version = await client.change(uri, textOf(workspace.guest).replace("2048", "512"));
    await client.until(() => client.published.get(uri)?.version === version);
    expect(client.published.get(uri)?.diagnostics).toEqual([]);
  });

  it("gets edits at once, as plain changes, and plain text", async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: simple });
    const text = textOf(workspace.guest);
    const uri = await client.open(workspace.guest, text);
    const at = placeOf(text, "2048");
    const actions = await client.request<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: at, end: at },
      context: { diagnostics: [] },
    });
    expect(actions.every((action) => action.edit?.changes ?? action.command)).toBe(true);
    expect(applied(text, actions[0]?.edit, uri)).toContain("size = 512;");
    const hover = await client.request<Hover>("textDocument/hover", {
      textDocument: { uri },
      position: placeOf(text, "size ="),
    });
    expect(hover.contents).toMatchObject({ kind: "plaintext" });
    expect(JSON.stringify(hover.contents)).not.toMatch(/\*\*|`|---/);
  });

  it("takes its problems back when a document is closed", async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: simple });
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    await client.until(() => client.published.has(uri));
    await client.notify("textDocument/didClose", { textDocument: { uri } });
    await client.until(() => client.published.get(uri)?.diagnostics.length === 0);
  });
});

describe("settings", () => {
  it.each([
    ["diagnostics.enable", "textDocument/diagnostic"],
    ["inlayHints.enable", "textDocument/inlayHint"],
    ["hover.enable", "textDocument/hover"],
    ["quickFixes.enable", "textDocument/codeAction"],
    ["navigation.enable", "textDocument/documentSymbol"],
    ["documentLinks.enable", "textDocument/documentLink"],
    ["completion.enable", "textDocument/completion"],
  ])("%s switches %s off", async (setting, method) => {
    const text = textOf(workspace.guest);
    const at = placeOf(text, method.endsWith("completion") ? "mountPoint" : "size =");
    const ask = async (settings: unknown) => {
      client = await TestClient.start({ folder: workspace.folder, capabilities: modern, settings });
      const uri = await client.open(workspace.guest, text);
      const range = { start: at, end: placeOf(text, "2048") };
      const answer = await client.request(method, {
        textDocument: { uri },
        position: at,
        range,
        context: { diagnostics: [] },
      });
      return JSON.stringify(answer);
    };
    const on = await ask({});
    await client.stop();
    const off = await ask({ [setting]: false });
    expect(off.length).toBeLessThan(on.length);
    expect(off).toMatch(/^(null|\[\]|\{"kind":"full".*"items":\[\]\})$/);
  });

  it("a rule that is off is silent everywhere", async () => {
    const settings = { rules: { "size-differs-from-image": "off" } };
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, settings });
    const text = textOf(workspace.guest);
    const uri = await client.open(workspace.guest, text);
    const at = { start: placeOf(text, "2048"), end: placeOf(text, "2048") };
    expect(await client.pull(uri)).toEqual([]);
    expect(await client.request("textDocument/inlayHint", { textDocument: { uri }, range: everything })).toEqual([]);
    const context = { diagnostics: [] };
    expect(await client.request("textDocument/codeAction", { textDocument: { uri }, range: at, context })).toEqual([]);
  });

  it("take effect when they change", async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, settings: {} });
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    expect(await client.pull(uri)).toMatchObject([{ severity: 2 }]);
    client.settings = { rules: { "size-differs-from-image": "error" } };
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    await client.until(() => client.heard.includes("workspace/diagnostic/refresh"));
    expect(await client.pull(uri)).toMatchObject([{ severity: 1 }]);
  });

  it("are taken from initializationOptions where the client has no configuration", async () => {
    const initializationOptions = { rules: { "size-differs-from-image": "hint" } };
    client = await TestClient.start({ folder: workspace.folder, capabilities: simple, initializationOptions });
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    await client.until(() => client.published.has(uri));
    expect(client.published.get(uri)?.diagnostics).toMatchObject([{ severity: 4 }]);
  });

  it("speak Chinese to those who do", async () => {
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, locale: "zh-cn" });
    const uri = await client.open(workspace.guest, textOf(workspace.guest));
    expect((await client.pull(uri))[0]?.message).toMatch(/[\u4e00-\u9fff]/);
  });
});

/** The text after the edits of one document. */
function applied(text: string, edit: WorkspaceEdit | undefined, uri: string): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: { line: number; character: number }) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  const versioned = (edit?.documentChanges as TextDocumentEdit[] | undefined)?.find(
    (each) => each.textDocument.uri === uri,
  );
  const edits = (versioned?.edits ?? edit?.changes?.[uri] ?? []) as { range: typeof everything; newText: string }[];
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}
