import { columns } from "../../base/columns.ts";

/** Lines of the help are at most this long where the width of the terminal is not known. */
const usual = 100;
const least = 40;

/**
 * Help text in lines of at most `width` columns. How it is broken in the source does not matter: lines of a paragraph, and
 * those that go on with a description, are put together first. What goes on in a further line stands below where the
 * description began: the part behind two or more blanks.
 */
export function wrapped(text: string, width: number | null): string {
  const limit = Math.max(least, width ?? usual);
  return joined(text.split("\n"))
    .flatMap((line) => wrapLine(line, limit))
    .join("\n");
}

function joined(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const before = whole.at(-1) ?? "";
    const goesOn = isProse(before) ? isProse(line) : described(before) !== null && /^ {8,}\S/.test(line);
    if (!goesOn) whole.push(line);
    else whole[whole.length - 1] = `${before}${isChinese(before, line) ? "" : " "}${line.trimStart()}`;
  }
  return whole;
}

function isProse(line: string): boolean {
  return /^\S/.test(line);
}

/** Chinese has no blanks between its words. */
function isChinese(before: string, after: string): boolean {
  return /[\p{Script=Han}\u3001\u3002\uff08-\uff1f]$/u.test(before) && /^\s*[\p{Script=Han}\uff08]/u.test(after);
}

/** What stands before a description, with the blanks; null for a line that has none. */
function described(line: string): string | null {
  return /^( {2,}\S(?:.*?\S)?(?: {2,}))(?=\S)/.exec(line)?.[1] ?? null;
}

function wrapLine(line: string, limit: number): string[] {
  if (columns(line) <= limit) return [line];
  const start = described(line) ?? /^ */.exec(line)?.[0] ?? "";
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
