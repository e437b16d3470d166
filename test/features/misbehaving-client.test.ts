import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { createConnection, type Message, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";
import { guardProcess } from "../../server/src/server/guard.ts";
import { startServer } from "../../server/src/server/server.ts";
import { makeWorkspace } from "../editor/harness/workspace.ts";
import { Random } from "../harness/random.ts";
import { modern } from "./client.ts";

/** More of them on demand: MICROVM_LENS_MESSAGES=10000. */
const count = Number(process.env["MICROVM_LENS_MESSAGES"] ?? 2_000);
const seed = Number(process.env["MICROVM_LENS_SEED"] ?? 7);

interface Sent {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** What a client may answer that has never read the protocol. */
const garbage: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  "",
  "中文\u0000\u202e",
  true,
  [],
  [null],
  [[[]]],
  {},
  { hosts: 5 },
  [{ hosts: [{ name: 1 }, null, { name: "a", via: { ssh: {} } }], rules: { "label-invalid": "loud" } }],
  [{ hosts: "x", hover: { enable: "yes" } }, 7, "b"],
  [{ diagnostics: null, "diagnostics.scope": ["workspace"] }],
];

it(`lives through ${count} messages of a client that answers with errors, garbage, late or never`, {
  timeout: 120_000 + 60 * count,
}, async () => {
  const workspace = await makeWorkspace();
  const source = new Random(seed);
  const dice = () => source.below(1_000_000) / 1_000_000;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(dice() * list.length)] as T;
  const [up, down] = [new PassThrough(), new PassThrough()];
  startServer({
    connection: createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)),
    answerLimitMs: 20,
  });
  const writer = new StreamMessageWriter(up);
  const send = (message: object) => writer.write({ jsonrpc: "2.0", ...message } as Message);
  const answers = new Map<number, (answer: Sent) => void>();
  const later: (() => void)[] = [];
  const met: Record<string, number> = {};
  let behave = false;

  let wait: () => void = () => undefined;
  const answer = ({ id, method }: Sent): void => {
    if (method === "workspace/diagnostic/refresh") wait();
    met[method ?? "?"] = (met[method ?? "?"] ?? 0) + 1;
    const good = () => void send({ id, result: method === "workspace/configuration" ? [null] : null });
    const kind = behave ? 0 : Math.floor(dice() * 9);
    if (kind === 0) good();
    else if (kind === 1) void send({ id, error: { code: -32601, message: "not known here" } });
    else if (kind === 2) void send({ id, error: { code: pick([0, -32603, 1e9]), message: "", data: pick(garbage) } });
    else if (kind === 3 || kind === 4) void send({ id, result: pick(garbage) });
    else if (kind === 5) later.push(good);
    else if (kind === 6) for (let i = 0; i < 2; i++) void send({ id, result: pick(garbage) });
    else if (kind === 7) void send({ id: pick([9999, "x"]), result: pick(garbage) });
    // 8: never.
  };
  new StreamMessageReader(down).listen((message) => {
    const sent = message as unknown as Sent;
    if (sent.method !== undefined && sent.id !== undefined) answer(sent);
    else if (sent.method === undefined && typeof sent.id === "number") answers.get(sent.id)?.(sent);
  });
  let last = 0;
  const request = (method: string, params: object): Promise<Sent> => {
    const id = ++last;
    const answered = new Promise<Sent>((done) => {
      answers.set(id, (sent) => {
        answers.delete(id);
        done(sent);
      });
    });
    void send({ id, method, params });
    return answered;
  };

  const capabilities = {
    ...modern,
    workspace: { ...modern.workspace, codeLens: { refreshSupport: true } },
  };
  const folder = pathToFileURL(workspace.folder).href;
  await request("initialize", {
    processId: null,
    rootUri: folder,
    workspaceFolders: [
      { uri: folder, name: "a" },
      { uri: `${folder}/b`, name: "b" },
    ],
    capabilities,
    initializationOptions: { extension: { trusted: false } },
  });
  await send({ method: "initialized", params: {} });

  const files = ["flake.nix", "host.nix", "web.nix", "db.nix"];
  const uriOf = (file: string) => pathToFileURL(join(workspace.folder, file)).href;
  const original = (file: string) => readFileSync(join(workspace.folder, file), "utf8");
  const versions = new Map<string, number>();
  /** Makes a change that the server has to ask the client about, and waits for that. */
  const provoke = async () => {
    // The settings that garbage left may have turned off what is to change.
    behave = true;
    await send({ method: "workspace/didChangeConfiguration", params: { settings: null } });
    await request("microvm-lens/refresh", {});
    behave = false;
    for (const file of ["web.nix", "host.nix"]) {
      const version = (versions.get(file) ?? 0) + 1;
      const textDocument = { uri: uriOf(file), version };
      const text = original(file);
      if (!versions.has(file))
        await send({
          method: "textDocument/didOpen",
          params: { textDocument: { ...textDocument, languageId: "nix", text } },
        });
      else await send({ method: "textDocument/didChange", params: { textDocument, contentChanges: [{ text }] } });
      versions.set(file, version);
    }
    await request("textDocument/diagnostic", { textDocument: { uri: uriOf("web.nix") } });
    const asked = new Promise<void>((done) => {
      wait = done;
    });
    const version = (versions.get("host.nix") ?? 0) + 1;
    versions.set("host.nix", version);
    await send({
      method: "textDocument/didChange",
      params: { textDocument: { uri: uriOf("host.nix"), version }, contentChanges: [{ text: "{ }" }] },
    });
    await asked;
  };
  for (let sent = 0; sent < count; sent++) {
    if (sent % 500 === 250) await provoke();
    const file = pick(files);
    const uri = uriOf(file);
    const kind = dice();
    const version = (versions.get(file) ?? 0) + 1;
    if (later.length > 0 && kind < 0.1) later.shift()?.();
    if (!versions.has(file)) {
      versions.set(file, version);
      await send({
        method: "textDocument/didOpen",
        params: { textDocument: { uri, languageId: "nix", version, text: original(file) } },
      });
    } else if (kind < 0.3) {
      versions.set(file, version);
      const text =
        dice() < 0.5 ? original(file) : original(file).replace(pick(["size", "web", "{", ";"]), pick(["", "2", "}"]));
      await send({
        method: "textDocument/didChange",
        params: { textDocument: { uri, version }, contentChanges: [{ text }] },
      });
    } else if (kind < 0.33) {
      versions.delete(file);
      await send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
    } else if (kind < 0.5) {
      await send({ method: "workspace/didChangeConfiguration", params: { settings: pick(garbage) ?? null } });
    } else if (kind < 0.55) {
      await send({ method: "workspace/didChangeWatchedFiles", params: { changes: [{ uri, type: 2 }] } });
    } else if (kind < 0.6) {
      const argument = { title: pick(garbage), command: pick(garbage), advice: pick(garbage) };
      void request("workspace/executeCommand", { command: "microvm-lens.showAdvice", arguments: [argument] });
    } else if (kind < 0.65) void request("microvm-lens/refresh", {});
    else
      void request(pick(["textDocument/diagnostic", "textDocument/inlayHint", "textDocument/codeLens"]), {
        textDocument: { uri },
        range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } },
      });
    if (answers.size > 20) await new Promise((turn) => setImmediate(turn));
  }
  // It lives, and a client that behaves from now on gets what is true.
  behave = true;
  const uri = uriOf("web.nix");
  for (const file of files) {
    if (versions.has(file))
      await send({ method: "textDocument/didClose", params: { textDocument: { uri: uriOf(file) } } });
  }
  await send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "nix", version: 1, text: original("web.nix") } },
  });
  await send({ method: "workspace/didChangeConfiguration", params: { settings: null } });
  await request("microvm-lens/refresh", {});
  const { result } = await request("textDocument/diagnostic", { textDocument: { uri } });
  expect((result as { items: { code: string }[] }).items.map(({ code }) => code)).toEqual(["size-differs-from-image"]);
  for (const method of ["client/registerCapability", "workspace/configuration", "workspace/diagnostic/refresh"])
    expect(met[method], method).toBeGreaterThan(1);
  await request("shutdown", {});
  workspace.remove();
});

it("tells of what fails where nobody waits, and goes on, even where telling fails", () => {
  const handlers = new Map<string, (problem: unknown) => void>();
  const of = { on: (event: string, act: (problem: unknown) => void) => handlers.set(event, act) };
  const told: string[] = [];
  guardProcess(
    (words) => {
      told.push(words);
      // Telling may itself fail, which is told of by nobody.
      handlers.get("unhandledRejection")?.(new Error("again"));
      throw new Error("nobody hears");
    },
    of as unknown as Pick<NodeJS.Process, "on">,
  );
  handlers.get("uncaughtException")?.(new Error("first"));
  handlers.get("unhandledRejection")?.("second");
  expect(told.map((words) => /first|second/.exec(words)?.[0])).toEqual(["first", "second"]);
});
