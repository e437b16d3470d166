import { basename } from "node:path";
import * as vscode from "vscode";

/** Shows the page of a rule as it is to be read, not as it is written. */
export async function explainRule(page: string): Promise<void> {
  await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.parse(page));
}

/** Turns a rule off, for the workspace where there is one; offers to take that back. */
export async function turnOffRule(rule: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration("microvmLens");
  const { Workspace, Global } = vscode.ConfigurationTarget;
  const target = (vscode.workspace.workspaceFolders ?? []).length > 0 ? Workspace : Global;
  const found = settings.inspect<Record<string, string>>("rules");
  const before = target === Workspace ? found?.workspaceValue : found?.globalValue;
  await settings.update("rules", { ...before, [rule]: "off" }, target);
  const undo = vscode.l10n.t("Turn on again");
  const message =
    target === Workspace
      ? vscode.l10n.t("{0} is off in this workspace.", rule)
      : vscode.l10n.t("{0} is off for this user.", rule);
  if ((await vscode.window.showInformationMessage(message, undo)) === undo)
    await settings.update("rules", before, target);
}

/** Says which other files an edit has changed, and that they are not saved. */
export async function tellEdited(uris: readonly string[]): Promise<void> {
  const files = uris.map((uri) => vscode.Uri.parse(uri));
  const names = files.map(({ fsPath }) => basename(fsPath)).join(", ");
  const show = vscode.l10n.t("Show");
  const save = vscode.l10n.t("Save");
  const message =
    files.length === 1
      ? vscode.l10n.t("{0} was changed too, and is not saved yet.", names)
      : vscode.l10n.t("{0} were changed too, and are not saved yet.", names);
  const chosen = await vscode.window.showInformationMessage(message, show, save);
  for (const file of chosen === undefined ? [] : files) {
    const document = await vscode.workspace.openTextDocument(file);
    if (chosen === save) await document.save();
    else await vscode.window.showTextDocument(document, { preview: false });
  }
}
