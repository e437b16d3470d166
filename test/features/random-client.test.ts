import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CancellationTokenSource, TextDocumentSyncKind } from "vscode-languageserver/node";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, simple, TestClient } from "./client.ts";

/** Messages that the client sends; more of them on demand: MICROVM_LENS_MESSAGES=100000. */
const count = Number(process.env["MICROVM_LENS_MESSAGES"] ?? 1500);
const seed = Number(process.env["MICROVM_LENS_SEED"] ?? 1);

/** What is typed: half of it breaks the file. */
const snippets = [
  "{",
  "}",
  "[ ",
  " ]",
  ";",
  '"',
  "''",
  "${",
  "}",
  "\n",
  "\r\n",
  "# ",
  "中😀",
  "size = 4096;",
  "microvm.",
  "= ",
  "(",
  "inherit ",
  "if a then ",
  "\u0000",
];
const files = ["flake.nix", "host.nix", "web.nix", "db.nix"];

/** What is asked. `codeAction/resolve` follows some of the code actions, and is itself an answer. */
const methods = [
  "textDocument/diagnostic",
  "textDocument/hover",
  "textDocument/inlayHint",
  "textDocument/codeAction",
  "textDocument/codeLens",
  "textDocument/documentSymbol",
  "textDocument/definition",
  "textDocument/references",
  "textDocument/documentLink",
  "textDocument/completion",
  "textDocument/semanticTokens/full",
  "workspace/symbol",
];

const colours = { semanticColours: { enable: "on" } };

const kinds = [
  { kind: "modern", capabilities: modern, count },
  { kind: "simple", capabilities: simple, count: Math.max(1000, Math.ceil(count / 5)) },
];

let workspace: Workspace;
let client: TestClient;

beforeEach(async () => {
  workspace = await makeWorkspace();
});

afterEach(() => workspace?.remove());

it.each(kinds)(
  "answers $count random messages of a $kind client as the protocol says",
  {
    timeout: 1_800_000,
  },
  async ({ capabilities, count }) => {
    // A client that cannot be asked for its settings sends them at the start.
    const initializationOptions = { ...colours, codeLens: { enable: true } };
    client = await TestClient.start({
      folder: workspace.folder,
      capabilities,
      settings: colours,
      initializationOptions,
    });
    expect(client.initialized.capabilities.textDocumentSync).toMatchObject({
      change: TextDocumentSyncKind.Incremental,
    });
    const random = generator(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const open = new Map<string, { text: string; version: number }>();
    const wrong: string[] = [];
    const pending = new Set<Promise<void>>();
    const sources = new Map<number, CancellationTokenSource>();
    const uriOf = (file: string) => pathToFileURL(join(workspace.folder, file)).href;
    const original = (file: string) => readFileSync(join(workspace.folder, file), "utf8");

    let requests = 0;
    const request = (method: string, params: unknown, then?: (answer: unknown) => void) => {
      const source = new CancellationTokenSource();
      const number = ++requests;
      sources.set(number, source);
      const settled = client.connection.sendRequest(method, params, source.token).then(
        (answer) => {
          // What comes back is judged by the client's referee.
          then?.(answer);
        },
        (error: { code?: number; message: string }) => {
          // Cancelled, or the text has changed meanwhile: the only errors that a client has to expect.
          if (error.code !== -32800 && error.code !== -32801) wrong.push(`${method}: ${error.message}`);
        },
      );
      pending.add(settled);
      void settled.then(() => {
        pending.delete(settled);
        sources.delete(number);
      });
    };

    for (let sent = 0; sent < count; sent++) {
      const file = pick(files);
      const uri = uriOf(file);
      const state = open.get(file);
      const dice = random();
      if (!state) {
        const text = original(file);
        open.set(file, { text, version: 1 });
        await client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version: 1, text } });
      } else if (dice < 0.25) {
        const start = Math.floor(random() * (state.text.length + 1));
        const end = random() < 0.5 ? start : Math.min(state.text.length, start + Math.floor(random() * 20));
        const text = pick(snippets);
        const range = { start: positionOf(state.text, start), end: positionOf(state.text, end) };
        const next = state.text.slice(0, start) + text + state.text.slice(end);
        const version = state.version + 1;
        open.set(file, { text: next, version });
        await client.notify("textDocument/didChange", {
          textDocument: { uri, version },
          contentChanges: [{ range, text }],
        });
      } else if (dice < 0.45) {
        const version = state.version + 1;
        const text = original(file);
        open.set(file, { text, version });
        await client.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
      } else if (dice < 0.48) {
        open.delete(file);
        await client.notify("textDocument/didClose", { textDocument: { uri } });
      } else if (dice < 0.5) {
        await client.notify("workspace/didChangeWatchedFiles", { changes: [{ uri, type: 2 }] });
      } else if (dice < 0.51) {
        client.settings = { ...colours, codeLens: { enable: random() < 0.5 } };
        await client.notify("workspace/didChangeConfiguration", { settings: null });
      } else if (dice < 0.55) {
        pick([...sources.values()])?.cancel();
      } else {
        const method = pick(methods);
        const far = random() < 0.02 ? 100_000 : 0;
        const interesting = random() < 0.5 ? state.text.indexOf("size =") : -1;
        const position = positionOf(
          state.text,
          interesting >= 0 ? interesting + 1 : Math.floor(random() * state.text.length),
        );
        const at = { line: position.line + far, character: position.character + far };
        const range = { start: { line: 0, character: 0 }, end: random() < 0.5 ? at : { line: 100_000, character: 0 } };
        const context = { diagnostics: [], includeDeclaration: true };
        request(
          method,
          { textDocument: { uri }, position: at, range, context, query: pick(["", "w", "img"]) },
          (answer) => {
            const actions = method === "textDocument/codeAction" ? (answer as { data?: unknown }[]) : [];
            for (const action of actions.filter(({ data }) => data !== undefined).slice(0, 1))
              request("codeAction/resolve", action);
          },
        );
      }
      // Not more in flight than an editor would have.
      if (pending.size > 20) await Promise.race(pending);
    }
    while (pending.size > 0) await Promise.all(pending);
    expect(wrong).toEqual([]);
    // After all that, the answers are those of a fresh start.
    const uri = uriOf("web.nix");
    const version = (open.get("web.nix")?.version ?? 0) + 1;
    const text = original("web.nix");
    client.settings = { ...colours, codeLens: { enable: true } };
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    for (const file of open.keys())
      if (file !== "web.nix") await client.notify("textDocument/didClose", { textDocument: { uri: uriOf(file) } });
    if (open.has("web.nix"))
      await client.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
    else await client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version, text } });
    expect((await client.pull(uri)).map(({ code }) => code)).toEqual(["size-differs-from-image"]);
    // Nothing is judged where nothing is answered: what the random questions met depends on how fast the answers were.
    const able = methods.filter((method) => method !== "textDocument/diagnostic" || capabilities === modern);
    const silent = new Set(able);
    for (const file of files) {
      const uri = uriOf(file);
      const text = original(file);
      if (file !== "web.nix")
        await client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "nix", version: 1, text } });
      const range = { start: { line: 0, character: 0 }, end: positionOf(text, text.length) };
      const context = { diagnostics: [], includeDeclaration: true };
      for (const word of text.matchAll(/[\w./]+/g)) {
        const position = positionOf(text, word.index + 1);
        for (const method of silent) {
          const answer = await client.connection.sendRequest(method, {
            ...{ textDocument: { uri }, position, range, context, query: "w" },
          });
          if (JSON.stringify(answer ?? []).length > 40) silent.delete(method);
        }
      }
    }
    expect([...silent]).toEqual([]);
    await client.stop();
  },
);

function positionOf(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length - 1, character: (lines.at(-1) as string).length };
}

/** Mulberry32: small, and the same on every machine. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
