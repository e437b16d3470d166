import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Place } from "./overview-types.ts";
import type { Server } from "./server.ts";

let open: vscode.WebviewPanel | null = null;

/** The storage overview beside the editor; one at a time, kept up to date while it is shown. */
export async function showOverview(context: vscode.ExtensionContext, server: Server): Promise<void> {
  if (open) {
    open.reveal();
    return;
  }
  const title = vscode.l10n.t("Storage Overview");
  const panel = vscode.window.createWebviewPanel("microvm-lens.overview", title, vscode.ViewColumn.Active, {
    enableScripts: true,
    enableForms: false,
    localResourceRoots: [],
  });
  open = panel;
  panel.iconPath = vscode.Uri.joinPath(context.extensionUri, "media", "icon.png");
  const update = async () => {
    if (!panel.visible) return;
    const page = await server.overviewPage(randomBytes(16).toString("hex")).catch(() => null);
    if (page !== null && open === panel) panel.webview.html = page;
  };
  const listening = [
    server.onDidChange(() => void update()),
    panel.onDidChangeViewState(() => void update()),
    panel.webview.onDidReceiveMessage((place: Place) => openPlace(place)),
  ];
  panel.onDidDispose(() => {
    open = null;
    for (const each of listening) each.dispose();
  });
  await update();
}

/** What the page sends is checked: it names a place in a file, and nothing else is opened. */
async function openPlace(place: Place): Promise<void> {
  const uri = vscode.Uri.parse(String(place?.uri ?? ""));
  if (uri.scheme !== "file") return;
  const { line, character } = place.range.start;
  const at = new vscode.Position(line, character);
  await vscode.window.showTextDocument(uri, {
    selection: new vscode.Range(at, at),
    viewColumn: vscode.ViewColumn.Beside,
  });
}
