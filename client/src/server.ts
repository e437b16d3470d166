import { join } from "node:path";
import * as vscode from "vscode";
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
  type WorkspaceEdit,
} from "vscode-languageclient/node";
import { colouredElsewhere } from "./language.ts";
import type { FlakeOpinion, Overview } from "./overview-types.ts";
import { protocol } from "./protocol.ts";

/** An image file that has to be moved for its new name (server/src/features/rename.ts). */
export interface ImageMove {
  readonly guest: string;
  readonly host: string;
  readonly from: string;
  readonly to: string;
  /** argv of `microvm-lens`; null where only a snapshot was seen. */
  readonly command: readonly string[] | null;
}

/** The rename of an image: the edit of the texts, and the files that have to follow. */
export interface Renamed {
  readonly edit: vscode.WorkspaceEdit;
  readonly moves: readonly ImageMove[];
}

/** The language server: one process, started with the extension and ended with it. */
export class Server implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  #client: LanguageClient | null = null;

  readonly #renamed = new vscode.EventEmitter<Renamed>();

  /** Something that the view or the status line shows may have changed. */
  readonly onDidChange = this.#changed.event;
  /** The user renames an image in the text: the edit is about to be applied. */
  readonly onWillRename = this.#renamed.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    context.subscriptions.push(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        void this.#client?.sendNotification(protocol.trusted, {});
      }),
    );
  }

  /** Starts the server; without a folder or file on this machine there is nothing that it could read. */
  async start(): Promise<void> {
    if (isVirtual()) {
      this.#log.info("No folder of this workspace lies on a disk: MicroVM Lens has nothing to read here.");
      return;
    }
    const client = new LanguageClient("microvmLens", "MicroVM Lens", this.#serverOptions(), this.#clientOptions());
    this.#client = client;
    client.onNotification(protocol.changed, () => this.#changed.fire());
    await client.start();
    this.#changed.fire();
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.dispose();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Reads the disk again, now. */
  async refresh(): Promise<void> {
    await this.#client?.sendRequest(protocol.refresh, {});
  }

  /** Everything at a glance; null while the server is not running. */
  async overview(): Promise<Overview | null> {
    if (!this.#client?.isRunning()) return null;
    return this.#client.sendRequest<Overview>(protocol.overview, {});
  }

  /** The storage overview as a page for a webview; null while the server is not running. */
  async overviewPage(nonce: string): Promise<string | null> {
    if (!this.#client?.isRunning()) return null;
    return this.#client.sendRequest<string>(protocol.overviewPage, { nonce });
  }

  /** What real Nix says of each flake; rejects when it was cancelled. */
  async evaluate(token: vscode.CancellationToken): Promise<readonly FlakeOpinion[]> {
    if (!this.#client?.isRunning()) return [];
    return this.#client.sendRequest<readonly FlakeOpinion[]>(protocol.evaluate, {}, token);
  }

  /** The edit that gives an image another name, and the files to move; null where there is no image. Rejects with the reason. */
  async rename(uri: string, position: vscode.Position, newName: string): Promise<Renamed | null> {
    const client = this.#client;
    const params = { textDocument: { uri }, position: { line: position.line, character: position.character }, newName };
    const answer = await client?.sendRequest<{ edit: WorkspaceEdit; moves: readonly ImageMove[] } | null>(
      protocol.renameImage,
      params,
    );
    const edit = answer && (await client?.protocol2CodeConverter.asWorkspaceEdit(answer.edit));
    return edit && answer ? { edit, moves: answer.moves } : null;
  }

  /** The edit that takes a volume out of its list; null where it is no element of a list that we may edit. */
  async removal(uri: string, position: { line: number; character: number }): Promise<vscode.WorkspaceEdit | null> {
    const edit = await this.#client?.sendRequest<WorkspaceEdit | null>(protocol.removeVolume, {
      textDocument: { uri },
      position,
    });
    return edit ? ((await this.#client?.protocol2CodeConverter.asWorkspaceEdit(edit)) ?? null) : null;
  }

  dispose(): void {
    this.#changed.dispose();
    this.#renamed.dispose();
    void this.stop();
  }

  #serverOptions(): ServerOptions {
    const module = this.#context.asAbsolutePath(join("dist", "server.cjs"));
    return {
      // The server reads its stdin in the middle of long work; Node's own channel it could not.
      run: { module, transport: TransportKind.stdio },
      debug: { module, transport: TransportKind.stdio, options: { execArgv: ["--nolazy", "--inspect=6021"] } },
    };
  }

  #clientOptions(): LanguageClientOptions {
    return {
      documentSelector: [
        { language: "nix", scheme: "file" },
        { pattern: "**/*.nix", scheme: "file" },
      ],
      outputChannel: this.#log,
      initializationOptions: {
        ...settings(),
        extension: { trusted: vscode.workspace.isTrusted, colouredElsewhere: colouredElsewhere() },
      },
      middleware: {
        provideRenameEdits: async (document, position, newName, token, next) => {
          const edit = await next(document, position, newName, token);
          const renamed = edit ? await this.rename(document.uri.toString(), position, newName).catch(() => null) : null;
          if (edit && renamed) this.#renamed.fire({ edit, moves: renamed.moves });
          return edit;
        },
      },
      diagnosticPullOptions: { onChange: true, onSave: true, onTabs: true, onFocus: true },
      // A hover may link to a place in a file, and to the one command that asks how images are to be looked at.
      markdown: { isTrusted: { enabledCommands: ["microvm-lens.lookAt"] }, supportHtml: false },
    };
  }
}

/** True when a workspace is open and none of its folders lies on a disk. */
export function isVirtual(): boolean {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length > 0 && folders.every((folder) => folder.uri.scheme !== "file");
}

function settings(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(vscode.workspace.getConfiguration("microvmLens"))) as Record<string, unknown>;
}
