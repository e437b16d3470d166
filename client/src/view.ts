import * as vscode from "vscode";
import { onlyProblems } from "./filter.ts";
import type { DiskItem, GuestItem, HostItem, Overview, Place, Severity, VolumeItem } from "./overview-types.ts";
import { isVirtual, type Server } from "./server.ts";
import { sizeWords } from "./sizes.ts";

/** One row of the view. */
export type Row =
  | { readonly kind: "host"; readonly host: HostItem }
  | { readonly kind: "guest"; readonly guest: GuestItem }
  | { readonly kind: "volume"; readonly volume: VolumeItem }
  | { readonly kind: "disk"; readonly disk: DiskItem }
  | { readonly kind: "undeclared"; readonly path: string; readonly bytes: number | null }
  | { readonly kind: "notJudged"; readonly lines: readonly string[]; readonly guest: GuestItem | null };

/** The view "MicroVM Lens": hosts › guests › volumes, and what lies on disk besides. */
export class GuestsView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #server: Server;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #listening: vscode.Disposable;
  #overview: Overview | null = null;
  #problemsOnly = false;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(server: Server) {
    this.#server = server;
    this.#view = vscode.window.createTreeView("microvm-lens.guests", { treeDataProvider: this, showCollapseAll: true });
    // Asked again every minute while it is looked at: time passes without events.
    const clock = setInterval(() => this.#view.visible && this.#tellAge(), 60_000);
    const changes = server.onDidChange(() => void this.#update());
    this.#listening = vscode.Disposable.from(changes, { dispose: () => clearInterval(clock) });
    this.#tellWhyEmpty();
  }

  getTreeItem(row: Row): vscode.TreeItem {
    switch (row.kind) {
      case "host":
        return hostItem(row.host);
      case "guest":
        return guestItem(row.guest);
      case "volume":
        return volumeItem(row.volume);
      case "disk":
        return diskItem(row.disk);
      case "undeclared":
        return undeclaredItem(row.path, row.bytes);
      case "notJudged":
        return notJudgedItem(row.lines, row.guest);
    }
  }

  getChildren(row?: Row): Row[] {
    if (!row) return this.#top();
    if (row.kind === "host") return row.host.guests.map((guest) => ({ kind: "guest", guest }));
    if (row.kind === "guest") return guestRows(row.guest);
    // What keeps from judging, one reason a row.
    if (row.kind === "notJudged" && row.guest === null && row.lines.length > 1)
      return row.lines.map((line) => ({ kind: "notJudged", lines: [line], guest: null }));
    if (row.kind === "disk") return row.disk.undeclared.map(({ path, bytes }) => ({ kind: "undeclared", path, bytes }));
    return [];
  }

  /** Shows everything, or only what needs a look. */
  filter(problemsOnly: boolean): void {
    this.#problemsOnly = problemsOnly;
    void vscode.commands.executeCommand("setContext", "microvm-lens.problemsOnly", problemsOnly);
    this.#tellWhyEmpty();
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#listening.dispose();
    this.#view.dispose();
    this.#changed.dispose();
  }

  #top(): Row[] {
    const overview = this.#shown();
    if (!overview) return [];
    const { hosts, disks, notJudged } = overview;
    return [
      ...hosts.map((host): Row => ({ kind: "host", host })),
      ...disks.filter((disk) => disk.undeclared.length > 0).map((disk): Row => ({ kind: "disk", disk })),
      ...(notJudged.lines.length > 0 ? [{ kind: "notJudged", lines: notJudged.lines, guest: null } as const] : []),
    ];
  }

  #shown(): Overview | null {
    return this.#overview && this.#problemsOnly ? onlyProblems(this.#overview) : this.#overview;
  }

  async #update(): Promise<void> {
    const next = await this.#server.overview().catch(() => null);
    if (!next) return;
    const same = JSON.stringify(withoutTime(next)) === JSON.stringify(this.#overview && withoutTime(this.#overview));
    this.#overview = next;
    this.#tellAge();
    this.#tellWhyEmpty();
    if (!same) this.#changed.fire(undefined);
  }

  /** When hosts were asked that are not watched: their numbers may be old, and refreshing is a click away. */
  #tellAge(): void {
    const times = (this.#overview?.disks ?? [])
      .filter((disk) => disk.found && !disk.watched)
      .map((disk) => disk.takenAtMs);
    const oldest = Math.min(...times);
    const old = times.length > 0 && Date.now() - oldest > 60_000;
    this.#view.description = old ? vscode.l10n.t("as of {0}", new Date(oldest).toLocaleTimeString()) : "";
  }

  /** The welcome text asks for the reason why there is nothing to show. */
  #tellWhyEmpty(): void {
    const guests = this.#overview?.hosts.some((host) => host.guests.length > 0) ?? false;
    let reason = "";
    if (isVirtual()) reason = "virtual";
    else if ((vscode.workspace.workspaceFolders ?? []).length === 0) reason = "noFolder";
    else if (this.#overview && !guests) reason = "noGuests";
    void vscode.commands.executeCommand("setContext", "microvm-lens.empty", reason);
    const { error = 0, warning = 0 } = this.#overview?.counts ?? {};
    const tooltip = vscode.l10n.t("{0} errors, {1} warnings", error, warning);
    this.#view.badge = error + warning === 0 ? undefined : { value: error + warning, tooltip };
    const { summary = null, lines = [] } = this.#overview?.notJudged ?? {};
    const nothing = this.#problemsOnly && this.#shown()?.hosts.length === 0;
    const told = [
      nothing ? vscode.l10n.t("Nothing needs a look.") : "",
      summary === null ? "" : `${summary}: ${lines[0]}`,
    ];
    this.#view.message = guests ? told.filter((part) => part !== "").join(" ") : "";
  }
}

function withoutTime(overview: Overview): Overview {
  return { ...overview, disks: overview.disks.map((disk) => ({ ...disk, takenAtMs: 0 })) };
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
  item.contextValue = "guest";
  open(item, guest.location);
  return item;
}

function volumeItem(volume: VolumeItem): vscode.TreeItem {
  const item = new vscode.TreeItem(volume.image);
  const declared = volume.declaredMiB === null ? null : vscode.l10n.t("{0} declared", `${volume.declaredMiB} MiB`);
  const used = volume.usedPercent === null ? null : vscode.l10n.t("{0} % used", volume.usedPercent);
  const parts = (all: readonly (string | null)[], mark: string) => all.filter((part) => part !== null).join(mark);
  const unsure = volume.notJudged.length > 0 && volume.bytes === null ? vscode.l10n.t("not judged") : null;
  item.description = parts([onDiskWords(volume), unsure, used, volume.mountPoint], " · ");
  item.tooltip = parts([volume.path ?? volume.image, declared, onDiskWords(volume), used, ...volume.notJudged], "\n");
  item.iconPath = statusIcon(volume.severity, "database");
  item.contextValue = volume.path === null ? "volume" : volume.grow === null ? "volumeOnDisk" : "volumeOnDiskShort";
  open(item, volume.location);
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

/** The volumes of a guest; "no volumes" only where there are none. */
function guestRows(guest: GuestItem): Row[] {
  const rows = guest.volumes.map((volume): Row => ({ kind: "volume", volume }));
  return guest.notJudged.length > 0 ? [...rows, { kind: "notJudged", lines: guest.notJudged, guest }] : rows;
}

/** Why something is not judged: below a guest, one reason, or all of them. */
function notJudgedItem(lines: readonly string[], guest: GuestItem | null): vscode.TreeItem {
  const one = lines.length === 1;
  const label = guest ? vscode.l10n.t("Maybe more volumes") : vscode.l10n.t("Not judged");
  const item = new vscode.TreeItem(guest || !one ? label : (lines[0] ?? label));
  if (!guest && !one) item.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
  if (guest || !one) item.description = guest ? (lines[0] ?? "") : String(lines.length);
  item.tooltip = lines.join("\n");
  item.iconPath = new vscode.ThemeIcon("question");
  item.contextValue = "notJudged";
  if (guest) open(item, guest.location);
  return item;
}

function undeclaredItem(path: string, bytes: number | null): vscode.TreeItem {
  const item = new vscode.TreeItem(path.split("/").slice(-2).join("/"));
  item.description = bytes === null ? "" : sizeWords(bytes);
  item.tooltip = path;
  item.iconPath = new vscode.ThemeIcon("file-binary");
  item.contextValue = "undeclared";
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

/** Shows where a row is declared. */
export async function openDeclaration(row: Row | undefined): Promise<void> {
  const place = row && placeOf(row);
  if (!place) return;
  const { name, argv } = openCommand(place);
  await vscode.commands.executeCommand(name, ...argv);
}

function placeOf(row: Row): Place | null {
  if (row.kind === "host") return row.host.location;
  if (row.kind === "guest") return row.guest.location;
  return row.kind === "volume" ? row.volume.location : null;
}

function openCommand({ uri, range }: Place): { name: string; argv: unknown[] } {
  const at = new vscode.Position(range.start.line, range.start.character);
  return { name: "vscode.open", argv: [vscode.Uri.parse(uri), { selection: new vscode.Range(at, at) }] };
}
