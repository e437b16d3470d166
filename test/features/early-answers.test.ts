import { describe, expect, test, vi } from "vitest";
import type { Message } from "vscode-languageserver";
import { EarlyAnswers } from "../../server/src/server/early-answers.ts";

const hover = (id: number) => ({ jsonrpc: "2.0", id, method: "textDocument/hover", params: { id } }) as Message;
const answer = (id: number) => ({ jsonrpc: "2.0", id, result: "late" }) as Message;
const change = { jsonrpc: "2.0", method: "textDocument/didChange", params: {} } as Message;

function start(isFirst = false) {
  const input = { poll: vi.fn(), ended: false };
  const early = new EarlyAnswers(input);
  const sent: unknown[] = [];
  early.sendBy((message) => sent.push(message));
  const now = vi.spyOn(performance, "now");
  const at = (ms: number) => now.mockReturnValue(ms);
  at(0);
  early.use((params) => ({ result: `early ${(params as unknown as { id: number }).id}`, isFirst }));
  return { early, input, sent, at };
}

describe("a hover that comes while evaluation holds the thread", () => {
  test("is answered after a short time, once", () => {
    const { early, sent, at } = start();
    early.came(hover(1));
    expect(early.look()).toBe(false);
    expect(sent).toEqual([]);
    at(50);
    early.look();
    early.look();
    expect(sent).toEqual([{ jsonrpc: "2.0", id: 1, result: "early 1" }]);
    // The answer that comes later is not sent; an id that is used again is answered again.
    expect(early.mayAnswer(answer(1))).toBe(false);
    expect(early.mayAnswer(answer(1))).toBe(true);
  });

  test("waits for an answer that is soon there", () => {
    const { early, sent, at } = start();
    early.came(hover(1));
    expect(early.mayAnswer(answer(1))).toBe(true);
    at(500);
    early.look();
    expect(sent).toEqual([]);
  });

  test("waits longer where nothing is known yet", () => {
    const { early, sent, at } = start(true);
    early.came(hover(1));
    at(100);
    early.look();
    expect(sent).toEqual([]);
    at(200);
    early.look();
    expect(sent).toHaveLength(1);
  });

  test("is left alone while nothing can be said", () => {
    const { early, sent, at } = start();
    early.use(() => undefined);
    early.came(hover(1));
    at(1000);
    early.look();
    expect(sent).toEqual([]);
    expect(early.mayAnswer(answer(1))).toBe(true);
  });
});

describe("evaluation is of no use any more", () => {
  test("when a change has come, until that has reached the server", async () => {
    const { early, input } = start();
    input.poll.mockImplementationOnce(() => early.came(change));
    expect(early.look()).toBe(true);
    let isSettled = false;
    const settled = early.settled().then(() => {
      isSettled = true;
    });
    await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done));
    expect(isSettled).toBe(false);
    early.handled(change);
    await settled;
    expect(early.look()).toBe(false);
  });

  test("when the client is gone", () => {
    const { early, input } = start();
    input.ended = true;
    expect(early.look()).toBe(true);
  });

  test.each(["textDocument/completion", "$/cancelRequest", "textDocument/diagnostic"])("not for %s", (method) => {
    const { early } = start();
    early.came({ jsonrpc: "2.0", id: 3, method } as Message);
    expect(early.look()).toBe(false);
  });

  test.each([
    "textDocument/didOpen",
    "workspace/didChangeWatchedFiles",
    "shutdown",
    "exit",
    "microvm-lens/refresh",
    "microvm-lens/trusted",
  ])("for %s", (method) => {
    const { early } = start();
    early.came({ jsonrpc: "2.0", method } as Message);
    expect(early.look()).toBe(true);
  });
});
