import * as vscode from "vscode";
import { type HostSetting, isDestination, problemOfConnection, sshNames, withHost } from "./ssh.ts";

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
    validateInput: (value) => (isDestination(value) ? null : vscode.l10n.t("This is no destination of ssh.")),
  });
}

/** null when the host answers; otherwise the last line of what ssh said. */
async function testConnection(destination: string): Promise<string | null> {
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Asking {0} over ssh", destination),
  };
  return vscode.window.withProgress(progress, () => problemOfConnection(destination));
}

async function writeSetting(name: string, ssh: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration("microvmLens");
  const next = withHost(settings.get<HostSetting[]>("hosts") ?? [], name, ssh);
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0;
  await settings.update(
    "hosts",
    next,
    hasFolder ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}
