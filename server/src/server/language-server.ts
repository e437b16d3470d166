import { pathToFileURL } from "node:url";
import type { Connection, InitializeParams, InitializeResult } from "vscode-languageserver";
import type { EngineSettings, Snapshot } from "../engine/engine.ts";
import { type ClientFeatures, clientFeatures } from "../features/session/client.ts";
import { OpenDocuments } from "../features/session/documents.ts";
import { allHosts, engineSettings, type FolderSettings, settingsFor } from "../features/session/folder-settings.ts";
import { ownCommands, ownMessages } from "../features/session/protocol.ts";
import type { Session } from "../features/session/session.ts";
import { defaultSettings, readSettings, type Settings } from "../features/session/settings.ts";
import { pathOf } from "../features/session/to-lsp.ts";
import { Told } from "../features/session/told.ts";
import { HistoryKeeper } from "../history/keeper.ts";
import { HistoryProblem } from "../history/store.ts";
import { quoteAll } from "../shell/quote.ts";
import { serverCapabilities } from "./capabilities.ts";
import { ClientRequests } from "./client-requests.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import { registerHandlers } from "./handlers.ts";
import { hoverEarly } from "./hover-early.ts";
import { type EngineLike, LazyEngine } from "./lazy-engine.ts";
import { Publisher } from "./publisher.ts";
import { WorkspaceDiagnostics } from "./workspace-diagnostics.ts";

export interface LanguageServerOptions {
  /** Answers what cannot wait. */
  readonly early?: EarlyAnswers;
  readonly loadEngine: (roots: readonly string[], settings: EngineSettings) => Promise<EngineLike>;
  readonly ruleUrl: Session["ruleUrl"];
  /** Where the history of volumes is kept; null: nowhere. */
  readonly historyFolder: string | null;
  /** Whether the workspace of a client is trusted that does not speak of trust. */
  readonly trusted: boolean;
  /** How long an answer of the client is waited for; for tests. */
  readonly answerLimitMs?: number;
}

/** One client's server: documents, settings, folders and trust, from `initialize` to `exit`. */
export class LanguageServer {
  readonly #connection: Connection;
  readonly #options: LanguageServerOptions;
  readonly #requests: ClientRequests;
  readonly #documents = new OpenDocuments();
  readonly #told = new Told();
  readonly #engine: LazyEngine;
  readonly #publisher: Publisher;
  readonly #workspaceDiagnostics: WorkspaceDiagnostics;
  readonly #history: HistoryKeeper | null;
  #client: ClientFeatures | null = null;
  #settings: Settings = defaultSettings;
  /** Of workspaces with several folders, where the client tells. */
  #folders: readonly FolderSettings[] = [];
  #initial: unknown = undefined;
  /** Whether programs may be run. */
  #trusted = false;
  /** The client says that the workspace is not trusted. */
  #restricted = true;
  /** No answer before the settings are known: a rule that is off must not flash up at the start. */
  #settingsRead: Promise<void> = Promise.resolve();
  #settingsAsked = 0;
  #roots: string[] = [];
  #historyFailed = false;

  constructor(connection: Connection, options: LanguageServerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#history = options.historyFolder === null ? null : new HistoryKeeper(options.historyFolder);
    this.#requests = new ClientRequests(connection, options.answerLimitMs);
    this.#engine = new LazyEngine(async () => {
      const engine = await options.loadEngine(this.#roots, this.#engineSettings());
      engine.watchDisk(() => this.#surroundingsChanged());
      return engine;
    });
    const around = {
      connection,
      requests: this.#requests,
      documents: this.#documents,
      session: (path?: string) => this.#session(path),
      roots: () => this.#roots,
      snapshot: async (signal: AbortSignal) => {
        await this.#settingsRead;
        const snapshot = await this.#engine.snapshot(signal);
        this.#remember(snapshot);
        return snapshot;
      },
    };
    this.#publisher = new Publisher(around);
    this.#workspaceDiagnostics = new WorkspaceDiagnostics(around);
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => this.#initialized());
    connection.onShutdown(() => {
      this.#workspaceDiagnostics.stop();
      this.#engine.dispose();
    });
    this.#watchDocuments();
    this.#watchWorkspace();
    this.#answerOwnRequests();
    registerHandlers(connection, around);
    options.early?.use((params) => hoverEarly(params, this.#engine.loaded, around));
    connection.languages.diagnostics.onWorkspace(({ previousResultIds }, token) =>
      this.#workspaceDiagnostics.report(previousResultIds, token),
    );
  }

  listen(): void {
    this.#connection.listen();
  }

  #initialize(params: InitializeParams): InitializeResult {
    const client = clientFeatures(params);
    this.#client = client;
    this.#initial = params.initializationOptions;
    this.#settings = readSettings(this.#initial);
    this.#trusted = client.extension?.trusted ?? this.#options.trusted;
    this.#restricted = client.extension !== null && !this.#trusted;
    const folders = params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri ? [params.rootUri] : []);
    this.#roots = folders.flatMap((uri) => pathOf(uri) ?? []);
    return { capabilities: serverCapabilities(client), serverInfo: { name: "microvm-lens" } };
  }

  async #loadEngine(): Promise<void> {
    try {
      await this.#engine.start();
    } catch (problem) {
      this.#connection.console.error(
        `MicroVM Lens cannot start: ${problem instanceof Error ? problem.stack : problem}`,
      );
    }
  }

  #initialized(): void {
    const client = this.#client;
    if (!client) return;
    // Only now: loading holds the thread, and the answer to `initialize` must be out before.
    void this.#loadEngine().then(() => this.#workspaceDiagnostics.changed());
    if (client.configuration) this.#settingsRead = this.#pullSettings();
    if (client.configurationEvents) {
      this.#register("workspace/didChangeConfiguration", { section: "microvmLens" });
    }
    if (client.watchesFiles) {
      const watchers = [{ globPattern: "**/*.nix" }, { globPattern: "**/flake.lock" }];
      this.#register("workspace/didChangeWatchedFiles", { watchers });
    }
    if (client.workspaceFolderEvents) {
      this.#connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.flatMap(({ uri }) => pathOf(uri) ?? []));
        this.#roots = [
          ...this.#roots.filter((root) => !gone.has(root)),
          ...added.flatMap(({ uri }) => pathOf(uri) ?? []),
        ];
        this.#engine.tell((engine) => engine.setRoots(this.#roots));
        this.#surroundingsChanged();
        // Each folder may have settings of its own.
        if (client.configuration) this.#settingsRead = this.#pullSettings();
      });
    }
  }

  #register(method: string, registerOptions: object): void {
    const registrations = [{ id: `microvm-lens ${method}`, method, registerOptions }];
    this.#requests.ask("client/registerCapability", { registrations });
  }

  #documentsChanged(): void {
    this.#publisher.documentsChanged();
    this.#workspaceDiagnostics.changed();
  }

  #surroundingsChanged(): void {
    this.#publisher.surroundingsChanged();
    this.#workspaceDiagnostics.changed();
  }

  #watchDocuments(): void {
    this.#connection.onDidOpenTextDocument(({ textDocument }) => {
      this.#setDocument(this.#documents.open(textDocument), textDocument.uri);
    });
    this.#connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
      this.#setDocument(
        this.#documents.change(textDocument.uri, contentChanges, textDocument.version),
        textDocument.uri,
      );
    });
    this.#connection.onDidCloseTextDocument(({ textDocument }) => {
      const path = this.#documents.close(textDocument.uri);
      if (path === null) return;
      this.#told.forget(path);
      this.#engine.tell((engine) => engine.setDocument(path, null));
      this.#publisher.closed(textDocument.uri);
      this.#workspaceDiagnostics.closed(path);
      this.#documentsChanged();
    });
    this.#connection.onDidSaveTextDocument(({ textDocument }) => {
      const path = pathOf(textDocument.uri);
      // A client that watches files tells of this itself.
      if (path === null || this.#client?.watchesFiles) return;
      this.#engine.tell((engine) => engine.filesChanged([path]));
      this.#surroundingsChanged();
    });
  }

  #setDocument(path: string | null, uri: string): void {
    const text = this.#documents.get(uri)?.getText();
    if (path === null || text === undefined) return;
    this.#engine.tell((engine) => engine.setDocument(path, text));
    this.#documentsChanged();
  }

  #watchWorkspace(): void {
    this.#connection.onDidChangeWatchedFiles(({ changes }) => {
      const paths = changes.flatMap(({ uri }) => pathOf(uri) ?? []).filter((path) => !this.#documents.byPath(path));
      if (paths.length === 0) return;
      this.#engine.tell((engine) => engine.filesChanged(paths));
      this.#surroundingsChanged();
    });
    this.#connection.onDidChangeConfiguration(({ settings }) => {
      if (this.#client?.configuration) void this.#pullSettings();
      else
        this.#use(
          readSettings((settings as { microvmLens?: unknown } | null)?.microvmLens ?? settings ?? this.#initial),
        );
    });
  }

  async #pullSettings(): Promise<void> {
    const section = "microvmLens";
    // Of one folder, the settings are those of the workspace.
    const folders = this.#roots.length > 1 ? this.#roots : [];
    const scopes = folders.map((folder) => ({ scopeUri: pathToFileURL(folder).href, section }));
    const use = (answer: unknown) => {
      // A newer question has been asked meanwhile: its answer counts.
      if (number !== this.#settingsAsked) return;
      const [sent, ...own]: unknown[] = Array.isArray(answer) ? answer : [];
      const general = readSettings(sent ?? this.#initial);
      this.#use(
        general,
        folders.map((folder, i) => ({ folder, settings: readSettings(own[i] ?? sent ?? this.#initial) })),
      );
    };
    const number = ++this.#settingsAsked;
    use(await this.#requests.answer("workspace/configuration", { items: [{ section }, ...scopes] }, use));
  }

  #use(settings: Settings, folders: readonly FolderSettings[] = []): void {
    if (JSON.stringify([settings, folders]) === JSON.stringify([this.#settings, this.#folders])) return;
    const before = JSON.stringify(this.#engineSettings());
    this.#settings = settings;
    this.#folders = folders;
    const next = this.#engineSettings();
    if (JSON.stringify(next) !== before) this.#engine.tell((engine) => engine.setSettings(next));
    this.#surroundingsChanged();
  }

  /** Takes down how full volumes are. A history that cannot be kept is no reason to answer less: it is said once. */
  #remember({ context }: Snapshot): void {
    if (!this.#remembers()) return;
    this.#tryHistory((history) => {
      // A disk that is busy must not keep an answer waiting.
      if (history.note(context)) setImmediate(() => this.#tryHistory((later) => later.keep()));
    });
  }

  #tryHistory(act: (history: HistoryKeeper) => void): void {
    try {
      if (this.#history) act(this.#history);
    } catch (problem) {
      if (!(problem instanceof HistoryProblem)) throw problem;
      if (this.#historyFailed) return;
      this.#historyFailed = true;
      this.#connection.console.warn(`MicroVM Lens keeps no history: ${problem.message}`);
    }
  }

  #remembers(): boolean {
    return !this.#restricted && this.#settings.history;
  }

  #engineSettings(): EngineSettings {
    return engineSettings(this.#settings, this.#folders, this.#trusted);
  }

  #answerOwnRequests(): void {
    const refresh = () => {
      this.#engine.tell((engine) => {
        engine.filesChanged(null);
        engine.refreshDisk();
      });
      this.#surroundingsChanged();
    };
    this.#connection.onRequest(ownMessages.refresh, refresh);
    this.#connection.onNotification(ownMessages.trusted, () => {
      this.#trusted = true;
      this.#restricted = false;
      this.#engine.tell((engine) => engine.setSettings(this.#engineSettings()));
      this.#surroundingsChanged();
    });
    this.#connection.onExecuteCommand(({ command, arguments: [argument] = [] }) => {
      if (command === ownCommands.refresh) refresh();
      else if (command === ownCommands.showOperation || command === ownCommands.showAdvice) this.#show(argument);
      return null;
    });
  }

  /** For clients without our extension: the words of an operation, as a message. */
  #show(argument: unknown): void {
    const { title, command, advice } = (argument ?? {}) as { title?: unknown; command?: unknown; advice?: unknown };
    const words = Array.isArray(command) ? `microvm-lens ${quoteAll(command.map(String))}` : String(advice ?? "");
    this.#requests.notify("window/showMessage", { type: 3, message: `${String(title ?? "MicroVM Lens")}:\n${words}` });
  }

  /** What answers depend on: about a file, or about everything. */
  #session(path?: string): Session {
    const client = this.#client;
    if (!client) throw new Error("a request before initialize");
    return {
      client,
      locale: client.locale,
      settings:
        path === undefined
          ? { ...this.#settings, hosts: allHosts(this.#settings, this.#folders) }
          : settingsFor(path, this.#settings, this.#folders),
      documents: this.#documents,
      past: (...volume) => (this.#remembers() ? (this.#history?.past(...volume) ?? null) : null),
      told: this.#told,
      trusted: this.#trusted,
      ruleUrl: this.#options.ruleUrl,
    };
  }
}
