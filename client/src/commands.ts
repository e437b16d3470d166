import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { evaluateWithNix } from "./evaluate.ts";
import { addHost } from "./hosts.ts";
import { showOverview } from "./overview-page.ts";
import type { Server } from "./server.ts";
import { openDeclaration, type Row } from "./view.ts";

/** An operation on a host, as the server describes it: argv of `microvm-lens`. */
interface Operation {
  readonly title: string;
  readonly command: readonly string[];
  readonly destroys: string | null;
}

/** Registers every command that package.json names, and those that only our own answers use. */
export function registerCommands(context: vscode.ExtensionContext, server: Server, log: vscode.LogOutputChannel): void {
  const cli = context.asAbsolutePath(join("dist", "microvm-lens.cjs"));
  const register = (name: string, act: (...argument: never[]) => unknown) => {
    context.subscriptions.push(vscode.commands.registerCommand(`microvm-lens.${name}`, act));
  };
  register("refresh", () => server.refresh());
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
  register("showOperation", (operation: Operation) => showOperation(cli, operation));
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
  const folder = vscode.workspace.workspaceFolders?.find((each) => each.uri.scheme === "file");
  if (!folder) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Open the folder of a flake first."));
    return;
  }
  await runInTerminal(cli, ["plan", folder.uri.fsPath], vscode.l10n.t("Plan"), folder);
}

/** Prints the plan of an operation in a terminal; nothing is changed: the plan says how to run it. */
async function showOperation(cli: string, { title, command }: Operation): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage(vscode.l10n.t("Operations on a host need a trusted workspace."));
    return;
  }
  await runInTerminal(cli, command, title, vscode.workspace.workspaceFolders?.[0]);
}

async function runInTerminal(
  cli: string,
  argv: readonly string[],
  title: string,
  folder: vscode.WorkspaceFolder | undefined,
): Promise<void> {
  // In the desktop editor execPath is Electron, which is Node only when told so.
  const execution = new vscode.ProcessExecution(process.execPath, [cli, ...argv], {
    env: { ELECTRON_RUN_AS_NODE: "1" },
  });
  const task = new vscode.Task(
    { type: "microvm-lens", argv: [...argv] },
    folder ?? vscode.TaskScope.Workspace,
    title,
    "MicroVM Lens",
    execution,
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, echo: false, clear: true };
  await vscode.tasks.executeTask(task);
}

/** Shows the folder of an image: in the explorer when it belongs to the workspace, else in the file manager. */
async function reveal(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  if (inside) await vscode.commands.executeCommand("revealInExplorer", uri);
  else if (vscode.env.remoteName === undefined) await vscode.commands.executeCommand("revealFileInOS", uri);
  else await vscode.env.clipboard.writeText(dirname(path));
}
