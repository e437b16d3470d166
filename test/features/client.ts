import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import {
  type ClientCapabilities,
  createConnection,
  createMessageConnection,
  type Diagnostic,
  type InitializeResult,
  type LogMessageParams,
  type MessageConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { type ServerOptions, startServer } from "../../server/src/server/server.ts";
import { type Message, Referee } from "./protocol/referee.ts";

export interface ClientOptions {
  readonly folder: string;
  /** More folders of the same workspace. */
  readonly otherFolders?: readonly string[];
  readonly capabilities: ClientCapabilities;
  readonly initializationOptions?: unknown;
  /** What `workspace/configuration` is answered with; a function is asked with the URI of the folder, if there is one. */
  readonly settings?: unknown;
  readonly locale?: string;
  /** Where histories of volumes are kept; default: nowhere. */
  readonly historyFolder?: string;
  /** `microvm-lens lsp --trust` */
  readonly trusted?: boolean;
  /** In place of the real engine. */
  readonly loadEngine?: ServerOptions["loadEngine"];
}

/** What an editor like VS Code can do, as far as we look at it. */
export const modern: ClientCapabilities = {
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    workspaceFolders: true,
    workspaceEdit: { documentChanges: true, changeAnnotationSupport: {} },
    diagnostics: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
  },
  textDocument: {
    diagnostic: { relatedInformation: true, codeDescriptionSupport: true, dataSupport: true },
    hover: { contentFormat: ["markdown", "plaintext"] },
    codeAction: {
      codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } },
      resolveSupport: { properties: ["edit"] },
      dataSupport: true,
      honorsChangeAnnotations: true,
    },
    completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    definition: { linkSupport: true },
    semanticTokens: { requests: { full: true }, tokenTypes: [], tokenModifiers: [], formats: ["relative"] },
  },
};

/** What Neovim 0.7 can do: no pull, no watchers, no resolve. */
export const simple: ClientCapabilities = {
  workspace: { workspaceEdit: { documentChanges: false } },
  textDocument: {
    publishDiagnostics: { relatedInformation: false },
    hover: { contentFormat: ["plaintext"] },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
  },
};

/** An editor in this process, speaking with the real server over two streams, under the eyes of a referee. */
export class TestClient {
  readonly connection: MessageConnection;
  readonly published = new Map<string, PublishDiagnosticsParams>();
  /** Methods of requests and notifications that the server sent. */
  readonly heard: string[] = [];
  /** Whatever the server says is held against the protocol; a violation fails the test at `stop`. */
  readonly referee = new Referee();
  initialized!: InitializeResult;
  settings: unknown;
  readonly #versions = new Map<string, number>();
  #listeners: (() => void)[] = [];
  /** What the server logged as an error, such as a rule that fails: no test may pass over that. */
  readonly #errors: string[] = [];

  private constructor({ settings = null, loadEngine, historyFolder, trusted = false }: ClientOptions) {
    this.settings = settings;
    const up = new PassThrough();
    const down = new PassThrough();
    const connection = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
    startServer({
      connection,
      trusted,
      ...(loadEngine ? { loadEngine } : {}),
      ...(historyFolder ? { historyFolder } : {}),
    });
    const reader = new StreamMessageReader(down);
    const writer = new StreamMessageWriter(up);
    const listen = reader.listen.bind(reader);
    reader.listen = (take) =>
      listen((message) => {
        this.referee.fromServer(message as unknown as Message);
        take(message);
      });
    const write = writer.write.bind(writer);
    writer.write = (message) => {
      this.referee.fromClient(message as unknown as Message);
      return write(message);
    };
    this.connection = createMessageConnection(reader, writer);
  }

  static async start(options: ClientOptions): Promise<TestClient> {
    const client = new TestClient(options);
    const { connection } = client;
    connection.onRequest("workspace/configuration", ({ items }: { items: { scopeUri?: string }[] }) =>
      items.map(({ scopeUri }) =>
        typeof client.settings === "function" ? client.settings(scopeUri) : client.settings,
      ),
    );
    connection.onRequest((method) => {
      client.#hear(method);
      return null;
    });
    connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      client.published.set(params.uri, params);
      client.#hear("textDocument/publishDiagnostics");
    });
    connection.onNotification("window/logMessage", ({ type, message }: LogMessageParams) => {
      client.#hear("window/logMessage");
      if (type === 1) client.#errors.push(message);
    });
    connection.onNotification((method) => client.#hear(method));
    connection.listen();
    const uri = pathToFileURL(options.folder).href;
    client.initialized = await connection.sendRequest("initialize", {
      processId: null,
      rootUri: uri,
      workspaceFolders: [options.folder, ...(options.otherFolders ?? [])].map((folder) => ({
        uri: pathToFileURL(folder).href,
        name: "test",
      })),
      capabilities: options.capabilities,
      initializationOptions: options.initializationOptions,
      locale: options.locale,
    });
    await connection.sendNotification("initialized", {});
    return client;
  }

  async open(path: string, text: string): Promise<string> {
    const uri = pathToFileURL(path).href;
    this.#versions.set(uri, 1);
    await this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "nix", version: 1, text },
    });
    return uri;
  }

  /** Replaces the whole text of a document. */
  async change(uri: string, text: string): Promise<number> {
    const version = (this.#versions.get(uri) ?? 1) + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
    return version;
  }

  async pull(uri: string): Promise<Diagnostic[]> {
    const report = await this.connection.sendRequest<{ items?: Diagnostic[] }>("textDocument/diagnostic", {
      textDocument: { uri },
    });
    return report.items ?? [];
  }

  request<T>(method: string, params: unknown): Promise<T> {
    return this.connection.sendRequest<T>(method, params);
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.connection.sendNotification(method, params);
  }

  /** Waits until something that the server sent makes the condition true. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((done) => {
      const look = () => {
        if (!condition()) return;
        this.#listeners = this.#listeners.filter((each) => each !== look);
        done();
      };
      this.#listeners.push(look);
      look();
    });
  }

  async stop(): Promise<void> {
    await this.connection.sendRequest("shutdown");
    this.connection.dispose();
    const { problems } = this.referee;
    const unanswered = this.referee.unanswered().map((method) => `no answer to ${method}`);
    const all = [...this.#errors, ...problems, ...unanswered];
    if (all.length > 0) throw new Error(all.slice(0, 20).join("\n"));
  }

  #hear(method: string): void {
    this.heard.push(method);
    for (const listener of [...this.#listeners]) listener();
  }
}
