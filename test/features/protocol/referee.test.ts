import { describe, expect, it } from "vitest";
import { modern, simple } from "../client.ts";
import { Referee } from "./referee.ts";
import { mismatch, model } from "./validate.ts";

const at = { line: 0, character: 0 };
const range = { start: at, end: at };

describe("a referee", () => {
  /** What is said about an answer of the server. */
  function verdict(method: string, answer: object): string | undefined {
    const referee = new Referee();
    referee.fromClient({ jsonrpc: "2.0", id: 1, method, params: {} });
    referee.fromServer({ jsonrpc: "2.0", id: 1, ...answer });
    return referee.problems[0];
  }

  it.each([
    ["textDocument/hover", { result: null }],
    ["textDocument/hover", { result: { contents: { kind: "markdown", value: "x" }, range } }],
    ["textDocument/diagnostic", { result: { kind: "unchanged", resultId: "1" } }],
    ["textDocument/diagnostic", { result: { kind: "full", items: [{ range, message: "x", severity: 2 }] } }],
    ["textDocument/codeAction", { result: [{ title: "Do it", data: { any: ["thing"] } }] }],
    ["textDocument/hover", { error: { code: -32800, message: "cancelled" } }],
    ["microvm-lens/overview", { result: 5 }],
  ])("lets a right answer to %s pass", (method, answer) => {
    expect(verdict(method, answer)).toBeUndefined();
  });

  it.each([
    ["textDocument/hover", { result: { contents: { kind: "html", value: "x" } } }, ".contents.kind is no MarkupKind"],
    ["textDocument/hover", { result: { contents: { kind: "markdown", value: " " } } }, "textDocument/hover: "],
    ["textDocument/hover", { result: { contents: "x", extra: 1 } }, ".extra is no property"],
    ["textDocument/hover", {}, "neither a result nor an error"],
    ["textDocument/hover", { error: { code: "1", message: "x" } }, "an error without"],
    ["textDocument/diagnostic", { result: { kind: "unchanged" } }, ".resultId is missing"],
    ["textDocument/diagnostic", { result: { kind: "full", items: [{ range, message: 5 }] } }, ".items[0].message"],
    [
      "textDocument/diagnostic",
      { result: { kind: "full", items: [{ range, message: "x", severity: 9 }] } },
      "severity",
    ],
    ["textDocument/definition", { result: [{ uri: "web.nix", range }] }, ".uri is no"],
    [
      "textDocument/inlayHint",
      { result: [{ label: "x", position: { line: -1, character: 0 } }] },
      ".position.line is no uinteger",
    ],
    ["textDocument/codeAction", { result: [{ title: "two\nlines" }] }, "textDocument/codeAction: "],
    ["textDocument/unheard", { result: null }, "which is no request"],
  ])("sees what is wrong with an answer to %s: %o", (method, answer, words) => {
    expect(verdict(method, answer)).toContain(words);
  });

  it("sees answers to nothing, answers that never come, and requests that a client does not expect", () => {
    const referee = new Referee();
    const say = (message: object) => referee.fromServer({ jsonrpc: "2.0", ...message });
    referee.fromClient({ jsonrpc: "2.0", id: 1, method: "initialize", params: { capabilities: simple } });
    referee.fromClient({ jsonrpc: "2.0", id: 2, method: "textDocument/hover", params: {} });
    say({ id: 7, result: null });
    say({ id: 8, method: "workspace/diagnostic/refresh" });
    const registrations = [{ id: "a", method: "workspace/didChangeWatchedFiles", registerOptions: { watchers: [] } }];
    say({ id: 9, method: "client/registerCapability", params: { registrations } });
    expect(referee.problems).toEqual([
      "an answer to nothing: 7",
      "this client does not expect workspace/diagnostic/refresh",
      "this client does not let workspace/didChangeWatchedFiles be registered",
    ]);
    expect(referee.unanswered()).toEqual(["initialize", "textDocument/hover"]);
    const able = new Referee();
    able.fromClient({ jsonrpc: "2.0", id: 1, method: "initialize", params: { capabilities: modern } });
    able.fromServer({ jsonrpc: "2.0", id: 8, method: "workspace/diagnostic/refresh" });
    able.fromServer({ jsonrpc: "2.0", id: 9, method: "client/registerCapability", params: { registrations } });
    expect(able.problems).toEqual([]);
  });
});

it("the model has every type that it names", () => {
  const types = [
    ...Object.values(model.results),
    ...Object.values(model.params),
    ...Object.values(model.registrations).map(([, type]) => type),
    ...Object.values(model.aliases),
    ...Object.values(model.objects).flatMap((object) => Object.values(object)),
  ];
  expect(types.length).toBeGreaterThan(500);
  // A type that is missing throws, whatever the value is.
  for (const type of types) for (const value of [null, [], {}, "", 1]) mismatch(type, value);
});
