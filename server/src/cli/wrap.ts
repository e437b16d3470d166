import { columns } from "../base/columns.ts";

/** Lines of the help are at most this long where the width of the terminal is not known. */
const usual = 100;
const least = 40;

/**
 * Help text in lines of at most `width` columns. What goes on in a further line stands below where the description began:
 * the part behind two or more blanks.
 */
export function wrapped(text: string, width: number | null): string {
  const limit = Math.max(least, width ?? usual);
  return text
    .split("\n")
    .flatMap((line) => wrapLine(line, limit))
    .join("\n");
}

function wrapLine(line: string, limit: number): string[] {
  if (columns(line) <= limit) return [line];
  const described = /^( {2,}\S(?:.*?\S)?(?: {2,}))(?=\S)/.exec(line)?.[1];
  const start = described === undefined ? (/^ */.exec(line)?.[0] ?? "") : described;
  const indent = columns(start) > limit / 2 ? "    " : " ".repeat(columns(start));
  const lines: string[] = [];
  let current = start;
  let isEmpty = true;
  for (const word of pieces(line.slice(start.length))) {
    const fits = columns(current) + columns(word.trimEnd()) <= limit;
    if (!fits && !isEmpty) {
      lines.push(current.trimEnd());
      current = indent + word;
    } else current += word;
    isEmpty = false;
  }
  return [...lines, current.trimEnd()];
}

/** Where a line may be broken: behind blanks, and between any two Chinese characters but before their marks. */
function pieces(text: string): string[] {
  return text.match(/\p{Script=Han}[，。；：、）”]*|[^\s\p{Script=Han}]+\s*|\s+/gu) ?? [];
}
