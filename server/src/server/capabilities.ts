import type { ServerCapabilities } from "vscode-languageserver";
import type { ClientFeatures } from "../features/session/client.ts";
import { codeActionKind, textDocumentSyncKind, tokenTypes } from "../features/session/constants.ts";
import { fixAllKind, ownCommands, source } from "../features/session/protocol.ts";

/** What the server says that it can do. Features that a setting turns off answer with nothing. */
export function serverCapabilities(client: ClientFeatures): ServerCapabilities {
  return {
    positionEncoding: "utf-16",
    textDocumentSync: { openClose: true, change: textDocumentSyncKind.incremental, save: { includeText: false } },
    hoverProvider: true,
    inlayHintProvider: { resolveProvider: false },
    codeActionProvider: {
      codeActionKinds: [codeActionKind.quickFix, fixAllKind],
      resolveProvider: client.resolvesEdits,
    },
    codeLensProvider: { resolveProvider: false },
    documentSymbolProvider: { label: "MicroVM Lens" },
    workspaceSymbolProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    renameProvider: client.preparesRename ? { prepareProvider: true } : true,
    documentLinkProvider: { resolveProvider: false },
    completionProvider: { triggerCharacters: [".", '"'], resolveProvider: false },
    ...(client.semanticTokens
      ? { semanticTokensProvider: { legend: { tokenTypes: [...tokenTypes], tokenModifiers: [] }, full: true } }
      : {}),
    ...(client.pullsDiagnostics
      ? { diagnosticProvider: { identifier: source, interFileDependencies: true, workspaceDiagnostics: true } }
      : {}),
    // The extension has these commands itself: two registrations of one name would clash.
    ...(client.extension ? {} : { executeCommandProvider: { commands: Object.values(ownCommands) } }),
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
}
