import * as vscode from "vscode";

/** "1 error, 2 warnings"; what there is none of is left out. */
export function problemWords(errors: number, warnings: number): string {
  const parts = [
    errors === 1 ? vscode.l10n.t("1 error") : vscode.l10n.t("{0} errors", errors),
    warnings === 1 ? vscode.l10n.t("1 warning") : vscode.l10n.t("{0} warnings", warnings),
  ];
  const [first, second] = parts as [string, string];
  if (warnings === 0) return first;
  return errors === 0 ? second : vscode.l10n.t("{0}, {1}", first, second);
}

/** "4 microVMs", or that none was found. */
export function guestWords(guests: number): string {
  if (guests === 0) return vscode.l10n.t("No microVMs found");
  return guests === 1 ? vscode.l10n.t("1 microVM") : vscode.l10n.t("{0} microVMs", guests);
}
