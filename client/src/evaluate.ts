import * as vscode from "vscode";
import type { Server } from "./server.ts";

/** Asks real Nix for a second opinion; with progress and a way to stop, because it may take minutes. */
export async function evaluateWithNix(server: Server, log: vscode.LogOutputChannel): Promise<void> {
  const options: vscode.ProgressOptions = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Evaluating with Nix"),
    cancellable: true,
  };
  const opinions = await vscode.window.withProgress(options, (_progress, token) => server.evaluate(token));
  for (const { flake, ok, summary, details } of opinions) {
    const lines = [flake === "" ? summary : `${flake}: ${summary}`, ...details.map((line) => `  ${line}`)];
    log.info(lines.join("\n"));
    const show = vscode.l10n.t("Show log");
    const tell = ok ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    const buttons = details.length > 0 ? [show] : [];
    // Not waited for: the next flake is told of while this message is still open.
    void tell(summary, ...buttons).then((chosen) => {
      if (chosen === show) log.show();
    });
  }
}
