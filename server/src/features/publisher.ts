import type { Connection } from "vscode-languageserver";
import type { Snapshot } from "../engine.ts";
import { digestOfList } from "./digest.ts";
import type { OpenDocuments } from "./documents.ts";
import { type Answers, loadAnswers } from "./handlers.ts";
import { ownMessages } from "./protocol.ts";
import type { Session } from "./session.ts";
import type { Kept } from "./told.ts";

/** What the publisher needs of the server. */
interface Surroundings {
  readonly connection: Connection;
  readonly documents: OpenDocuments;
  session(path?: string): Session;
  snapshot(signal: AbortSignal): Promise<Snapshot>;
}

/**
 * Tells the client about changes that it does not ask for: diagnostics where it cannot pull them, and the wish to be
 * asked again after something on disk changed. A new change cancels the work for the one before; nothing waits.
 */
export class Publisher {
  readonly #around: Surroundings;
  readonly #published = new Map<string, string>();
  #abort: AbortController | null = null;
  /** Stays true until it is done: work that was cancelled by a newer change has refreshed nothing. */
  #refreshWanted = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** A document changed: push diagnostics, where the client wants them pushed. */
  documentsChanged(): void {
    const { client } = this.#around.session();
    if (!client.pullsDiagnostics || client.extension) this.#run();
  }

  /** Something else changed (disk, settings, files): push, or ask the client to pull again. */
  surroundingsChanged(): void {
    this.#refreshWanted = true;
    this.#run();
  }

  /** A document was closed: nothing may stay behind in the list of problems. */
  closed(uri: string): void {
    const { session, connection } = this.#around;
    if (!session().client.pullsDiagnostics && this.#published.delete(uri)) {
      void connection.sendDiagnostics({ uri, diagnostics: [] });
    }
  }

  #run(): void {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    // One turn later: of several changes in one message burst only the last one is worked on.
    setImmediate(() => {
      if (!abort.signal.aborted) void this.#work(abort.signal);
    });
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { connection, snapshot: take, session } = this.#around;
    let snapshot: Snapshot;
    let answers: Answers;
    try {
      [answers, snapshot] = await Promise.all([loadAnswers(), take(signal)]);
    } catch (problem) {
      if (!signal.aborted) connection.console.error(String(problem));
      return;
    }
    if (signal.aborted) return;
    if (!session().client.pullsDiagnostics) this.#push(snapshot, answers);
    if (this.#refreshWanted) this.#refresh(snapshot);
    this.#refreshWanted = false;
    if (session().client.extension) void connection.sendNotification(ownMessages.changed, {});
  }

  #push(snapshot: Snapshot, { diagnostics }: Answers): void {
    const { connection, documents, session } = this.#around;
    for (const path of documents.paths()) {
      const document = documents.byPath(path);
      if (!document) continue;
      const list = diagnostics({ session: session(path), snapshot, path });
      const key = `${document.version} ${digestOfList(list)}`;
      if (this.#published.get(document.uri) === key) continue;
      this.#published.set(document.uri, key);
      void connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics: list });
    }
  }

  /** Asks to be asked again, only for what would be answered otherwise now: it costs the client a lot. */
  #refresh(snapshot: Snapshot): void {
    const { connection, documents } = this.#around;
    const { client, told } = this.#around.session();
    const isOutdated = (kind: Kept) =>
      documents.paths().some((path) => told.isOutdated(kind, { session: this.#around.session(path), snapshot, path }));
    if (client.pullsDiagnostics && client.refreshesDiagnostics && isOutdated("diagnostics"))
      connection.languages.diagnostics.refresh();
    if (client.refreshesInlayHints && isOutdated("inlayHints")) void connection.languages.inlayHint.refresh();
    if (client.refreshesCodeLens && isOutdated("codeLenses")) void connection.sendRequest("workspace/codeLens/refresh");
  }
}
