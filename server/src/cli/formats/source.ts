import { type Cell, cells } from "../../base/columns.ts";
import type { ReportedPlace } from "../frame/reported-place.ts";

/** The lines to print under a finding: the one before, the line itself, and what is underlined. */
export interface SourceExcerpt {
  readonly lines: readonly { readonly number: number; readonly shown: string }[];
  /** Spaces and carets below the last line. */
  readonly underline: string;
}

/** How much of a long line is shown, in columns. */
const window = 100;

/** Cuts out the place where a finding is. A span over several lines is underlined to the end of its first one. */
export function excerpt(text: string, place: ReportedPlace): SourceExcerpt {
  const lines = text.split(/\r\n|\n|\r/);
  const index = Math.min(place.start.line, lines.length) - 1;
  const line = lines[index] ?? "";
  const from = Math.min(place.start.column - 1, line.length);
  const to = place.end.line > place.start.line ? line.trimEnd().length : place.end.column - 1;
  const row = cells(line);
  const first = row.findIndex(({ offset }, at) => (row[at + 1]?.offset ?? line.length + 1) > from || offset >= from);
  const start = first === -1 ? row.length : first;
  let end = start;
  while (end < row.length && (row[end] as Cell).offset < to) end++;

  const left = leftEdge(row, start, end);
  const before = left > 0 ? "…" : "";
  const lead = before.length + width(row.slice(left, start));
  const shown = cut(row, left);
  const under = Math.max(1, Math.min(width(row.slice(start, end)), shown.width - (lead - before.length)));
  const previous = lines[index - 1];
  return {
    lines: [
      ...(previous === undefined || previous.trim() === ""
        ? []
        : [{ number: index, shown: cut(cells(previous), left).text }]),
      { number: index + 1, shown: shown.text },
    ],
    underline: " ".repeat(lead) + "^".repeat(under),
  };
}

/** The first cell to show so that the underlined part is in sight. */
function leftEdge(row: readonly Cell[], start: number, end: number): number {
  if (width(row.slice(0, end)) <= window) return 0;
  let left = start;
  let used = 0;
  while (left > 0 && used + (row[left - 1] as Cell).width <= window / 3) used += (row[--left] as Cell).width;
  return left;
}

function cut(row: readonly Cell[], left: number): { text: string; width: number } {
  let text = left > 0 ? "…" : "";
  let used = 0;
  for (const cell of row.slice(left)) {
    if (used + cell.width > window) return { text: `${text}…`, width: used };
    text += cell.shown;
    used += cell.width;
  }
  return { text: text.trimEnd(), width: used };
}

function width(row: readonly Cell[]): number {
  return row.reduce((sum, cell) => sum + cell.width, 0);
}
