import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  type Position,
  ResponseError,
} from "vscode-languageserver";
import type { Snapshot } from "../engine.ts";
import { codeActions, resolveCodeAction } from "./code-actions.ts";
import { codeLenses } from "./code-lens.ts";
import { completion } from "./completion.ts";
import { definition, references } from "./definition.ts";
import { diagnosticReport } from "./diagnostics.ts";
import { documentLinks } from "./document-links.ts";
import { hover } from "./hover.ts";
import { inlayHints } from "./inlay-hints.ts";
import { overview, overviewPage } from "./overview.ts";
import { ownMessages } from "./protocol.ts";
import type { Question, Session } from "./session.ts";
import { documentSymbols, workspaceSymbols } from "./symbols.ts";
import { pathOf } from "./to-lsp.ts";

/** What answers need of the server. */
export interface Surroundings {
  session(): Session;
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
    answer: (question: Question) => T,
  ): Promise<T> {
    const path = pathOf(uri);
    if (path === null || !around.session().documents.byPath(path)) return otherwise;
    const snapshot = await taken(around, token);
    return answer({ session: around.session(), snapshot, path });
  }

  connection.onHover(({ textDocument, position }, token) =>
    about(textDocument.uri, token, null, (question) => hover(question, offsetOf(question, position))),
  );
  connection.languages.inlayHint.on(({ textDocument, range }, token) =>
    about(textDocument.uri, token, [], (question) => inlayHints(question, range)),
  );
  connection.onCodeAction(({ textDocument, range, context }, token) =>
    about(textDocument.uri, token, [], (question) => codeActions(question, range, context)),
  );
  connection.onCodeActionResolve(async (action, token) => {
    const snapshot = await taken(around, token);
    const resolved = resolveCodeAction(around.session(), snapshot, action);
    if (!resolved) throw new ResponseError(LSPErrorCodes.ContentModified, "the text has changed");
    return resolved;
  });
  connection.onCodeLens(({ textDocument }, token) => about(textDocument.uri, token, [], codeLenses));
  connection.onDocumentSymbol(({ textDocument }, token) => about(textDocument.uri, token, [], documentSymbols));
  connection.onWorkspaceSymbol(async ({ query }, token) => {
    const snapshot = await taken(around, token);
    return workspaceSymbols({ session: around.session(), snapshot }, query);
  });
  connection.onDefinition(({ textDocument, position }, token) =>
    about(textDocument.uri, token, null, (question) => definition(question, offsetOf(question, position))),
  );
  connection.onReferences(({ textDocument, position }, token) =>
    about(textDocument.uri, token, [], (question) => references(question, offsetOf(question, position))),
  );
  connection.onDocumentLinks(({ textDocument }, token) => about(textDocument.uri, token, [], documentLinks));
  connection.onCompletion(({ textDocument, position }, token) =>
    about(textDocument.uri, token, null, (question) => completion(question, offsetOf(question, position))),
  );
  connection.languages.diagnostics.on(({ textDocument, previousResultId }, token) =>
    about(textDocument.uri, token, { kind: "full", items: [] }, (question) =>
      diagnosticReport(question, previousResultId),
    ),
  );
  connection.onRequest(ownMessages.overview, async (_params: unknown, token: CancellationToken) =>
    overview(around.session(), await taken(around, token)),
  );
  connection.onRequest(ownMessages.overviewPage, async ({ nonce }: { nonce: unknown }, token: CancellationToken) =>
    overviewPage(around.session(), await taken(around, token), String(nonce)),
  );
  connection.onRequest(ownMessages.evaluate, async (_params: unknown, token: CancellationToken) => {
    const snapshot = await taken(around, token);
    // Loaded only now: it brings the library that runs programs.
    const { secondOpinion } = await import("./second-opinion.ts");
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    return secondOpinion(around.session(), snapshot, around.roots(), abort.signal);
  });
}

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

function offsetOf({ snapshot, path }: Question, position: Position): number {
  return snapshot.tree(path)?.lines.offset(position) ?? 0;
}
