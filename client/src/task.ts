import * as vscode from "vscode";

/** One run of our command line in a terminal. */
export interface TerminalRun {
  readonly cli: string;
  readonly argv: readonly string[];
  readonly title: string;
  readonly folder?: vscode.WorkspaceFolder | undefined;
  /** As root; the question for the password appears in the terminal. */
  readonly sudo?: boolean;
}

/** Starts the command line as a task in a terminal of its own, without a shell. */
export async function runInTerminal({ cli, argv, title, folder, sudo }: TerminalRun): Promise<vscode.TaskExecution> {
  // In the desktop editor execPath is Electron, which is Node only when told so.
  const node = [process.execPath, cli, ...argv];
  const asRoot = ["--", "env", "ELECTRON_RUN_AS_NODE=1", ...node];
  const execution = sudo
    ? new vscode.ProcessExecution("sudo", asRoot)
    : new vscode.ProcessExecution(node[0] as string, node.slice(1), { env: { ELECTRON_RUN_AS_NODE: "1" } });
  const task = new vscode.Task(
    { type: "microvm-lens", argv: [...argv] },
    folder ?? vscode.workspace.workspaceFolders?.[0] ?? vscode.TaskScope.Workspace,
    title,
    "MicroVM Lens",
    execution,
  );
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    focus: sudo === true,
    echo: false,
    clear: true,
    showReuseMessage: false,
  };
  return vscode.tasks.executeTask(task);
}

/** Waits for the end of a task. Asked right after its start. */
export function endOf(execution: vscode.TaskExecution): Promise<void> {
  const words = JSON.stringify(execution.task.definition["argv"]);
  return new Promise((done) => {
    const listening = vscode.tasks.onDidEndTask(({ execution: other }) => {
      if (other !== execution && JSON.stringify(other.task.definition["argv"]) !== words) return;
      listening.dispose();
      done();
    });
  });
}
