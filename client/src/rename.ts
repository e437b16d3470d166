import { basename } from "node:path";
import * as vscode from "vscode";
import { offerOperation } from "./operation.ts";
import type { Row } from "./rows.ts";
import type { ImageMove, Renamed, Server } from "./server.ts";

/** How long a rename may be looked at before it is applied, in milliseconds: it may be shown as a preview first. */
const patience = 10 * 60_000;

/** After a rename in the text (F2): offers to move the files, once the edit is in the text. */
export async function offerMoves(cli: string, server: Server, { edit, moves }: Renamed): Promise<void> {
  if (moves.length === 0 || !(await isApplied(edit))) return;
  const [first] = moves as [ImageMove, ...ImageMove[]];
  const names = { from: basename(first.from), to: basename(first.to) };
  const message =
    moves.length === 1
      ? vscode.l10n.t(
          "The next start looks for {0}, and the image on {1} is still called {2}.",
          names.to,
          first.host,
          names.from,
        )
      : vscode.l10n.t(
          "The next start looks for {0}, and {1} images are still called {2}.",
          names.to,
          moves.length,
          names.from,
        );
  const move = vscode.l10n.t("Move the File…");
  if ((await vscode.window.showInformationMessage(message, move)) === move) await moveAll(cli, server, moves);
}

/** Renames an image of a row, or at the cursor: the file first, and only then the text. */
export async function renameImage(cli: string, server: Server, row: Row | undefined): Promise<void> {
  const at = await placeOfImage(row);
  if (!at) return;
  const { uri, position, name } = at;
  const newName = await vscode.window.showInputBox({
    title: vscode.l10n.t("Rename Image"),
    prompt: vscode.l10n.t("The file is moved first, then the text is changed."),
    value: name,
    valueSelection: [0, name.lastIndexOf(".") < 0 ? name.length : name.lastIndexOf(".")],
  });
  if (newName === undefined || newName === name) return;
  try {
    const renamed = await server.rename(uri, position, newName);
    if (renamed === null)
      throw new Error(vscode.l10n.t("The name is not written there as one string: rename it by hand."));
    if (renamed.moves.length > 0 && !(await moveAll(cli, server, renamed.moves))) return;
    await vscode.workspace.applyEdit(renamed.edit);
  } catch (problem) {
    void vscode.window.showErrorMessage(problem instanceof Error ? problem.message : String(problem));
  }
}

/** Moves the files one after the other, each after a question; false as soon as one was not moved. */
async function moveAll(cli: string, server: Server, moves: readonly ImageMove[]): Promise<boolean> {
  for (const { from, to, host, command } of moves) {
    if (command === null) {
      const detail = `microvm-lens image adopt ${from} --to ${to}`;
      const message = vscode.l10n.t("{0} is known from a snapshot only: move the file there.", host);
      await vscode.window.showInformationMessage(message, { modal: true, detail });
      return false;
    }
    if (!(await offerOperation(cli, { title: basename(from), command }, server))) return false;
  }
  return true;
}

/** True when one of the documents of an edit has changed. */
function isApplied(edit: vscode.WorkspaceEdit): Promise<boolean> {
  const uris = new Set(edit.entries().map(([uri]) => uri.toString()));
  return new Promise((done) => {
    const end = (applied: boolean) => {
      clearTimeout(timer);
      listening.dispose();
      done(applied);
    };
    const timer = setTimeout(() => end(false), patience);
    const listening = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && uris.has(document.uri.toString())) end(true);
    });
  });
}

/** Where the name of an image stands: in the volume of a row, or at the cursor. */
async function placeOfImage(
  row: Row | undefined,
): Promise<{ uri: string; position: vscode.Position; name: string } | null> {
  const location = row?.kind === "volume" ? row.volume.location : null;
  if (row?.kind === "volume" && location) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(location.uri));
    const { start, end } = location.range;
    const from = document.offsetAt(new vscode.Position(start.line, start.character));
    const to = document.offsetAt(new vscode.Position(end.line, end.character));
    // As it is written there, with its ${…}: the server tells whether that can be changed.
    const written = /\bimage\s*=\s*"([^"\n]+)"/.exec(document.getText().slice(from, to));
    if (written === null) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("The name is not written there as one string: rename it by hand."),
      );
      return null;
    }
    const [all, name = ""] = written;
    const at = from + written.index + all.length - name.length - 1;
    return { uri: location.uri, position: document.positionAt(at), name };
  }
  const editor = vscode.window.activeTextEditor;
  if (!editor) return null;
  const position = editor.selection.active;
  const range = editor.document.getWordRangeAtPosition(position, /"[^"\n]*"/);
  const name = range ? editor.document.getText(range).slice(1, -1) : "";
  return { uri: editor.document.uri.toString(), position, name };
}
