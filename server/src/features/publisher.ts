import type { Connection } from "vscode-languageserver";
import type { Snapshot } from "../engine.ts";
import type { OpenDocuments } from "./documents.ts";
import { type Answers, loadAnswers } from "./handlers.ts";
import { ownMessages } from "./protocol.ts";
import type { Session } from "./session.ts";

/** What the publisher needs of the server. */
interface Surroundings {
  readonly connection: Connection;
  readonly documents: OpenDocuments;
  session(): Session;
  snapshot(signal: AbortSignal): Promise<Snapshot>;
}

const everything = { start: { line: 0, character: 0 }, end: { line: 0x7fffffff, character: 0 } };

/**
 * Tells the client about changes that it does not ask for: diagnostics where it cannot pull them, and the wish to be
 * asked again after something on disk changed. A new change cancels the work for the one before; nothing waits.
 */
export class Publisher {
  readonly #around: Surroundings;
  readonly #published = new Map<string, string>();
  #abort: AbortController | null = null;
  #refreshDigest = "";

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** A document changed: push diagnostics, where the client wants them pushed. */
  documentsChanged(): void {
    this.#refreshDigest = "";
    const { client } = this.#around.session();
    if (!client.pullsDiagnostics || client.extension) this.#run(false);
  }

  /** Something else changed (disk, settings, files): push, or ask the client to pull again. */
  surroundingsChanged(): void {
    this.#run(true);
  }

  /** A document was closed: nothing may stay behind in the list of problems. */
  closed(uri: string): void {
    const { session, connection } = this.#around;
    if (!session().client.pullsDiagnostics && this.#published.delete(uri)) {
      void connection.sendDiagnostics({ uri, diagnostics: [] });
    }
  }

  #run(refresh: boolean): void {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    // One turn later: of several changes in one message burst only the last one is worked on.
    setImmediate(() => {
      if (!abort.signal.aborted) void this.#work(abort.signal, refresh);
    });
  }

  async #work(signal: AbortSignal, refresh: boolean): Promise<void> {
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
    if (refresh) this.#refresh(snapshot, answers);
    if (session().client.extension) void connection.sendNotification(ownMessages.changed, {});
  }

  #push(snapshot: Snapshot, { diagnostics, digest }: Answers): void {
    const { connection, documents, session } = this.#around;
    for (const path of documents.paths()) {
      const document = documents.byPath(path);
      if (!document) continue;
      const list = diagnostics({ session: session(), snapshot, path });
      const key = `${document.version} ${digest(JSON.stringify(list))}`;
      if (this.#published.get(document.uri) === key) continue;
      this.#published.set(document.uri, key);
      void connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics: list });
    }
  }

  /** Asks to be asked again, only when an answer about an open document would be another one: it costs the client a lot. */
  #refresh(snapshot: Snapshot, { diagnostics, digest, inlayHints }: Answers): void {
    const { connection, documents, session } = this.#around;
    const { client } = session();
    const answers = documents.paths().map((path) => {
      const question = { session: session(), snapshot, path };
      return [diagnostics(question), inlayHints(question, everything)];
    });
    const now = digest(JSON.stringify(answers));
    if (now === this.#refreshDigest) return;
    this.#refreshDigest = now;
    if (client.pullsDiagnostics && client.refreshesDiagnostics) connection.languages.diagnostics.refresh();
    if (client.refreshesInlayHints) void connection.languages.inlayHint.refresh();
    if (client.refreshesCodeLens && session().settings["codeLens.enable"])
      void connection.sendRequest("workspace/codeLens/refresh");
  }
}
