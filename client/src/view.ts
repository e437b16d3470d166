import * as vscode from "vscode";
import { problemWords } from "./counts.ts";
import { onlyProblems } from "./filter.ts";
import type { Overview } from "./overview-types.ts";
import { guestRows, type Row, treeItem } from "./rows.ts";
import { isVirtual, type Server } from "./server.ts";

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
    return treeItem(row);
  }

  getChildren(row?: Row): Row[] {
    if (!row) return this.#top();
    if (row.kind === "host") return row.host.guests.map((guest) => ({ kind: "guest", guest }));
    if (row.kind === "guest") return guestRows(row.guest);
    // What keeps from judging, one reason a row.
    if (row.kind === "notJudged" && row.guest === null && row.lines.length > 1)
      return row.lines.map((line) => ({ kind: "reason", line }));
    if (row.kind === "disk") return row.disk.undeclared.map((image) => ({ kind: "undeclared", image }));
    return [];
  }

  /** Shows everything, or only what needs attention. */
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
    const { hosts, disks, notJudged, unseen } = overview;
    return [
      ...unseen.map((each): Row => ({ kind: "unseen", unseen: each })),
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
    const tooltip = problemWords(error, warning);
    this.#view.badge = error + warning === 0 ? undefined : { value: error + warning, tooltip };
    // The reasons have rows of their own.
    const summary = this.#overview?.notJudged.summary ?? "";
    const nothing = this.#problemsOnly && this.#shown()?.hosts.length === 0;
    const told = [nothing ? vscode.l10n.t("Nothing needs attention.") : "", summary];
    this.#view.message = guests ? told.filter((part) => part !== "").join(" ") : "";
  }
}

function withoutTime(overview: Overview): Overview {
  return { ...overview, disks: overview.disks.map((disk) => ({ ...disk, takenAtMs: 0 })) };
}
