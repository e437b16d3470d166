import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { evaluateWithNix } from "./evaluate.ts";
import { hostArguments } from "./host-arguments.ts";
import { addHost } from "./hosts.ts";
import { type Operation, offerOperation } from "./operation.ts";
import { showOverview } from "./overview-page.ts";
import type { Server } from "./server.ts";
import { runInTerminal } from "./task.ts";
import { type GuestsView, openDeclaration, type Row } from "./view.ts";

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
  register("addHost", () => addHost());
  register("openDeclaration", (row: Row | undefined) => openDeclaration(row));
  register("openWalkthrough", () =>
    vscode.commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
  );
  register("showOperation", (operation: Operation) => offerOperation(cli, operation, server));
  register("growImage", (row: Row | undefined) => growImage(cli, row, server));
  register("showAdvice", ({ title, advice }: { title: string; advice: string }) =>
    vscode.window.showInformationMessage(title, { modal: true, detail: advice }),
  );
  register("reveal", (from: string | Row | undefined) => {
    const path = pathOf(from);
    return path === null ? undefined : reveal(path);
  });
  register("copyPath", (row: Row | undefined) => {
    const path = pathOf(row);
    return path === null ? undefined : vscode.env.clipboard.writeText(path);
  });
}

/** The image that a row of the view, or a link in a document, stands for. */
function pathOf(from: string | Row | undefined): string | null {
  if (typeof from === "string") return from;
  if (from?.kind === "volume") return from.volume.path;
  return from?.kind === "undeclared" ? from.path : null;
}

/** What the next start of each guest will do, in a terminal. */
async function showPlan(cli: string): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((each) => each.uri.scheme === "file");
  const shown = vscode.window.activeTextEditor?.document.uri;
  const near = shown && folders.find((each) => each === vscode.workspace.getWorkspaceFolder(shown));
  const folder = near ?? (folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0]);
  if (folders.length > 1 && !folder) return;
  if (!folder) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Open the folder of a flake first."));
    return;
  }
  const { fsPath } = folder.uri;
  const hosts = vscode.workspace.getConfiguration("microvmLens", folder.uri).get("hosts");
  const argv = ["plan", fsPath, ...hostArguments(hosts, fsPath, vscode.workspace.isTrusted)];
  await runInTerminal({ cli, argv, title: vscode.l10n.t("Plan"), folder });
}

/** Grows the image of a row of the view to the size that is declared. */
async function growImage(cli: string, row: Row | undefined, server: Server): Promise<void> {
  if (row?.kind !== "volume" || row.volume.grow === null) return;
  const { image, declaredMiB, grow } = row.volume;
  const title = vscode.l10n.t("Grow {0} to {1}", image, `${declaredMiB} MiB`);
  await offerOperation(cli, { title, command: grow }, server);
}

/** Shows the folder of an image: in the explorer when it belongs to the workspace, else in the file manager. */
async function reveal(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  if (inside) await vscode.commands.executeCommand("revealInExplorer", uri);
  else if (vscode.env.remoteName === undefined) await vscode.commands.executeCommand("revealFileInOS", uri);
  else await vscode.env.clipboard.writeText(dirname(path));
}
