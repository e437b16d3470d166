import * as vscode from "vscode";
import { headline } from "./menu.ts";
import type { Server } from "./server.ts";

/** One quiet line in the language status of Nix files: what was found, or why nothing can be said; a click opens a menu. */
export function showStatus(context: vscode.ExtensionContext, server: Server): void {
  const item = vscode.languages.createLanguageStatusItem("microvm-lens", [{ language: "nix" }]);
  item.name = "MicroVM Lens";
  item.text = "MicroVM Lens";
  item.command = { title: vscode.l10n.t("Menu"), command: "microvm-lens.showMenu" };
  context.subscriptions.push(
    item,
    server.onDidChange(() => void update(item, server)),
  );
}

async function update(item: vscode.LanguageStatusItem, server: Server): Promise<void> {
  const overview = await server.overview().catch(() => null);
  if (!overview) return;
  const [text = "", ...problems] = headline(overview).split(" · ");
  const { summary, lines } = overview.notJudged;
  const unseen = overview.unseen.map(({ words }) => words);
  const reason = summary === null || unseen.length > 0 ? [] : [`${summary}: ${lines[0]}`];
  item.text = text;
  item.detail = [...problems, ...unseen, ...reason].join(" · ");
  item.severity = vscode.LanguageStatusSeverity.Information;
}
