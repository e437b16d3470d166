import { basename } from "node:path";
import type { Range } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import type { Span } from "../base/span.ts";
import { render } from "../base/text.ts";
import {
  type NotJudged,
  notJudgedLines,
  notJudgedSentence,
  notJudgedSummary,
  type Snapshot,
  unseenHosts,
} from "../engine/engine.ts";
import { page } from "../report/page.ts";
import { storageReport } from "../report/storage.ts";
import type { Severity } from "../rules/frame/rule.ts";
import { argvOn } from "./operation.ts";
import { type ReportDisk, type ReportUndeclared, reportOf } from "./overview-data.ts";
import { type OperationOn, type RowOperation, rowOperations, type VolumeOperations } from "./row-operations.ts";
import { isLocal, type Session } from "./session/session.ts";
import { locationOf } from "./session/to-lsp.ts";

/** Where something is declared. */
export interface OverviewLocation {
  readonly uri: string;
  readonly range: Range;
}

/** What the extension's view and status item show; the extension has these types as client/src/overview-types.ts. */
export interface Overview {
  readonly hosts: readonly {
    readonly name: string | null;
    readonly location: OverviewLocation | null;
    readonly guests: readonly OverviewGuest[];
  }[];
  readonly disks: readonly OverviewDisk[];
  /** Hosts of the configuration whose images nobody looks at; `name` null: of guests that no host declares. */
  readonly unseen: readonly { readonly name: string | null; readonly words: string }[];
  /** "3 volumes not judged", or null; then each reason with what to do, in the user's language. */
  readonly notJudged: { readonly summary: string | null; readonly lines: readonly string[] };
  readonly counts: Readonly<Record<Severity, number>>;
}

export interface OverviewDisk extends Omit<ReportDisk, "undeclared"> {
  /** What is seen there is always of now. */
  readonly watched: boolean;
  readonly undeclared: readonly {
    readonly path: string;
    readonly bytes: number | null;
    /** Volumes whose image it could become, each with the argv of `microvm-lens` that moves it there. */
    readonly adopt: readonly { readonly guest: string; readonly image: string; readonly command: readonly string[] }[];
    /** argv that makes a copy; null where only a snapshot was seen. */
    readonly backup: readonly string[] | null;
  }[];
}

export interface OverviewGuest {
  readonly name: string;
  readonly running: boolean | null;
  readonly severity: Severity | null;
  readonly location: OverviewLocation | null;
  /** Why it may have volumes that are not listed, and what to do. */
  readonly notJudged: readonly string[];
  readonly volumes: readonly OverviewVolume[];
}

export interface OverviewVolume {
  readonly image: string;
  readonly path: string | null;
  readonly state: "seen" | "absent" | "unknown";
  readonly declaredMiB: number | null;
  readonly mountPoint: string | null;
  readonly bytes: number | null;
  readonly allocatedBytes: number | null;
  readonly usedPercent: number | null;
  /** "fills at 1.2 GiB a day, full in about 12 days", in the user's language; null: not known. */
  readonly trend: string | null;
  /** Free in the guest and still taken on the host, where it is much. */
  readonly giveBackBytes: number | null;
  /** "reuse": what the next start does with it, in the user's language; null where no host was looked at. */
  readonly nextStart: string | null;
  /** argv of `microvm-lens` for what may be done with the image; missing: it need not or cannot be done. */
  readonly operations: Readonly<Partial<Record<RowOperation, readonly string[]>>>;
  /** What is wrong, in the user's language: the worst first. */
  readonly problems: readonly string[];
  readonly severity: Severity | null;
  readonly location: OverviewLocation | null;
  /** Why it was not judged, or not in every respect, and what to do. */
  readonly notJudged: readonly string[];
}

/** The report with places as the editor counts them. */
export function overview(session: Session, snapshot: Snapshot): Overview {
  const locate = (span: Span | null) => (span ? locationOf(snapshot, span, session.documents) : null);
  const report = reportOf(snapshot, session.past);
  const list = snapshot.notJudged();
  const summary = notJudgedSummary(list);
  const sentences = (items: readonly NotJudged[]) =>
    items.map((item) => printable(render(notJudgedSentence(item, "editor"), session.locale)));
  return {
    hosts: report.hosts.map((host) => ({
      name: host.name,
      location: locate(host.at),
      guests: host.guests.map(({ at, volumes, notJudged, ...guest }) => ({
        ...guest,
        location: locate(at),
        notJudged: sentences(notJudged),
        volumes: volumes.map(({ at: place, messages, image, operations, notJudged, nextStart, trend, ...volume }) => ({
          ...volume,
          notJudged: sentences(notJudged),
          trend: trend && render(trend, session.locale),
          nextStart: nextStart && render(nextStart, session.locale),
          problems: messages.map((message) => printable(render(message, session.locale))),
          operations: argvOfEach(session, operations),
          image: image ?? "?",
          location: locate(place),
        })),
      })),
    })),
    disks: report.disks.map(({ undeclared, ...disk }) => ({
      ...disk,
      watched: isLocal(session, disk.host),
      undeclared: undeclared.map((image) => undeclaredImage(session, disk.host, image)),
    })),
    unseen: unseenHosts(list).map(({ host, words }) => ({ name: host, words: render(words, session.locale) })),
    notJudged: {
      summary: summary && render(summary, session.locale),
      lines: notJudgedLines(list.items, session.locale, "editor").map(({ line }) => line),
    },
    counts: report.counts,
  };
}

function argvOfEach(session: Session, operations: VolumeOperations): OverviewVolume["operations"] {
  const argv = ({ host, command }: OperationOn) => argvOn(session, host, command);
  const entries = rowOperations.flatMap((name) => {
    const on = operations[name];
    const words = on ? argv(on) : null;
    return words === null ? [] : [[name, words] as const];
  });
  return Object.fromEntries(entries);
}

function undeclaredImage(
  session: Session,
  host: string,
  { path, bytes, places }: ReportUndeclared,
): OverviewDisk["undeclared"][number] {
  const adopt = places.flatMap(({ guest, image, path: to }) => {
    const command = argvOn(session, host, ["image", "adopt", path, "--to", to]);
    return command === null ? [] : [{ guest, image, command }];
  });
  return { path, bytes, adopt, backup: argvOn(session, host, ["image", "backup", path]) };
}

/** Sends the place of the declaration that was clicked to the extension. */
const clickScript = `const editor = acquireVsCodeApi();
addEventListener("click", (event) => {
  const link = event.target.closest("[data-target]");
  if (!link) return;
  event.preventDefault();
  editor.postMessage(JSON.parse(link.dataset.target));
});`;

/** The editor's own colours and font in place of the page's. */
const editorStyle = `
:root { --ground: var(--vscode-editor-background); --text: var(--vscode-foreground); --quiet: var(--vscode-descriptionForeground);
  --line: var(--vscode-widget-border, #8884); --error: var(--vscode-editorError-foreground);
  --warning: var(--vscode-editorWarning-foreground); --information: var(--vscode-editorInfo-foreground); }
body { font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); }
body.vscode-dark, body.vscode-high-contrast { --disk: #8882; --edge: #768295; --used: #6ea3e6; --free: #45699a; --declared: #ffa766; }
body.vscode-light, body.vscode-high-contrast-light { --disk: #8882; --edge: #7d899b; --used: #2f5f9e; --free: #6f9bd1; --declared: #a8470c; }
body.vscode-high-contrast, body.vscode-high-contrast-light { --edge: var(--vscode-contrastBorder, currentColor); --used: currentColor; }
input { accent-color: var(--vscode-button-background); }
a { color: var(--vscode-textLink-foreground); text-decoration: none; } a:hover { text-decoration: underline; }
`;

/** The storage overview as a page for a webview: nothing is loaded, and only our own script runs. */
export function overviewPage(session: Session, snapshot: Snapshot, nonce: string): string {
  return page(storageReport(snapshot, session.locale, session.past), {
    locale: session.locale,
    place: (at) => {
      const line = snapshot.tree(at.file)?.lines.position(at.start).line;
      return `${basename(at.file)}${line === undefined ? "" : `:${line + 1}`}`;
    },
    editor: {
      nonce,
      script: clickScript,
      style: editorStyle,
      target: (span) => {
        const location = locationOf(snapshot, span, session.documents);
        return location && JSON.stringify(location);
      },
    },
  });
}
