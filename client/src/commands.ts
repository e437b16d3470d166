import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { evaluateWithNix } from "./evaluate.ts";
import { hostArguments } from "./host-arguments.ts";
import { lookAt, type Unseen } from "./hosts.ts";
import { showMenu } from "./menu.ts";
import { type Operation, offerOperation } from "./operation.ts";
import { showOverview } from "./overview-page.ts";
import type { GuestItem } from "./overview-types.ts";
import { offerMoves, renameImage } from "./rename.ts";
import { adoptImage, copyReason, openDeclaration, operateOn, removeVolume, showFixes } from "./row-commands.ts";
import { pathOf, type Row } from "./rows.ts";
import { explainRule, tellEdited, turnOffRule } from "./rules.ts";
import type { Server } from "./server.ts";
import { runInTerminal } from "./task.ts";
import type { GuestsView } from "./view.ts";

/** Registers every command that package.json names, and those that only our own answers use. */
export function registerCommands(
  context: vscode.ExtensionContext,
  server: Server,
  view: GuestsView,
  log: vscode.LogOutputChannel,
): void {
  const cli = context.asAbsolutePath(join("dist", "microvm-lens.cjs"));
  const register = (name: string, act: (...argument: never[]) => unknown) => {
    context.subscriptions.push(vscode.commands.registerCommand(`microvm-lens.${name}`, act));
  };
  register("refresh", () => server.refresh());
  register("showProblemsOnly", () => view.filter(true));
  register("showEverything", () => view.filter(false));
  register("restartServer", () => server.restart());
  register("showLog", () => log.show());
  register("showPlan", () => showPlan(cli));
  register("showOverview", () => showOverview(context, server));
  register("evaluateWithNix", () => evaluateWithNix(server, log));
  register("addHost", () => lookAt(server, { name: null, way: "ssh" }));
  register("lookAt", (from: Row | Unseen | undefined) => lookAt(server, unseenOf(from)));
  register("showMenu", () => showMenu(server));
  register("openDeclaration", (row: Row | undefined) => openDeclaration(row));
  register("openWalkthrough", () =>
    vscode.commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
  );
  register("showOperation", (operation: Operation) => offerOperation(cli, operation, server));
  register("growImage", (row: Row | undefined) => operateOn(cli, server, row, "grow"));
  register("backUpImage", (row: Row | undefined) => operateOn(cli, server, row, "backup"));
  register("moveImageAside", (row: Row | undefined) => operateOn(cli, server, row, "moveAside"));
  register("trimImage", (row: Row | undefined) => operateOn(cli, server, row, "trim"));
  register("relabelImage", (row: Row | undefined) => operateOn(cli, server, row, "relabel"));
  register("adoptImage", (row: Row | undefined) => adoptImage(cli, server, row));
  register("renameImage", (row: Row | undefined) => renameImage(cli, server, row));
  context.subscriptions.push(server.onWillRename((renamed) => void offerMoves(cli, server, renamed)));
  register("removeVolume", (row: Row | undefined) => removeVolume(server, row));
  register("showFixes", (row: Row | undefined) => showFixes(row));
  register("showPlanOfGuest", (row: Row | undefined) => showPlan(cli, row?.kind === "guest" ? row.guest : null));
  register("copyReason", (row: Row | undefined) => copyReason(row));
  register("explainRule", (page: string) => explainRule(page));
  register("turnOffRule", (rule: string) => turnOffRule(rule));
  register("tellEdited", (uris: readonly string[]) => tellEdited(uris));
  register("showAdvice", ({ title, advice }: { title: string; advice: string }) =>
    vscode.window.showInformationMessage(title, { modal: true, detail: advice }),
  );
  register("reveal", (from: string | Row | undefined) => {
    const path = typeof from === "string" ? from : pathOf(from);
    return path === null ? undefined : reveal(path);
  });
  register("copyPath", (row: Row | undefined) => {
    const path = pathOf(row);
    return path === null ? undefined : vscode.env.clipboard.writeText(path);
  });
}

/** What is meant by a row of the view, by a link in a hover, or by nothing. */
function unseenOf(from: Row | Unseen | undefined): Unseen {
  if (from === undefined) return { name: null };
  return "kind" in from ? { name: from.kind === "unseen" ? from.unseen.name : null } : from;
}

/** What the next start of each guest, or of one, will do, in a terminal. */
async function showPlan(cli: string, guest: GuestItem | null = null): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((each) => each.uri.scheme === "file");
  const declared = guest?.location ? vscode.Uri.parse(guest.location.uri) : undefined;
  const shown = declared ?? vscode.window.activeTextEditor?.document.uri;
  const near = shown && folders.find((each) => each === vscode.workspace.getWorkspaceFolder(shown));
  const folder = near ?? (folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0]);
  if (folders.length > 1 && !folder) return;
  if (!folder) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Open the folder of a flake first."));
    return;
  }
  const { fsPath } = folder.uri;
  const hosts = vscode.workspace.getConfiguration("microvmLens", folder.uri).get("hosts");
  const about = guest === null ? [fsPath] : [guest.name, fsPath, "--why"];
  const argv = ["plan", ...about, ...hostArguments(hosts, fsPath, vscode.workspace.isTrusted)];
  const title = guest === null ? vscode.l10n.t("Plan") : vscode.l10n.t("Plan of {0}", guest.name);
  await runInTerminal({ cli, argv, title, folder });
}

/** Shows the folder of an image: in the explorer when it belongs to the workspace, else in the file manager. */
async function reveal(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  if (inside) await vscode.commands.executeCommand("revealInExplorer", uri);
  else if (vscode.env.remoteName === undefined) await vscode.commands.executeCommand("revealFileInOS", uri);
  else await vscode.env.clipboard.writeText(dirname(path));
}
