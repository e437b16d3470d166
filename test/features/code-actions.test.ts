import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CodeAction, TextDocumentEdit } from "vscode-languageserver";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, TestClient } from "./client.ts";

let workspace: Workspace;
let client: TestClient;

beforeEach(async () => {
  workspace = await makeWorkspace();
});

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

/** What is offered on the declared size, by a client with our extension or without. */
async function offered(initializationOptions: unknown, locale = "en"): Promise<CodeAction[]> {
  client = await TestClient.start({ folder: workspace.folder, capabilities: modern, initializationOptions, locale });
  const text = readFileSync(workspace.guest, "utf8");
  const uri = await client.open(workspace.guest, text);
  const diagnostics = await client.pull(uri);
  const range = diagnostics[0]?.range;
  return client.request("textDocument/codeAction", { textDocument: { uri }, range, context: { diagnostics } });
}

const extension = { extension: { trusted: true, colouredElsewhere: true } };

describe("what is offered in our extension", () => {
  it("stands by kind: edits, work on the host, the comment; then the page of the rule, and how to turn it off", async () => {
    const actions = await offered(extension);
    const commandOf = (action: CodeAction) => action.command?.command.replace("microvm-lens.", "");
    const kinds = actions.map((action) => commandOf(action) ?? (action.title.startsWith("Allow") ? "allow" : "edit"));
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      "edit",
      "showOperation",
      "allow",
      "explainRule",
      "turnOffRule",
    ]);
    expect(actions.slice(-2).map(({ title }) => title)).toEqual([
      "Explain size-differs-from-image",
      "Turn off size-differs-from-image",
    ]);
    const page = String(actions.at(-2)?.command?.arguments?.[0]);
    expect(readFileSync(new URL(page), "utf8")).toMatch(/^# size-differs-from-image/);
  });

  it("prefers to grow what was raised, and nothing else", async () => {
    const preferred = (await offered(extension)).filter((action) => action.isPreferred);
    expect(preferred.map(({ title }) => title)).toEqual([expect.stringMatching(/^Grow .* now…$/)]);
  });

  it("tells which other file an edit changes, and of the file at hand nothing", async () => {
    const actions = await offered(extension);
    const resolved = await Promise.all(
      actions.filter(({ data }) => data).map((action) => client.request<CodeAction>("codeAction/resolve", action)),
    );
    const told = resolved.filter(({ command }) => command?.command === "microvm-lens.tellEdited");
    expect(told.length).toBeGreaterThan(0);
    for (const { edit, command } of resolved) {
      const changes = (edit?.documentChanges ?? []) as TextDocumentEdit[];
      const changed = changes.map(({ textDocument }) => textDocument.uri);
      const others = changed.filter((uri) => basename(uri) !== basename(workspace.guest));
      expect(command?.arguments?.[0] ?? []).toEqual(others);
    }
  });
});

it("other clients get no command that only our extension has", async () => {
  const names = (await offered({})).flatMap(({ command }) => command?.command ?? []);
  expect(new Set(names)).toEqual(new Set(["microvm-lens.showOperation"]));
});
