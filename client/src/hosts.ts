import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";

const run = promisify(execFile);

/** How long a host may take to answer; OpenSSH's own limit, so that a password prompt never hangs the editor. */
const connectSeconds = 10;

interface Choice extends vscode.QuickPickItem {
  readonly destination?: string;
}

/** Adds a host to the settings: chosen from the user's own ssh configuration, asked once whether it answers. */
export async function addHost(): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage(vscode.l10n.t("Other hosts are asked only in a trusted workspace."));
    return;
  }
  const destination = await chooseDestination();
  if (!destination) return;
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t("Add Host"),
    prompt: vscode.l10n.t("Name of the host in `nixosConfigurations`"),
    value: destination.replace(/^.*@/, ""),
    validateInput: (value) => (value.trim() === "" ? vscode.l10n.t("A name is needed.") : null),
  });
  if (name === undefined) return;
  const problem = await testConnection(destination);
  if (problem !== null) {
    const add = vscode.l10n.t("Add anyway");
    const message = vscode.l10n.t("{0} does not answer over ssh: {1}", destination, problem);
    if ((await vscode.window.showWarningMessage(message, add)) !== add) return;
  }
  await writeSetting(name.trim(), destination);
}

async function chooseDestination(): Promise<string | undefined> {
  const known: Choice[] = (await sshNames()).map((label) => ({ label, destination: label }));
  const other: Choice = { label: vscode.l10n.t("Another destination…"), alwaysShow: true };
  const chosen = await vscode.window.showQuickPick([...known, other], {
    title: vscode.l10n.t("Add Host"),
    placeHolder: vscode.l10n.t("A host of ~/.ssh/config"),
  });
  if (!chosen) return undefined;
  if (chosen.destination) return chosen.destination;
  return vscode.window.showInputBox({
    title: vscode.l10n.t("Add Host"),
    prompt: vscode.l10n.t("Destination, as ssh takes it: user@host"),
    // A leading dash would be read as an option of ssh.
    validateInput: (value) => (/^[^-\s][^\s]*$/.test(value) ? null : vscode.l10n.t("This is no destination of ssh.")),
  });
}

/** Names in `Host` lines, without patterns. */
export function namesIn(configuration: string): string[] {
  const names = [...configuration.matchAll(/^[ \t]*host[ \t]+(.+)$/gim)].flatMap((match) =>
    (match[1] as string).trim().split(/\s+/),
  );
  return [...new Set(names)].filter((name) => !/[*?!"]/.test(name) && !name.startsWith("-"));
}

async function sshNames(): Promise<string[]> {
  return namesIn(await readFile(join(homedir(), ".ssh", "config"), "utf8").catch(() => ""));
}

/** null when the host answers; otherwise the last line of what ssh said. */
async function testConnection(destination: string): Promise<string | null> {
  const options = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${connectSeconds}`];
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Asking {0} over ssh", destination),
  };
  return vscode.window.withProgress(progress, async () => {
    try {
      await run("ssh", [...options, "--", destination, "true"], { timeout: (connectSeconds + 5) * 1000 });
      return null;
    } catch (problem) {
      const words =
        (problem as { stderr?: string; message?: string }).stderr?.trim() || String((problem as Error).message);
      return words.split("\n").at(-1) ?? "";
    }
  });
}

async function writeSetting(name: string, ssh: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration("microvmLens");
  const hosts = settings.get<{ name: string }[]>("hosts") ?? [];
  const next = [...hosts.filter((host) => host.name !== name), { name, via: { ssh } }];
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0;
  await settings.update(
    "hosts",
    next,
    hasFolder ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}
