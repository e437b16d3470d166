import { CodeActionKind, type ServerCapabilities, TextDocumentSyncKind } from "vscode-languageserver";
import type { ClientFeatures } from "./client.ts";
import { adviceCommand, fixAllKind, operationCommand } from "./code-actions.ts";

/** Command of the server for clients without our extension: reads the disk again. */
export const refreshCommand = "microvm-lens.refresh";

/** What the server says that it can do. Features that a setting turns off answer with nothing. */
export function serverCapabilities(client: ClientFeatures): ServerCapabilities {
  return {
    positionEncoding: "utf-16",
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
    hoverProvider: true,
    inlayHintProvider: { resolveProvider: false },
    codeActionProvider: {
      codeActionKinds: [CodeActionKind.QuickFix, fixAllKind],
      resolveProvider: client.resolvesEdits,
    },
    codeLensProvider: { resolveProvider: false },
    documentSymbolProvider: { label: "MicroVM Lens" },
    workspaceSymbolProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    documentLinkProvider: { resolveProvider: false },
    completionProvider: { triggerCharacters: [".", '"'], resolveProvider: false },
    ...(client.pullsDiagnostics
      ? { diagnosticProvider: { identifier: "microvm-lens", interFileDependencies: true, workspaceDiagnostics: false } }
      : {}),
    // The extension has these commands itself: two registrations of one name would clash.
    ...(client.extension
      ? {}
      : { executeCommandProvider: { commands: [refreshCommand, operationCommand, adviceCommand] } }),
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
}
