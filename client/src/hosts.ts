import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { isAbsolute, relative, sep } from "node:path";
import * as vscode from "vscode";
import type { Server } from "./server.ts";
import { type HostSetting, isDestination, problemOfConnection, sshNames, withHost } from "./ssh.ts";

/** How images can be looked at that are not looked at yet. */
export type Way = "ssh" | "snapshot" | "folder";

/** Which images are meant: those of a host of the configuration, or of guests that no host declares (null). */
export interface Unseen {
  readonly name: string | null;
  /** Missing: the user is asked. */
  readonly way?: Way | undefined;
}

/** Offers the ways to look at a host's images: over ssh, from a snapshot, or in another folder here. One is written down. */
export async function lookAt(server: Server, { name, way }: Unseen): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage(vscode.l10n.t("Other hosts are asked only in a trusted workspace."));
    return;
  }
  const chosen = way ?? (await chooseWay(name));
  const setting = chosen && (await settingBy[chosen](server, name));
  const scope = setting && (await scopeOf(server, setting.name));
  if (!setting || scope === undefined) return;
  await writeSetting(setting, scope);
  await server.refresh();
}

/** The folder of the workspace whose settings are meant; null: those of the workspace, or of the user. */
type Scope = vscode.WorkspaceFolder | null;

/**
 * The folder that declares the host, where the workspace has several. Undefined: asked, and not answered. null: the workspace
 * has one folder or none.
 */
async function scopeOf(server: Server, name: string): Promise<Scope | undefined> {
  if ((vscode.workspace.workspaceFolders ?? []).length < 2) return null;
  const overview = await server.overview().catch(() => null);
  const host = overview?.hosts.find((each) => each.name === name);
  const place = host?.location?.uri ?? host?.guests[0]?.location?.uri;
  const folder = place === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(place));
  return (
    folder ??
    vscode.window.showWorkspaceFolderPick({
      placeHolder: vscode.l10n.t("Folder whose settings the host is written to"),
    })
  );
}

const settingBy: Record<Way, (server: Server, name: string | null) => Promise<HostSetting | undefined>> = {
  ssh: overSsh,
  snapshot: fromSnapshot,
  folder: inFolder,
};

async function chooseWay(name: string | null): Promise<Way | undefined> {
  const ways: readonly (vscode.QuickPickItem & { readonly way: Way })[] = [
    { label: name === null ? vscode.l10n.t("Add a host…") : vscode.l10n.t("Add host {0}…", name), way: "ssh" },
    {
      label: vscode.l10n.t("Use a snapshot…"),
      detail: vscode.l10n.t("A file that `microvm-lens scan --json` wrote on the host"),
      way: "snapshot",
    },
    {
      label: vscode.l10n.t("Another folder…"),
      detail: vscode.l10n.t("A state directory on this machine"),
      way: "folder",
    },
  ];
  const title = name === null ? vscode.l10n.t("Look at Images") : vscode.l10n.t("Look at Images of {0}", name);
  return (await vscode.window.showQuickPick(ways, { title }))?.way;
}

/** A host that is asked over the user's own ssh; it is asked once whether it answers. */
async function overSsh(server: Server, name: string | null): Promise<HostSetting | undefined> {
  const declared = await declaredHosts(server);
  const destination = await chooseDestination(name === null ? declared : [name]);
  if (!destination) return undefined;
  const called = name ?? (declared.includes(destination) ? destination : await chooseName(declared, destination));
  if (!called) return undefined;
  const problem = await testConnection(destination);
  if (problem !== null) {
    const add = vscode.l10n.t("Add anyway");
    const message = vscode.l10n.t("{0} does not answer over ssh: {1}", destination, problem);
    if ((await vscode.window.showWarningMessage(message, add)) !== add) return undefined;
  }
  return { name: called, via: { ssh: destination } };
}

async function fromSnapshot(_server: Server, name: string | null): Promise<HostSetting | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Snapshot, as `microvm-lens scan --json` wrote it"),
      filters: { JSON: ["json"] },
    })) ?? [];
  if (!file) return undefined;
  const host = await hostOfSnapshot(file.fsPath);
  if (host === null) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t("This is no snapshot: {0} is not what `microvm-lens scan --json` writes.", file.fsPath),
    );
    return undefined;
  }
  return { name: name ?? host, via: { snapshot: file.fsPath } };
}

async function inFolder(_server: Server, name: string | null): Promise<HostSetting | undefined> {
  const title = vscode.l10n.t("State directory: the folder that holds a folder for each guest");
  const options = { title, canSelectFiles: false, canSelectFolders: true };
  const [folder] = (await vscode.window.showOpenDialog(options)) ?? [];
  return folder && { name: name ?? hostname(), via: "local", stateDir: folder.fsPath };
}

/** Hosts that the flake declares and no setting names: those whose images are not looked at come first. */
async function declaredHosts(server: Server): Promise<string[]> {
  const overview = await server.overview().catch(() => null);
  const unseen = (overview?.unseen ?? []).flatMap(({ name }) => name ?? []);
  const known = (overview?.hosts ?? []).flatMap(({ name }) => name ?? []);
  const settings = new Set(allHostSettings().map(({ name }) => name));
  return [...new Set([...unseen, ...known])].filter((name) => !settings.has(name));
}

async function chooseDestination(declared: readonly string[]): Promise<string | undefined> {
  const known = await sshNames();
  const others = known.filter((name) => !declared.includes(name));
  const choices: (vscode.QuickPickItem & { readonly destination?: string })[] = [
    ...declared
      .filter(isDestination)
      .map((label) => ({ label, description: vscode.l10n.t("in the flake"), destination: label })),
    ...others.map((label) => ({ label, description: "~/.ssh/config", destination: label })),
    { label: vscode.l10n.t("Another destination…"), alwaysShow: true },
  ];
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t("Add Host"),
    placeHolder: vscode.l10n.t("How ssh reaches it"),
    matchOnDescription: true,
  });
  if (!chosen || chosen.destination) return chosen?.destination;
  return vscode.window.showInputBox({
    title: vscode.l10n.t("Add Host"),
    prompt: vscode.l10n.t("Destination, as ssh takes it: user@host"),
    validateInput: (value) => (isDestination(value) ? null : vscode.l10n.t("This is no destination of ssh.")),
  });
}

/** Which of the flake's hosts it is: by this name guests are found to belong there. */
async function chooseName(declared: readonly string[], destination: string): Promise<string | undefined> {
  const guess = destination.replace(/^.*@/, "");
  const title = vscode.l10n.t("Name of the host in `nixosConfigurations`");
  if (declared.length > 0) return vscode.window.showQuickPick([...declared], { title });
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t("Add Host"),
    prompt: title,
    value: guess,
    validateInput: (value) => (value.trim() === "" ? vscode.l10n.t("A name is needed.") : null),
  });
  return name?.trim();
}

/** null when the host answers; otherwise the last line of what ssh said. */
async function testConnection(destination: string): Promise<string | null> {
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Asking {0} over ssh", destination),
  };
  return vscode.window.withProgress(progress, () => problemOfConnection(destination));
}

/** The host that a snapshot was taken of; null for any other file. */
async function hostOfSnapshot(file: string): Promise<string | null> {
  try {
    const { schema, host } = JSON.parse(await readFile(file, "utf8")) as { schema?: unknown; host?: unknown };
    return typeof schema === "number" && typeof host === "string" ? host : null;
  } catch {
    return null;
  }
}

/** With paths relative to the folder whose setting it is, so that it can be shared. */
function shared(setting: HostSetting, scope: Scope): HostSetting {
  const { via, stateDir } = setting;
  const isSnapshot = typeof via === "object" && "snapshot" in via;
  return {
    ...setting,
    ...(isSnapshot ? { via: { snapshot: belowFolder(via.snapshot, scope) } } : {}),
    ...(stateDir === undefined ? {} : { stateDir: belowFolder(stateDir, scope) }),
  };
}

/** Relative where it lies in the folder whose setting it is; else absolute. */
function belowFolder(path: string, scope: Scope): string {
  const folder = scope ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) return path;
  const below = relative(folder.uri.fsPath, path);
  return below === "" || below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below) ? path : below;
}

function hostSettings(scope: Scope): readonly HostSetting[] {
  return vscode.workspace.getConfiguration("microvmLens", scope?.uri).get<HostSetting[]>("hosts") ?? [];
}

/** Those of every folder. */
function allHostSettings(): readonly HostSetting[] {
  const scopes: readonly Scope[] = vscode.workspace.workspaceFolders ?? [null];
  return scopes.flatMap(hostSettings);
}

async function writeSetting(added: HostSetting, scope: Scope): Promise<void> {
  const { Global, Workspace, WorkspaceFolder } = vscode.ConfigurationTarget;
  const single = (vscode.workspace.workspaceFolders ?? []).length > 0 ? Workspace : Global;
  await vscode.workspace
    .getConfiguration("microvmLens", scope?.uri)
    .update("hosts", withHost(hostSettings(scope), shared(added, scope)), scope === null ? single : WorkspaceFolder);
}
