import { type Locale, render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import type { NotJudged } from "../../engine/not-judged.ts";
import { notJudgedSummary } from "../../engine/not-judged-lines.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import { pathForTools } from "../frame/display-path.ts";
import { type ReportedPlace, reportedPlace } from "../frame/reported-place.ts";

/** One thing that could not be judged, in one language. */
export interface ReportedNotJudged {
  readonly what: NotJudged["what"];
  readonly name: string;
  readonly host: string | null;
  readonly cause: string;
  readonly reason: string;
  readonly toDo: string;
  readonly guests: readonly string[];
  /** Declared volumes that are concerned. */
  readonly volumes: number;
  /** There may be further volumes that are not known. */
  readonly more: boolean;
  readonly place: ReportedPlace | null;
}

export interface NotJudgedReport {
  readonly items: readonly NotJudged[];
  readonly reported: readonly ReportedNotJudged[];
  readonly counts: { readonly volumes: number; readonly guests: number; readonly hosts: number };
  /** "2 volumes not judged"; null when everything was judged. */
  readonly summary: string | null;
}

/** What a snapshot could not judge: of these files, or of all. */
export function notJudgedReport(
  snapshot: Pick<Snapshot, "notJudged" | "tree">,
  locale: Locale,
  only: ReadonlySet<string> | null = null,
): NotJudgedReport {
  const all = snapshot.notJudged();
  const isNamed = ({ at, volumes }: NotJudged) =>
    only === null ||
    (at === null && volumes.length === 0) ||
    (at !== null && only.has(at.file)) ||
    volumes.some(({ volume }) => only.has(placeSpan(volume.at)?.file ?? ""));
  const items = all.items.filter(isNamed);
  const counts = {
    volumes: new Set(items.flatMap(({ volumes }) => volumes.map(({ volume }) => volume))).size,
    guests: new Set(items.flatMap(({ open }) => open ?? [])).size,
    hosts: items.filter(({ what }) => what === "host").length,
  };
  const summary = notJudgedSummary({ items, counts });
  return {
    items,
    counts,
    summary: summary && render(summary, locale),
    reported: items.map((item) => ({
      what: item.what,
      name: item.name,
      host: item.host,
      cause: item.cause,
      reason: render(item.reason, locale),
      toDo: render(item.toDo.terminal, locale),
      guests: [...new Set([...item.volumes.map(({ guest }) => guest.name), ...(item.open ? [item.open.name] : [])])],
      volumes: item.volumes.length,
      more: item.open !== null,
      place: item.at === null ? null : reportedPlace(item.at, snapshot),
    })),
  };
}

/** The same for JSON: `notJudged` of docs/schemas. */
export function notJudgedJson(
  { reported }: Pick<NotJudgedReport, "reported">,
  { cwd, roots }: { readonly cwd: string; readonly roots: readonly string[] },
) {
  return reported.map(({ place, ...rest }) => ({
    ...rest,
    file: place === null ? null : pathForTools(place.file, cwd, roots),
    line: place?.start.line ?? null,
    column: place?.start.column ?? null,
  }));
}
