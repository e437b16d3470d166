import { printable } from "../base/printable.ts";

/** Characters that mean something in Markdown, in a table or in a link. */
const special = /[\\`*_{}[\]()#+\-.!|<>~]/g;

/** Words from outside as plain text of a Markdown document. */
export function plain(words: string): string {
  return printable(words).replace(special, "\\$&");
}

/** Words from outside as code; the fence is longer than any run of backticks inside. */
export function code(words: string): string {
  const shown = printable(words).replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
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
