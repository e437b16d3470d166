import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe("colours", () => {
  /** The words of each type, in order of appearance. */
  async function coloured(text: string, options: { settings?: unknown; initializationOptions?: unknown }) {
    client = await TestClient.start({ folder: workspace.folder, capabilities: modern, ...options });
    const uri = await client.open(workspace.guest, text);
    const answer = await client.request<{ data: number[] } | null>("textDocument/semanticTokens/full", {
      textDocument: { uri },
    });
    if (answer === null) return null;
    const { data } = answer;
    const legend = client.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
    const lines = text.split("\n");
    const words: string[] = [];
    let line = 0;
    let character = 0;
    for (let i = 0; i < data.length; i += 5) {
      const [down, right, length, type] = data.slice(i, i + 4) as [number, number, number, number];
      line += down;
      character = down === 0 ? character + right : right;
      words.push(`${legend[type]}:${lines[line]?.slice(character, character + length)}`);
    }
    return words;
  }

  const text =
    "{ lib, ... }:\n# 中😀 c\nlet a = ''\n  x ${toString 1} y\n''; in { b.c = if a then [ 2 ] else lib.f true; }\n";

  it("are those of the syntax, line by line, around interpolations", async () => {
    expect(await coloured(text, { settings: { semanticColours: { enable: "on" } } })).toEqual([
      "parameter:lib",
      "comment:# 中😀 c",
      "keyword:let",
      "property:a",
      "string:''",
      "string:  x ",
      "function:toString",
      "number:1",
      "string: y",
      "string:''",
      "keyword:in",
      "property:b",
      "property:c",
      "keyword:if",
      "variable:a",
      "keyword:then",
      "number:2",
      "keyword:else",
      "variable:lib",
      "property:f",
      "keyword:true",
    ]);
  });

  it.each([
    [{ trusted: true, colouredElsewhere: false }, true],
    [{ trusted: true, colouredElsewhere: true }, false],
    [undefined, false],
  ])("are there by default only where nobody else colours Nix: %o", async (extension, there) => {
    const words = await coloured(text, { settings: {}, initializationOptions: { extension } });
    // An empty list would do, were it not that VS Code then shows it in place of another server's.
    if (there) expect(words?.length).toBeGreaterThan(0);
    else expect(words).toBeNull();
  });
});
