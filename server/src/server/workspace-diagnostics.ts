import { relative } from "node:path";
import type {
  CancellationToken,
  WorkspaceDiagnosticReport,
  WorkspaceFullDocumentDiagnosticReport,
} from "vscode-languageserver";
import type { Snapshot } from "../engine/engine.ts";
import { digestOfList } from "../features/session/digest.ts";
import type { OpenDocuments } from "../features/session/documents.ts";
import type { Session } from "../features/session/session.ts";
import { pathOf, uriOf } from "../features/session/to-lsp.ts";
import type { JudgedFinding } from "../rules/frame/judged.ts";
import type { ClientRequests } from "./client-requests.ts";
import { type Answers, loadAnswers, taken } from "./handlers.ts";

/** What it needs of the server. */
interface Surroundings {
  readonly requests: ClientRequests;
  readonly documents: OpenDocuments;
  session(path?: string): Session;
  roots(): readonly string[];
  snapshot(signal: AbortSignal): Promise<Snapshot>;
}

/** Name of the list of a file that has no problems. */
const none = digestOfList([]);

/** For how long nothing has to change before files that nobody looks at are judged again, in milliseconds. */
const quiet = 300;

/**
 * Problems of the files of the workspace that are not open. A client that pulls gets them as answers to
 * `workspace/diagnostic`: VS Code asks that again and again, so the request is kept until there is something new to tell.
 * To other clients they are pushed. Documents that are open are not our business: they are answered for one by one.
 */
export class WorkspaceDiagnostics {
  readonly #around: Surroundings;
  /** Counts changes: one that comes while an answer is made must not be missed. */
  #changes = 0;
  #stopped = false;
  /** Requests that wait for something new. */
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #abort: AbortController | null = null;
  /** Files that were closed: what the client shows of them may be about text that was thrown away. */
  readonly #closed = new Set<string>();
  /** What was pushed, by path. */
  readonly #pushed = new Map<string, string>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Something changed that findings may depend on; many changes in a row are answered once. */
  changed(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#quiet(), quiet).unref();
  }

  /** A document is no longer open: from now on its file counts. */
  closed(path: string): void {
    this.#closed.add(path);
    this.#pushed.delete(path);
    this.changed();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#wake();
  }

  /** Answers `workspace/diagnostic`, when there is something that the client does not know yet. */
  async report(
    previous: readonly { readonly uri: string; readonly value: string }[],
    token: CancellationToken,
  ): Promise<WorkspaceDiagnosticReport> {
    const known = new Map(previous.flatMap(({ uri, value }) => [[pathOf(uri) ?? uri, value] as const]));
    while (!token.isCancellationRequested && !this.#stopped) {
      const before = this.#changes;
      const [answers, snapshot] = await Promise.all([loadAnswers(), taken(this.#around, token)]);
      const items = this.#news(snapshot, answers, known);
      if (items.length > 0) return { items };
      if (before === this.#changes) await this.#change(token);
    }
    return { items: [] };
  }

  /** The lists that differ from those that the client has. */
  #news(snapshot: Snapshot, answers: Answers, known: ReadonlyMap<string, string>) {
    const lists = this.#lists(snapshot, answers);
    const items: WorkspaceFullDocumentDiagnosticReport[] = [];
    for (const path of new Set([...lists.keys(), ...known.keys(), ...this.#closed])) {
      if (this.#around.documents.byPath(path)) continue;
      const { list, name } = lists.get(path) ?? { list: [], name: none };
      // A file that was closed is told of in any case, with problems or without.
      if (!this.#closed.delete(path) && (known.get(path) ?? none) === name) continue;
      items.push({
        kind: "full",
        uri: uriOf(path, this.#around.documents),
        version: null,
        resultId: name,
        items: list,
      });
    }
    return items;
  }

  /** The problems of each file of the workspace that has any, and is not open. */
  #lists(snapshot: Snapshot, { diagnosticsOf }: Answers) {
    const byFile = new Map<string, JudgedFinding[]>();
    const isWanted = (path: string) =>
      this.#around.session(path).settings["diagnostics.scope"] === "workspace" &&
      !this.#around.documents.byPath(path) &&
      this.#isInside(path);
    for (const finding of snapshot.findings) {
      const path = finding.span.file;
      const list = byFile.get(path);
      if (list) list.push(finding);
      else if (isWanted(path)) byFile.set(path, [finding]);
    }
    const entries = [...byFile].map(([path, findings]) => {
      const list = diagnosticsOf({ session: this.#around.session(path), snapshot, path }, findings);
      return [path, { list, name: digestOfList(list) }] as const;
    });
    return new Map(entries);
  }

  #isInside(path: string): boolean {
    return this.#around.roots().some((root) => !/^\.\.(?:$|[\\/])/.test(relative(root, path)));
  }

  #quiet(): void {
    this.#timer = null;
    const { client } = this.#around.session();
    if (client.pullsDiagnostics) this.#wake();
    else void this.#push();
  }

  async #push(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const { requests, documents, snapshot: take } = this.#around;
    const [answers, snapshot] = await Promise.all([loadAnswers(), take(abort.signal).catch(() => null)]);
    if (abort.signal.aborted || !snapshot) return;
    const lists = this.#lists(snapshot, answers);
    for (const path of new Set([...lists.keys(), ...this.#pushed.keys()])) {
      const { list, name } = lists.get(path) ?? { list: [], name: none };
      const before = this.#pushed.get(path) ?? none;
      if (name === none) this.#pushed.delete(path);
      else this.#pushed.set(path, name);
      // What is open now is told of by whoever cares for open documents.
      if (before === name || documents.byPath(path)) continue;
      requests.notify("textDocument/publishDiagnostics", { uri: uriOf(path, documents), diagnostics: list });
    }
  }

  #wake(): void {
    this.#changes++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }

  async #change(token: CancellationToken): Promise<void> {
    await new Promise<void>((done) => {
      this.#waiting.push(done);
      token.onCancellationRequested(() => done());
    });
  }
}
