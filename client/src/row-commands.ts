import * as vscode from "vscode";
import { offerOperation } from "./operation.ts";
import type { RowOperation } from "./overview-types.ts";
import { openCommand, placeOf, type Row } from "./rows.ts";
import type { Server } from "./server.ts";

/** Shows where a row is declared. */
export async function openDeclaration(row: Row | undefined): Promise<void> {
  const place = row && placeOf(row);
  if (!place) return;
  const { name, argv } = openCommand(place);
  await vscode.commands.executeCommand(name, ...argv);
}

/** Opens the declaration of a row and the list of what may be done there. */
export async function showFixes(row: Row | undefined): Promise<void> {
  await openDeclaration(row);
  const place = row && placeOf(row);
  const editor = vscode.window.activeTextEditor;
  if (!place || !editor) return;
  // The worst problem of the volume, which seldom stands at its first character.
  const { start, end } = place.range;
  const within = new vscode.Range(start.line, start.character, end.line, end.character);
  const [worst] = vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ source, range }) => source === "microvm-lens" && within.contains(range))
    .sort((a, b) => a.severity - b.severity);
  if (worst) {
    editor.selection = new vscode.Selection(worst.range.start, worst.range.start);
    editor.revealRange(worst.range);
  }
  await vscode.commands.executeCommand("editor.action.quickFix");
}

/** Offers an operation on the image of a row. */
export async function operateOn(
  cli: string,
  server: Server,
  row: Row | undefined,
  operation: RowOperation,
): Promise<void> {
  const image = row?.kind === "volume" ? row.volume.image : row?.kind === "undeclared" ? row.image.path : "";
  const command = commandOf(row, operation);
  if (command) await offerOperation(cli, { title: image, command }, server);
}

function commandOf(row: Row | undefined, operation: RowOperation): readonly string[] | null {
  if (row?.kind === "volume") return row.volume.operations[operation] ?? null;
  return row?.kind === "undeclared" && operation === "backup" ? row.image.backup : null;
}

/** Moves an image that no volume uses to where one looks for it; asks which one where there are several. */
export async function adoptImage(cli: string, server: Server, row: Row | undefined): Promise<void> {
  if (row?.kind !== "undeclared") return;
  const { adopt, path } = row.image;
  const choices = adopt.map((each) => ({ label: each.image, description: each.guest, ...each }));
  const title = vscode.l10n.t("Which volume is this the image of?");
  const chosen = choices.length > 1 ? await vscode.window.showQuickPick(choices, { title }) : choices[0];
  if (chosen) await offerOperation(cli, { title: path, command: chosen.command }, server);
}

/** Takes a volume out of the list in which it is written; the image stays. */
export async function removeVolume(server: Server, row: Row | undefined): Promise<void> {
  if (row?.kind !== "volume" || !row.volume.location) return;
  const { uri, range } = row.volume.location;
  const edit = await server.removal(uri, range.start);
  if (edit === null) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("{0} is not written as one element of a list: remove it by hand.", row.volume.image),
    );
    await openDeclaration(row);
    return;
  }
  await openDeclaration(row);
  if (await vscode.workspace.applyEdit(edit)) {
    void vscode.window.setStatusBarMessage(vscode.l10n.t("{0} removed; its image stays", row.volume.image), 10_000);
  }
}

/** Copies why something was not judged. */
export async function copyReason(row: Row | undefined): Promise<void> {
  if (row?.kind === "notJudged") await vscode.env.clipboard.writeText(row.lines.join("\n"));
}
