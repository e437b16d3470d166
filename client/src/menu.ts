import * as vscode from "vscode";
import { guestWords, problemWords } from "./counts.ts";
import type { Overview } from "./overview-types.ts";
import type { Server } from "./server.ts";

interface Entry extends vscode.QuickPickItem {
  readonly command?: string;
  readonly argument?: unknown;
}

/** What the status item opens: how things stand, and what can be done about it. */
export async function showMenu(server: Server): Promise<void> {
  const overview = await server.overview().catch(() => null);
  const title = overview ? headline(overview) : "MicroVM Lens";
  const chosen = await vscode.window.showQuickPick(entries(overview), { title, matchOnDetail: true });
  if (chosen?.command) await vscode.commands.executeCommand(chosen.command, chosen.argument);
}

/** "5 microVMs · 1 error, 2 warnings", or that there is none. */
export function headline({ hosts, counts }: Overview): string {
  const guests = hosts.reduce((sum, host) => sum + host.guests.length, 0);
  const { error, warning } = counts;
  const problems = error + warning > 0 ? [problemWords(error, warning)] : [];
  return [guestWords(guests), ...problems].join(" · ");
}

function entries(overview: Overview | null): Entry[] {
  const { error = 0, warning = 0 } = overview?.counts ?? {};
  const problems = problemWords(error, warning);
  const [reason] = overview?.notJudged.lines ?? [];
  const separator = { label: "", kind: vscode.QuickPickItemKind.Separator };
  return [
    ...(overview?.unseen ?? []).map(
      ({ name, words }): Entry => ({
        label: `$(eye-closed) ${words}`,
        detail: vscode.l10n.t("Add the host, use a snapshot, or another folder"),
        command: "microvm-lens.lookAt",
        argument: { name },
      }),
    ),
    ...(error + warning > 0
      ? [{ label: `$(warning) ${problems}`, command: "workbench.actions.view.problems" } satisfies Entry]
      : []),
    ...(overview?.notJudged.summary
      ? [
          {
            label: `$(question) ${overview.notJudged.summary}`,
            detail: reason ?? "",
            command: focusView,
          } satisfies Entry,
        ]
      : []),
    separator,
    { label: `$(list-tree) ${vscode.l10n.t("Show guests")}`, command: focusView },
    { label: `$(graph) ${vscode.l10n.t("Storage Overview")}`, command: "microvm-lens.showOverview" },
    { label: `$(debug-start) ${vscode.l10n.t("Plan of the next start")}`, command: "microvm-lens.showPlan" },
    { label: `$(refresh) ${vscode.l10n.t("Look again")}`, command: "microvm-lens.refresh" },
    separator,
    { label: `$(add) ${vscode.l10n.t("Add a host…")}`, command: "microvm-lens.addHost" },
    {
      label: `$(gear) ${vscode.l10n.t("Settings")}`,
      command: "workbench.action.openSettings",
      argument: "@ext:microvm-lens.microvm-lens",
    },
    { label: `$(output) ${vscode.l10n.t("Show log")}`, command: "microvm-lens.showLog" },
  ];
}

const focusView = "microvm-lens.guests.focus";
