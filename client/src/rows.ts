import * as vscode from "vscode";
import type {
  DiskItem,
  GuestItem,
  HostItem,
  Place,
  Severity,
  UndeclaredItem,
  UnseenItem,
  VolumeItem,
} from "./overview-types.ts";
import { sizeWords } from "./sizes.ts";

/** One row of the view. */
export type Row =
  | { readonly kind: "unseen"; readonly unseen: UnseenItem }
  | { readonly kind: "host"; readonly host: HostItem }
  | { readonly kind: "guest"; readonly guest: GuestItem }
  | { readonly kind: "volume"; readonly volume: VolumeItem }
  | { readonly kind: "disk"; readonly disk: DiskItem }
  | { readonly kind: "undeclared"; readonly image: UndeclaredItem }
  | { readonly kind: "notJudged"; readonly lines: readonly string[]; readonly guest: GuestItem | null }
  | { readonly kind: "reason"; readonly line: string };

/** How a row is shown. `contextValue` lists in words what may be done with it; package.json asks for single words. */
export function treeItem(row: Row): vscode.TreeItem {
  switch (row.kind) {
    case "unseen":
      return unseenItem(row.unseen);
    case "host":
      return hostItem(row.host);
    case "guest":
      return guestItem(row.guest);
    case "volume":
      return volumeItem(row.volume);
    case "disk":
      return diskItem(row.disk);
    case "undeclared":
      return undeclaredItem(row.image);
    case "notJudged":
      return notJudgedItem(row.lines, row.guest);
    case "reason":
      return reasonItem(row.line);
  }
}

/** The volumes of a guest; "no volumes" only where there are none. */
export function guestRows(guest: GuestItem): Row[] {
  const rows = guest.volumes.map((volume): Row => ({ kind: "volume", volume }));
  return guest.notJudged.length > 0 ? [...rows, { kind: "notJudged", lines: guest.notJudged, guest }] : rows;
}

/** A row that offers to look at the images of a host. */
function unseenItem({ name, words }: UnseenItem): vscode.TreeItem {
  const item = new vscode.TreeItem(words);
  item.iconPath = new vscode.ThemeIcon("eye-closed");
  item.contextValue = "unseen";
  const title = vscode.l10n.t("Look at Images");
  item.tooltip = vscode.l10n.t("Click to look at them: over ssh, from a snapshot, or in another folder.");
  item.command = { title, command: "microvm-lens.lookAt", arguments: [{ name }] };
  return item;
}

function hostItem(host: HostItem): vscode.TreeItem {
  const label = host.name ?? vscode.l10n.t("Guests of no host");
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.iconPath = new vscode.ThemeIcon("server");
  item.contextValue = "host";
  open(item, host.location);
  return item;
}

function guestItem(guest: GuestItem): vscode.TreeItem {
  const item = new vscode.TreeItem(guest.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `guest ${guest.name} ${guest.location?.uri ?? ""}`;
  item.iconPath = statusIcon(guest.severity, guest.running === true ? "vm-running" : "vm");
  if (guest.running === true) item.description = vscode.l10n.t("running");
  const problems = guest.volumes.flatMap((volume) => volume.problems.map((words) => `${volume.image}: ${words}`));
  item.tooltip = [guest.name, ...problems, ...guest.notJudged].join("\n");
  item.contextValue = "guest";
  open(item, guest.location);
  return item;
}

function volumeItem(volume: VolumeItem): vscode.TreeItem {
  const item = new vscode.TreeItem(volume.image);
  const { path, problems, notJudged, severity, operations, location, mountPoint } = volume;
  const declared = volume.declaredMiB === null ? null : vscode.l10n.t("{0} declared", `${volume.declaredMiB} MiB`);
  const used = volume.usedPercent === null ? null : vscode.l10n.t("{0} % used", volume.usedPercent);
  const facts = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join(" · ");
  const unsure = notJudged.length > 0 && volume.bytes === null ? vscode.l10n.t("not judged") : null;
  const urgent = severity === "error" || severity === "warning" ? problems[0] : undefined;
  // What is wrong says more than numbers; they follow in the tooltip.
  item.description = urgent ?? facts([onDiskWords(volume), unsure, used, mountPoint]);
  const numbers = facts([declared, onDiskWords(volume), used, mountPoint]);
  const giveBack =
    volume.giveBackBytes === null
      ? ""
      : vscode.l10n.t("{0} are free in the guest and still taken on the host", sizeWords(volume.giveBackBytes));
  const next = volume.nextStart === null ? "" : vscode.l10n.t("Next start: {0}", volume.nextStart);
  item.tooltip = [...problems, ...notJudged, next, numbers, volume.trend ?? "", giveBack, path ?? volume.image]
    .filter((line) => line !== "")
    .join("\n");
  item.iconPath = statusIcon(severity, "database");
  const may = [...Object.keys(operations), path && "onDisk", location && "declared", problems.length > 0 && "problem"];
  item.contextValue = ["volume", ...may.filter((word) => word)].join(" ");
  open(item, location);
  return item;
}

/** null: nobody looked, so nothing is said. */
function onDiskWords({ bytes, state }: VolumeItem): string | null {
  if (bytes !== null) return vscode.l10n.t("{0} on disk", sizeWords(bytes));
  return state === "absent" ? vscode.l10n.t("no image") : null;
}

function diskItem(disk: DiskItem): vscode.TreeItem {
  const label = vscode.l10n.t("Not in the configuration");
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.description = `${disk.host}: ${disk.stateDir}`;
  item.iconPath = new vscode.ThemeIcon("question");
  item.contextValue = "disk";
  return item;
}

/** Why something is not judged: below a guest, or at the end of the view, where several reasons have a row each below. */
function notJudgedItem(lines: readonly string[], guest: GuestItem | null): vscode.TreeItem {
  const item = new vscode.TreeItem(guest ? vscode.l10n.t("Maybe more volumes") : vscode.l10n.t("Not judged"));
  const several = !guest && lines.length > 1;
  if (several) item.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
  item.description = several ? String(lines.length) : (lines[0] ?? "");
  item.tooltip = lines.join("\n");
  item.iconPath = new vscode.ThemeIcon("question");
  item.contextValue = "notJudged";
  if (guest) open(item, guest.location);
  return item;
}

/** One of several reasons why something is not judged. */
function reasonItem(line: string): vscode.TreeItem {
  const item = new vscode.TreeItem(line);
  item.tooltip = line;
  item.contextValue = "notJudged";
  return item;
}

function undeclaredItem({ path, bytes, adopt, backup }: UndeclaredItem): vscode.TreeItem {
  const item = new vscode.TreeItem(path.split("/").slice(-2).join("/"));
  item.description = bytes === null ? "" : sizeWords(bytes);
  item.tooltip = [vscode.l10n.t("No volume of the configuration uses this image."), path].join("\n");
  item.iconPath = new vscode.ThemeIcon("file-binary");
  const may = [backup && "backup", adopt.length > 0 && "adopt"];
  item.contextValue = ["undeclared", "onDisk", ...may.filter((word) => word)].join(" ");
  return item;
}

function statusIcon(severity: Severity | null, otherwise: string): vscode.ThemeIcon {
  if (severity === "error") return new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
  if (severity === "warning") return new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
  return new vscode.ThemeIcon(otherwise);
}

function open(item: vscode.TreeItem, place: Place | null): void {
  if (!place) return;
  const command = openCommand(place);
  item.command = { title: vscode.l10n.t("Open declaration"), command: command.name, arguments: command.argv };
}

/** Where a row is declared; null where it is declared nowhere. */
export function placeOf(row: Row): Place | null {
  if (row.kind === "host") return row.host.location;
  if (row.kind === "guest") return row.guest.location;
  return row.kind === "volume" ? row.volume.location : null;
}

/** The image that a row stands for, where it is a file. */
export function pathOf(row: Row | undefined): string | null {
  if (row?.kind === "volume") return row.volume.path;
  return row?.kind === "undeclared" ? row.image.path : null;
}

/** The command of the editor that shows a place. */
export function openCommand({ uri, range }: Place): { name: string; argv: unknown[] } {
  const at = new vscode.Position(range.start.line, range.start.character);
  return { name: "vscode.open", argv: [vscode.Uri.parse(uri), { selection: new vscode.Range(at, at) }] };
}
