import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  type Position,
  type RenameParams,
  ResponseError,
  type TextDocumentPositionParams,
} from "vscode-languageserver";
import { render } from "../base/text.ts";
import type { Snapshot } from "../engine/engine.ts";
import { ownMessages } from "../features/session/protocol.ts";
import type { Question, Session } from "../features/session/session.ts";
import { pathOf } from "../features/session/to-lsp.ts";
import { diagnosticReport } from "./diagnostic-report.ts";

/** What answers need of the server. */
export interface Surroundings {
  /** What an answer about a file depends on; without one, about everything. */
  session(path?: string): Session;
  /** Folders of the workspace. */
  roots(): readonly string[];
  snapshot(signal: AbortSignal): Promise<Snapshot>;
}

/**
 * Registers every request of the protocol that we answer. Each takes a snapshot of the newest state and then answers
 * without waiting, so that positions are those of the text that the snapshot was made of.
 */
export function registerHandlers(connection: Connection, around: Surroundings): void {
  /** Answers about a document that is open and ours; anything else gets `otherwise`, never an error. */
  async function about<T>(
    uri: string,
    token: CancellationToken,
    otherwise: T,
    answer: (answers: Answers, question: Question) => T,
  ): Promise<T> {
    const path = pathOf(uri);
    if (path === null || !around.session().documents.byPath(path)) return otherwise;
    const [answers, snapshot] = await Promise.all([loadAnswers(), taken(around, token)]);
    return answer(answers, { session: around.session(path), snapshot, path });
  }

  /** Answers about the whole workspace. */
  async function overall<T>(
    token: CancellationToken,
    answer: (answers: Answers, question: Omit<Question, "path">) => T,
  ): Promise<T> {
    const [answers, snapshot] = await Promise.all([loadAnswers(), taken(around, token)]);
    return answer(answers, { session: around.session(), snapshot });
  }

  connection.onHover(({ textDocument: { uri }, position }, token) =>
    about(uri, token, null, ({ hover }, question) => hover(question, offsetOf(question, position))),
  );
  connection.languages.inlayHint.on(({ textDocument: { uri }, range }, token) =>
    about(uri, token, [], ({ inlayHints }, question) => {
      return question.session.told.tell("inlayHints", question, (later) => inlayHints(later, range)).answer;
    }),
  );
  connection.onCodeAction(({ textDocument: { uri }, range, context }, token) =>
    about(uri, token, [], ({ codeActions }, question) => codeActions(question, range, context)),
  );
  connection.onCodeActionResolve((action, token) =>
    overall(token, ({ resolveCodeAction }, { session, snapshot }) => {
      const resolved = resolveCodeAction(session, snapshot, action);
      if (!resolved) throw new ResponseError(LSPErrorCodes.ContentModified, "the text has changed");
      return resolved;
    }),
  );
  connection.onCodeLens(({ textDocument: { uri } }, token) =>
    about(uri, token, [], ({ codeLenses }, question) => {
      return question.session.told.tell("codeLenses", question, codeLenses).answer;
    }),
  );
  connection.onDocumentSymbol(({ textDocument: { uri } }, token) =>
    about(uri, token, [], ({ documentSymbols }, question) => documentSymbols(question)),
  );
  connection.onWorkspaceSymbol(({ query }, token) =>
    overall(token, ({ workspaceSymbols }, question) => workspaceSymbols(question, query)),
  );
  connection.onDefinition(({ textDocument: { uri }, position }, token) =>
    about(uri, token, null, ({ definition }, question) => definition(question, offsetOf(question, position))),
  );
  connection.onReferences(({ textDocument: { uri }, position }, token) =>
    about(uri, token, [], ({ references }, question) => references(question, offsetOf(question, position))),
  );
  connection.onPrepareRename(({ textDocument: { uri }, position }, token) =>
    about(uri, token, null, ({ prepareRename }, question) => prepareRename(question, offsetOf(question, position))),
  );
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }, token) =>
    about(uri, token, null, (answers, question) => renamed(answers, question, position, newName)?.edit ?? null),
  );
  connection.onRequest(
    ownMessages.renameImage,
    ({ textDocument: { uri }, position, newName }: RenameParams, token: CancellationToken) =>
      overall(token, (answers, { snapshot }) => {
        const path = pathOf(uri);
        const session = around.session(path ?? undefined);
        return path === null ? null : renamed(answers, { session, snapshot, path }, position, newName);
      }),
  );
  connection.onDocumentLinks(({ textDocument: { uri } }, token) =>
    about(uri, token, [], ({ documentLinks }, question) => documentLinks(question)),
  );
  connection.onCompletion(({ textDocument: { uri }, position }, token) =>
    about(uri, token, null, ({ completion }, question) => completion(question, offsetOf(question, position))),
  );
  connection.languages.semanticTokens.on(({ textDocument: { uri } }, token) =>
    about(uri, token, null, ({ semanticTokens }, question) => semanticTokens(question)),
  );
  connection.languages.diagnostics.on(({ textDocument: { uri }, previousResultId }, token) =>
    about(uri, token, { kind: "full", items: [] }, (answers, question) =>
      diagnosticReport(answers, question, previousResultId),
    ),
  );
  connection.onRequest(ownMessages.overview, (_params: unknown, token: CancellationToken) =>
    overall(token, ({ overview }, { session, snapshot }) => overview(session, snapshot)),
  );
  connection.onRequest(ownMessages.overviewPage, ({ nonce }: { nonce: unknown }, token: CancellationToken) =>
    overall(token, ({ overviewPage }, { session, snapshot }) => overviewPage(session, snapshot, String(nonce))),
  );
  connection.onRequest(
    ownMessages.removeVolume,
    ({ textDocument: { uri }, position }: TextDocumentPositionParams, token: CancellationToken) =>
      overall(token, ({ removal }, { snapshot }) => {
        const path = pathOf(uri);
        return path === null ? null : removal({ session: around.session(path), snapshot, path }, position);
      }),
  );
  connection.onRequest(ownMessages.evaluate, async (_params: unknown, token: CancellationToken) => {
    const snapshot = await taken(around, token);
    const { secondOpinion } = await loadAnswers();
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    const roots = around.roots();
    const allowed = roots.filter((root) => around.session(root).settings["nix.evaluate"] !== "never");
    // Where no folder lets Nix be run, the first one is asked why.
    return secondOpinion(around.session(allowed[0] ?? roots[0]), snapshot, allowed, abort.signal);
  });
}

export type Answers = typeof import("./answers.ts");

/** The part of the server that is loaded after its start. */
export async function loadAnswers(): Promise<Answers> {
  loaded ??= await import("./answers.ts");
  return loaded;
}

/** That part, once it is there. */
export function loadedAnswers(): Answers | null {
  return loaded;
}

let loaded: Answers | null = null;

/** A snapshot, or the protocol's word for "cancelled". */
export async function taken(around: Surroundings, token: CancellationToken): Promise<Snapshot> {
  const abort = new AbortController();
  const listening = token.onCancellationRequested(() => abort.abort());
  try {
    return await around.snapshot(abort.signal);
  } catch (problem) {
    if (abort.signal.aborted) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
    throw problem;
  } finally {
    listening.dispose();
  }
}

/** The rename of an image; null where there is none. Throws why it cannot be, in the user's language. */
function renamed({ renameImage }: Answers, question: Question, position: Position, newName: string) {
  const answer = renameImage(question, offsetOf(question, position), newName);
  if (answer === null || "edit" in answer) return answer;
  throw new ResponseError(LSPErrorCodes.RequestFailed, render(answer, question.session.locale));
}

function offsetOf({ snapshot, path }: Question, position: Position): number {
  return snapshot.tree(path)?.lines.offset(position) ?? 0;
}
