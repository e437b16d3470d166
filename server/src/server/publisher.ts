import type { Connection } from "vscode-languageserver";
import type { Snapshot } from "../engine/engine.ts";
import { digestOfList } from "../features/session/digest.ts";
import type { OpenDocuments } from "../features/session/documents.ts";
import { ownMessages } from "../features/session/protocol.ts";
import type { Session } from "../features/session/session.ts";
import type { Kept } from "../features/session/told.ts";
import type { ClientRequests } from "./client-requests.ts";
import { type Answers, loadAnswers } from "./handlers.ts";

/** For how long nothing has to be typed before what was told of other documents is looked at again, in milliseconds. */
const quietMs = 150;

/** What the publisher needs of the server. */
interface Surroundings {
  readonly connection: Connection;
  readonly requests: ClientRequests;
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
  #quiet: NodeJS.Timeout | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /**
   * A document changed: push diagnostics, where the client wants them pushed. What was told of the others may be untrue
   * now; they are looked at when nobody types for a moment.
   */
  documentsChanged(): void {
    const { client } = this.#around.session();
    if (!client.pullsDiagnostics || client.extension) this.#run();
    if (!client.pullsDiagnostics) return;
    if (this.#quiet) clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      this.#refreshWanted = true;
      this.#run();
    }, quietMs).unref();
  }

  /** Something else changed (disk, settings, files): push, or ask the client to pull again. */
  surroundingsChanged(): void {
    this.#refreshWanted = true;
    this.#run();
  }

  /** A document was closed: nothing may stay behind in the list of problems. */
  closed(uri: string): void {
    const { session, requests } = this.#around;
    if (!session().client.pullsDiagnostics && this.#published.delete(uri)) {
      requests.notify("textDocument/publishDiagnostics", { uri, diagnostics: [] });
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
    const { connection, requests, snapshot: take, session } = this.#around;
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
    if (session().client.extension) requests.notify(ownMessages.changed, {});
  }

  #push(snapshot: Snapshot, { diagnostics }: Answers): void {
    const { requests, documents, session } = this.#around;
    for (const path of documents.paths()) {
      const document = documents.byPath(path);
      if (!document) continue;
      const list = diagnostics({ session: session(path), snapshot, path });
      const key = `${document.version} ${digestOfList(list)}`;
      if (this.#published.get(document.uri) === key) continue;
      this.#published.set(document.uri, key);
      const { uri, version } = document;
      requests.notify("textDocument/publishDiagnostics", { uri, version, diagnostics: list });
    }
  }

  /** Asks to be asked again, only for what would be answered otherwise now: it costs the client a lot. */
  #refresh(snapshot: Snapshot): void {
    const { requests, documents } = this.#around;
    const { client, told } = this.#around.session();
    const paths = documents.paths();
    // Each of them: what one was told is noted for all that it would be told now.
    const isOutdated = (kind: Kept) =>
      paths.filter((path) => told.isOutdated(kind, { session: this.#around.session(path), snapshot, path })).length > 0;
    if (client.pullsDiagnostics && client.refreshesDiagnostics && isOutdated("diagnostics"))
      requests.ask("workspace/diagnostic/refresh");
    if (client.refreshesInlayHints && isOutdated("inlayHints")) requests.ask("workspace/inlayHint/refresh");
    if (client.refreshesCodeLens && isOutdated("codeLenses")) requests.ask("workspace/codeLens/refresh");
  }
}
