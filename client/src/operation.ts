import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { follow } from "./follow.ts";
import type { Server } from "./server.ts";
import { sizeWords } from "./sizes.ts";
import { endOf, runInTerminal } from "./task.ts";

const run = promisify(execFile);

/** An operation on a host, as the server describes it: argv of `microvm-lens`. */
export interface Operation {
  readonly title: string;
  readonly command: readonly string[];
}

/** What `microvm-lens image … --json` prints (docs/schemas/image.schema.json). */
interface Plan {
  readonly state: "plan" | "interrupted" | "done";
  readonly title: string;
  readonly checked: readonly string[];
  readonly steps: readonly { readonly does: string }[];
  readonly destroys: string | null;
  readonly room: string | null;
  /** Where the old image stays, and the bytes that it takes on the disk. */
  readonly old: { readonly path: string; readonly bytes: number } | null;
  readonly undo: string | null;
  readonly afterwards: string | null;
}

/**
 * Shows what an operation would do and asks; runs it as a task in a visible terminal, with progress and a way to stop.
 * Nothing is run in a workspace that is not trusted, and nothing is changed without an answer to the question.
 * True when it was done.
 */
export async function offerOperation(cli: string, operation: Operation, server: Server): Promise<boolean> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage(vscode.l10n.t("Operations on a host need a trusted workspace."));
    return false;
  }
  const plan = await planOf(cli, operation);
  if (plan === null) return false;
  if (plan.state === "done") {
    void vscode.window.showInformationMessage(plan.title);
    return false;
  }
  const sudo = await needsSudo(operation.command);
  const go = sudo ? vscode.l10n.t("Run with sudo") : vscode.l10n.t("Run");
  if (!(await isConfirmed(plan, go))) return false;
  if (plan.state === "plan") return runFollowed(cli, operation, plan, sudo, server);
  const [image = "", , path = ""] = operation.command;
  const completing = { title: plan.title, command: [image, "complete", path, ...hostWords(operation.command)] };
  return (await runFollowed(cli, completing, plan, sudo, server)) && offerOperation(cli, operation, server);
}

/** Asks in three lines; every step is a click away, and the answer may still be given there. */
async function isConfirmed(plan: Plan, go: string): Promise<boolean> {
  const show = vscode.l10n.t("Show Steps");
  const options = { modal: true, detail: summaryOf(plan) };
  const chosen = await vscode.window.showInformationMessage(plan.title, options, go, show);
  if (chosen !== show) return chosen === go;
  const all = { modal: true, detail: stepsOf(plan) };
  return (await vscode.window.showInformationMessage(plan.title, all, go)) === go;
}

/** Asks the command line for its plan; null when there is none, of which the user was told. */
async function planOf(cli: string, { title, command }: Operation): Promise<Plan | null> {
  const argv = [cli, ...command, "--json", "--locale", locale()];
  const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Planning") };
  return vscode.window.withProgress(options, async () => {
    try {
      const environment = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
      const { stdout } = await run(process.execPath, argv, { env: environment, timeout: 120_000 });
      return JSON.parse(stdout) as Plan;
    } catch (problem) {
      const { stderr, message } = problem as { stderr?: string; message: string };
      const detail = (stderr || message).replace(/^microvm-lens: /, "").trim();
      void vscode.window.showErrorMessage(title, { modal: true, detail });
      return null;
    }
  });
}

/** How much room it takes, what stays, what is lost. The title says what it is. */
function summaryOf({ room, old, destroys }: Plan): string {
  const lines = [
    room === null ? vscode.l10n.t("Room: none is needed") : vscode.l10n.t("Room: {0}", room),
    old === null ? null : vscode.l10n.t("Stays: the old image, as {0}", basename(old.path)),
    destroys === null ? vscode.l10n.t("Lost: nothing") : vscode.l10n.t("Lost: {0}", destroys),
  ];
  return lines.filter((line) => line !== null).join("\n");
}

function stepsOf({ checked, steps, destroys, undo, afterwards }: Plan): string {
  const lines = [...checked, "", ...steps.map(({ does }, index) => `${index + 1}. ${does}`), ""];
  lines.push(destroys === null ? vscode.l10n.t("Lost: nothing") : vscode.l10n.t("Lost: {0}", destroys));
  if (undo !== null) lines.push(vscode.l10n.t("Undo: {0}", undo));
  if (afterwards !== null) lines.push(vscode.l10n.t("Afterwards: {0}", afterwards));
  return lines.join("\n").trim();
}

/** Runs it in a terminal, to its end; true when it did what it should. */
async function runFollowed(
  cli: string,
  operation: Operation,
  plan: Plan,
  sudo: boolean,
  server: Server,
): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Notification, title: plan.title, cancellable: true };
  const end = await vscode.window.withProgress(options, async (progress, token) => {
    const follower = await follow({
      progress: (message, increment) => progress.report({ message, increment }),
    });
    try {
      const argv = [...operation.command, "--yes", "--locale", locale(), "--progress", follower.path];
      const execution = await runInTerminal({ cli, argv, title: taskName(operation), sudo });
      // Before it has connected (sudo may still be asking) there is nothing to undo, and the terminal is closed.
      token.onCancellationRequested(() => follower.cancel() || execution.terminate());
      await endOf(execution);
      // Not by the exit code: a terminal reports 0 for a program that was killed.
      return follower.end();
    } finally {
      await follower.close();
    }
  });
  await server.refresh();
  if (end === null) {
    void tellDone(cli, operation, plan, server);
    return true;
  }
  const why = end ?? vscode.l10n.t("the terminal tells why; running it again undoes or finishes what was begun");
  void vscode.window.showErrorMessage(vscode.l10n.t("Stopped: {0}", why));
  return false;
}

/** Says what was done, and offers to delete what it left. */
async function tellDone(cli: string, { command }: Operation, plan: Plan, server: Server): Promise<void> {
  const { old, title, afterwards } = plan;
  const words =
    afterwards === null ? vscode.l10n.t("Done: {0}", title) : vscode.l10n.t("Done: {0}; {1}", title, afterwards);
  if (old === null) {
    void vscode.window.showInformationMessage(words);
    return;
  }
  const remove = vscode.l10n.t("Delete the Old Image… ({0})", sizeWords(old.bytes));
  if ((await vscode.window.showInformationMessage(words, remove)) !== remove) return;
  await offerOperation(
    cli,
    { title: basename(old.path), command: ["image", "delete-old", old.path, ...hostWords(command)] },
    server,
  );
}

/** What moves an image, copies or deletes it: its owner does not matter. */
const forAnybody = ["move-aside", "adopt", "backup", "complete", "delete-old"];

/** An image of this machine that belongs to another user, or lies in a folder where this one may not write. */
async function needsSudo([, name = "", path = "/", ...more]: readonly string[]): Promise<boolean> {
  if (hostWords(more).length > 0 || process.getuid?.() === 0) return false;
  try {
    // Where the file is, not where a link to it is.
    const real = await realpath(path);
    await access(dirname(real), constants.W_OK);
    return !forAnybody.includes(name) && (await stat(real)).uid !== process.getuid?.();
  } catch {
    return true;
  }
}

/** Short, because the editor shows it in a tab: `grow data.img`. */
function taskName({ command: [, name = "", path = ""] }: Operation): string {
  return `${name} ${basename(path)}`;
}

function hostWords(command: readonly string[]): readonly string[] {
  const at = command.indexOf("--host");
  return at < 0 ? [] : command.slice(at, at + 2);
}

function locale(): string {
  return vscode.env.language.toLowerCase() === "zh-cn" ? "zh-cn" : "en";
}
