import * as vscode from "vscode";
import type { FlakeOpinion } from "./overview-types.ts";
import type { Server } from "./server.ts";

/** Asks real Nix after every save, where the user has chosen so: the log tells all, a message only what differs. */
export function evaluateOnSave(context: vscode.ExtensionContext, server: Server, log: vscode.LogOutputChannel): void {
  let running: vscode.CancellationTokenSource | null = null;
  const evaluate = async (document: vscode.TextDocument) => {
    const choice = vscode.workspace.getConfiguration("microvmLens", document.uri).get("nix.evaluate");
    if (document.languageId !== "nix" || choice !== "onSave" || !vscode.workspace.isTrusted) return;
    // The newest save counts: an evaluation that is still under way is stopped.
    running?.cancel();
    const source = new vscode.CancellationTokenSource();
    running = source;
    const opinions = await server.evaluate(source.token).catch(() => []);
    if (!source.token.isCancellationRequested)
      tell(
        opinions.filter(({ ok }) => !ok),
        log,
      );
    source.dispose();
  };
  context.subscriptions.push(
    vscode.workspace.onDidSaveTextDocument((document) => void evaluate(document)),
    { dispose: () => running?.cancel() },
  );
}

/** Asks real Nix for a second opinion; with progress and a way to stop, because it may take minutes. */
export async function evaluateWithNix(server: Server, log: vscode.LogOutputChannel): Promise<readonly FlakeOpinion[]> {
  const options: vscode.ProgressOptions = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Evaluating with Nix"),
    cancellable: true,
  };
  const opinions = await vscode.window.withProgress(options, (_progress, token) => server.evaluate(token));
  tell(opinions, log);
  return opinions;
}

function tell(opinions: readonly FlakeOpinion[], log: vscode.LogOutputChannel): void {
  for (const { flake, ok, summary, details } of opinions) {
    const lines = [flake === "" ? summary : `${flake}: ${summary}`, ...details.map((line) => `  ${line}`)];
    log.info(lines.join("\n"));
    const show = vscode.l10n.t("Show log");
    const message = ok ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    const buttons = details.length > 0 ? [show] : [];
    // Not waited for: the next flake is told of while this message is still open.
    void message(summary, ...buttons).then((chosen) => {
      if (chosen === show) log.show();
    });
  }
}
