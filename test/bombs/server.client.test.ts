import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { Hover, Position } from "vscode-languageserver";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";
import { cliBundle } from "../clients/bundle.ts";
import { type Bomb, bombs, harmless } from "./table.ts";

/** `BOMBS=all` (npm run soak) types all of them; otherwise some of each kind. */
const every = process.env["BOMBS"] === "all" ? 1 : 9;
const waits: number[] = [];
const lines: string[] = [];

afterAll(() => {
  const sorted = [...waits].sort((a, b) => a - b);
  const part = (of: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0);
  lines.push(
    `${sorted.length} hovers: half within ${part(0.5)} ms, 99 % within ${part(0.99)} ms, all within ${part(1)} ms`,
  );
  process.stderr.write(`${lines.join("\n")}\n`);
});

test.each(bombs.filter((_, at) => at % every === 0))("$name does not keep the server from answering", async (bomb) => {
  const editor = await Editor.open(bomb);
  try {
    const before = await editor.known();
    expect(before?.contents).toBeTruthy();
    await editor.type(bomb.files["flake.nix"] as string);
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < 5; i++) {
      answers.push(editor.timed());
      await delay(100);
    }
    await Promise.all(answers);
    // Taking the mistake back brings everything back.
    await editor.type(harmless);
    expect(await editor.known()).toEqual(before);
    lines.push(`${bomb.name}: ${Math.round(editor.worst)} ms, ${editor.peakMiB()} MiB`);
  } finally {
    expect(await editor.end()).toBe(0);
  }
});

test("a hover is answered before what it would have to wait for", async () => {
  const bomb = bombs.find(({ name }) => name === "mapAttrsRecursive") as Bomb;
  const editor = await Editor.open(bomb);
  const order: string[] = [];
  try {
    await editor.known();
    const text = (bomb.files["flake.nix"] as string).replace("fine =", harmlessLine);
    await editor.type(text);
    const pull = editor.pull().then(() => order.push("diagnostics"));
    const hover = editor.hover(positionIn(text)).then((found) => {
      order.push("hover");
      return found;
    });
    await Promise.all([pull, hover]);
    expect(order).toEqual(["hover", "diagnostics"]);
    // What was edited is not known; the names of options are.
    expect(JSON.stringify(await hover)).toContain("microvm.volumes");
    // An edit ends what is of no use any more, and what comes then is of the new text.
    await editor.type(text);
    await editor.type(harmless);
    expect(JSON.stringify(await editor.known())).toContain("64 MiB");
  } finally {
    expect(await editor.end()).toBe(0);
  }
});

test("a closed stdin ends the server while it evaluates", async () => {
  const editor = await Editor.open(bombs[0] as Bomb);
  await editor.type((bombs[0] as Bomb).files["flake.nix"] as string);
  void editor.hover().catch(() => {});
  expect(await editor.hangUp()).toBeTypeOf("number");
});

const harmlessLine = `fine =\n`;
function positionIn(text: string): Position {
  const at = text.indexOf("size = 64");
  return { line: text.slice(0, at).split("\n").length - 1, character: at - text.lastIndexOf("\n", at) - 1 };
}

/** An editor with one file, speaking with the server that is shipped. */
class Editor {
  worst = 0;
  readonly #process: ChildProcess;
  readonly #connection: ReturnType<typeof createMessageConnection>;
  readonly #folder: string;
  readonly #uri: string;
  #version = 1;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#uri = pathToFileURL(join(folder, "flake.nix")).href;
    const child = spawn(process.execPath, [cliBundle(), "lsp"], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    this.#connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.#connection.onRequest(() => null);
    this.#connection.listen();
  }

  static async open({ files }: Bomb): Promise<Editor> {
    const folder = mkdtempSync(join(tmpdir(), "microvm-lens-bomb-"));
    for (const [name, text] of Object.entries({ ...files, "flake.nix": harmless }))
      writeFileSync(join(folder, name), text);
    const editor = new Editor(folder);
    const rootUri = pathToFileURL(folder).href;
    const capabilities = { textDocument: { hover: { contentFormat: ["markdown"] }, publishDiagnostics: {} } };
    const connection = editor.#connection;
    await connection.sendRequest("initialize", {
      processId: null,
      rootUri,
      workspaceFolders: [{ uri: rootUri, name: "bomb" }],
      capabilities,
    });
    await connection.sendNotification("initialized", {});
    await connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri: editor.#uri, languageId: "nix", version: 1, text: harmless },
    });
    return editor;
  }

  type(text: string): Promise<void> {
    return this.#connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: this.#uri, version: ++this.#version },
      contentChanges: [{ text }],
    });
  }

  /** The hover once nothing is being looked at any more. */
  async known(): Promise<Hover | null> {
    for (;;) {
      const found = await this.hover();
      if (found && JSON.stringify(found).includes("64 MiB") && !JSON.stringify(found).includes("looked at again"))
        return found;
      await delay(20);
    }
  }

  pull(): Promise<unknown> {
    return this.#connection.sendRequest("textDocument/diagnostic", { textDocument: { uri: this.#uri } });
  }

  hover(
    position: Position = { line: 3, character: harmless.split("\n")[3]?.indexOf("size") ?? 0 },
  ): Promise<Hover | null> {
    return this.#connection.sendRequest("textDocument/hover", { textDocument: { uri: this.#uri }, position });
  }

  async timed(): Promise<void> {
    const from = performance.now();
    await this.hover();
    const wait = performance.now() - from;
    this.worst = Math.max(this.worst, wait);
    waits.push(wait);
  }

  peakMiB(): number {
    const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#process.pid}/status`, "utf8"));
    return Math.round(Number(found?.[1]) / 1024);
  }

  async end(): Promise<number | null> {
    const ended = once(this.#process, "exit");
    await this.#connection.sendRequest("shutdown");
    await this.#connection.sendNotification("exit");
    return this.#done(ended);
  }

  async hangUp(): Promise<number | null> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    return this.#done(ended);
  }

  async #done(ended: Promise<unknown[]>): Promise<number | null> {
    const [code] = await ended;
    this.#connection.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
    return code as number | null;
  }
}
