import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import {
  createConnection,
  type Diagnostic,
  type Message,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { startServer } from "../../server/src/server/server.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { Referee } from "../features/protocol/referee.ts";

/**
 * What real editors said, set up as docs/editors.md tells, while somebody looked at the hover of a size that is ignored,
 * chose the first of the fixes and saved. These editors are too heavy for every run of the tests; what they say is not.
 */
const recordings = join(import.meta.dirname, "recordings");

type Said = Readonly<Record<string, unknown>>;

let workspace: Workspace | null = null;
afterEach(() => workspace?.remove());

describe.each(readdirSync(recordings).map((file) => [basename(file, ".jsonl"), file] as const))("%s", (_name, file) => {
  it("gets its diagnostics, its hover and its fix", async () => {
    workspace = await makeWorkspace();
    const { heard, answers, problems } = await replay(join(recordings, file), workspace);
    expect(problems).toEqual([]);

    const lists = heard.map((list) => list.map(({ message }) => message).join("\n"));
    expect(lists.some((list) => /512 MiB.*2048 MiB/.test(list))).toBe(true);
    // The fix makes its own diagnostic go away.
    expect(lists.at(-1)).toBe("");

    const hover = JSON.stringify(answers("textDocument/hover"));
    expect(hover).toContain("512 MiB");
    expect(hover).toContain("2048 MiB");
    expect(JSON.stringify(answers("textDocument/codeAction"))).toContain("Set size to 512");
  });
});

interface Replayed {
  /** The lists of problems of the guest's file, pushed or pulled, in order. */
  readonly heard: readonly (readonly Diagnostic[])[];
  /** Every answer to a method, in order. */
  answers(method: string): readonly unknown[];
  readonly problems: readonly string[];
}

/** Says a recording to the server; each request waits for the answer to the one before, as in the recorded session. */
async function replay(file: string, { scratch, guest }: Workspace): Promise<Replayed> {
  const text = readFileSync(file, "utf8")
    .replaceAll("file://@SCRATCH@", pathToFileURL(scratch).href)
    .replaceAll("@SCRATCH@", scratch);
  const said = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Said]));
  const [up, down] = [new PassThrough(), new PassThrough()];
  startServer({ connection: createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)) });
  const writer = new StreamMessageWriter(up);
  const referee = new Referee();
  const heard: (readonly Diagnostic[])[] = [];
  const answered: { readonly method: string; readonly result: unknown }[] = [];
  const asked = new Map<unknown, string>();
  let listeners: (() => void)[] = [];
  const until = (condition: () => boolean) =>
    new Promise<void>((done) => {
      const look = () => {
        if (!condition()) return;
        listeners = listeners.filter((each) => each !== look);
        done();
      };
      listeners.push(look);
      look();
    });
  const say = (message: Said) => {
    referee.fromClient(message);
    return writer.write(message as unknown as Message);
  };
  new StreamMessageReader(down).listen((message) => {
    const { id, method, params, result } = message as unknown as Said;
    referee.fromServer(message as unknown as Said);
    if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as { uri: string; diagnostics: Diagnostic[] };
      if (uri === pathToFileURL(guest).href) heard.push(diagnostics);
    }
    if (method !== undefined && id !== undefined) {
      const items = (params as { items?: unknown[] } | undefined)?.items;
      void say({ jsonrpc: "2.0", id, result: items?.map(() => null) ?? null });
    } else if (method === undefined) {
      const of = asked.get(id) ?? "";
      if (of === "textDocument/diagnostic") heard.push((result as { items?: Diagnostic[] }).items ?? []);
      answered.push({ method: of, result });
    }
    for (const listener of [...listeners]) listener();
  });
  const pulls = text.includes('"textDocument/diagnostic"');
  for (const message of said) {
    const { id, method } = message;
    // Answers are ours to give; `exit` would end this process.
    if (typeof method !== "string" || method === "exit" || method === "shutdown") continue;
    if (id !== undefined) asked.set(id, method);
    const [lists, count] = [heard.length, answered.length];
    await say(message);
    if (id !== undefined) await until(() => answered.length > count);
    // What is pushed after a change has to be there before the session goes on.
    const changes = method === "textDocument/didOpen" || method === "textDocument/didChange";
    if (changes && !pulls) await until(() => heard.length > lists);
  }
  if (pulls) await until(() => heard.length > 1);
  asked.set("end", "shutdown");
  await say({ jsonrpc: "2.0", id: "end", method: "shutdown" });
  await until(() => answered.at(-1)?.method === "shutdown");
  return {
    heard,
    answers: (method) => answered.filter((each) => each.method === method).map(({ result }) => result),
    problems: [...referee.problems, ...referee.unanswered().map((method) => `no answer to ${method}`)],
  };
}
