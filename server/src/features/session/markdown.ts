import { columns } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";

/** Characters that mean something in Markdown, in a table or in a link. */
const special = /[\\`*_{}[\]()#+\-.!|<>~]/g;

/** Those of them that mean something in the middle of a line. */
const specialInside = /[\\`*_[\]|<>~]/g;

/** What makes a line a heading, a list or a rule where it begins with it. */
const beginning = /^(?:[#+-]|\d+(?=[.)]))/;

/** What a reader of Markdown may make a link of by itself. */
const address = /www\.|:\/\/|@/i;

/**
 * Words from outside as plain text of a Markdown document. No more is escaped than has to be: editors in a terminal show
 * Markdown as it is written, or nearly so.
 */
export function plain(words: string): string {
  const shown = printable(words);
  if (address.test(shown) || beginning.test(shown)) return shown.replace(special, "\\$&");
  return shown.replace(specialInside, "\\$&");
}

/** Words from outside as code; the fence is longer than any run of backticks inside. */
export function code(words: string): string {
  const shown = printable(words).replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

/** A table; cells are Markdown already. Its columns stand below each other, for editors that show it as it is written. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((cells) => shownWidth(cells[i] ?? ""))));
  const line = (cells: readonly string[], fill: string) => {
    const full = widths.map((width, i) => `${cells[i] ?? ""}${fill.repeat(width - shownWidth(cells[i] ?? ""))}`);
    return `| ${full.join(" | ")} |`;
  };
  return [line(head, " "), line([], "-"), ...rows.map((row) => line(row, " "))].join("\n");
}

/** Columns without the marks of code: most editors hide them. */
function shownWidth(cell: string): number {
  return columns(cell.replaceAll("`", ""));
}

/** A link; the target is percent-encoded where Markdown needs it. */
export function link(words: string, target: string): string {
  return `[${plain(words)}](${target.replace(/[()\s]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)})`;
}

/** Markdown of ours as plain text, for clients that do not show Markdown: marks go, words and rows stay. */
export function withoutMarks(markdown: string): string {
  return markdown
    .split("\n")
    .filter((line) => !/^(\| ?)?---/.test(line))
    .join("\n")
    .replace(/\[((?:[^\]\\]|\\.)*)\]\([^)]*\)/g, "$1")
    .replace(/ {2}$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/\*\*|`/g, "")
    .replace(/\\([\\`*_{}[\]()#+\-.!|<>~])/g, "$1");
}
