// The smallest client: starts a server over stdio and tells how long its answers take.

import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";

const capabilities = {
  workspace: { configuration: true, workspaceEdit: { documentChanges: true } },
  textDocument: {
    diagnostic: {},
    hover: { contentFormat: ["markdown"] },
    completion: { completionItem: { snippetSupport: true } },
    codeAction: {
      codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } },
      resolveSupport: { properties: ["edit"] },
      dataSupport: true,
    },
  },
};

export class Client {
  #child;
  #id = 0;
  #waiting = new Map();
  #received = Buffer.alloc(0);
  #settings;

  constructor(argv, settings) {
    this.started = performance.now();
    this.#settings = settings;
    this.#child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdout.on("data", (chunk) => this.#read(chunk));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Milliseconds from the start of the process to the answer. */
  async initialize(folder) {
    const uri = pathToFileURL(folder).href;
    const folders = [{ uri, name: "bench" }];
    await this.request("initialize", { processId: process.pid, rootUri: uri, workspaceFolders: folders, capabilities });
    const took = performance.now() - this.started;
    this.notify("initialized", {});
    return took;
  }

  /** The answer, and the milliseconds that it took, as `[result, took]`. */
  async timed(method, params) {
    const start = performance.now();
    const result = await this.request(method, params);
    return [result, performance.now() - start];
  }

  request(method, params) {
    const id = ++this.#id;
    this.#send({ id, method, params });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  notify(method, params) {
    this.#send({ method, params });
  }

  /** Asks the process to end, as editors do, and waits until it has. */
  async end() {
    const ended = new Promise((done) => this.#child.once("exit", done));
    await this.request("shutdown", null);
    this.notify("exit", null);
    await ended;
  }

  /** Ends the process that this client started. */
  async stop() {
    const ended = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill("SIGKILL");
    await ended;
  }

  #send(message) {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(chunk) {
    this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, chunk]) : chunk;
    for (;;) {
      const headerEnd = this.#received.indexOf("\r\n\r\n");
      if (headerEnd < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(this.#received.toString("latin1", 0, headerEnd))[1]);
      const end = headerEnd + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString("utf8", headerEnd + 4, end));
      this.#received = this.#received.subarray(end);
      this.#take(message);
    }
  }

  #take({ id, method, params, result, error }) {
    if (method !== undefined) {
      if (id === undefined) return;
      const answer = method === "workspace/configuration" ? params.items.map(() => this.#settings) : null;
      this.#send({ id, result: answer });
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
