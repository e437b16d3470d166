import * as vscode from "vscode";
import type { Server } from "./server.ts";

/** One quiet line in the language status of Nix files: what was found, or why nothing can be said. */
export function showStatus(context: vscode.ExtensionContext, server: Server): void {
  const item = vscode.languages.createLanguageStatusItem("microvm-lens", [{ language: "nix" }]);
  item.name = "MicroVM Lens";
  item.text = "MicroVM Lens";
  item.command = { title: vscode.l10n.t("Show guests"), command: "microvm-lens.guests.focus" };
  context.subscriptions.push(
    item,
    server.onDidChange(() => void update(item, server)),
  );
}

async function update(item: vscode.LanguageStatusItem, server: Server): Promise<void> {
  const overview = await server.overview().catch(() => null);
  if (!overview) return;
  const guests = overview.hosts.reduce((sum, host) => sum + host.guests.length, 0);
  const { error, warning } = overview.counts;
  item.text = guests === 0 ? vscode.l10n.t("No microVMs found") : vscode.l10n.t("{0} microVMs", guests);
  const problems = error + warning > 0 ? vscode.l10n.t("{0} errors, {1} warnings", error, warning) : null;
  const { summary, lines } = overview.notJudged;
  const reason = summary === null ? null : `${summary}: ${lines[0]}`;
  item.detail = [problems, reason].filter((part) => part !== null).join(" · ");
  item.severity = vscode.LanguageStatusSeverity.Information;
}
