/** How a text is laid out, for edits that look as if its author had made them. */

/** The line ends of the text; those of the first line. */
export function newlineOf(text: string): "\n" | "\r\n" {
  const first = text.indexOf("\n");
  return first > 0 && text[first - 1] === "\r" ? "\r\n" : "\n";
}

/** One step of indentation: a tab, or the smallest step by which a line is further in than the one before. */
export function indentUnit(text: string): string {
  let smallest = 0;
  let before = 0;
  for (const line of text.split("\n", 2000)) {
    const blanks = /^[ \t]*/.exec(line)?.[0] ?? "";
    if (blanks.length === line.trimEnd().length) continue;
    if (blanks.startsWith("\t")) return "\t";
    const step = blanks.length - before;
    if (step > 1 && (smallest === 0 || step < smallest)) smallest = step;
    before = blanks.length;
  }
  return " ".repeat(smallest === 0 ? 2 : Math.min(smallest, 8));
}

/** The blanks with which the line of `offset` begins. */
export function indentationAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line of `offset` ends, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline < 0) return text.length;
  return text[newline - 1] === "\r" && newline > offset ? newline - 1 : newline;
}

/** Whether only blanks stand before `offset` on its line. */
export function beginsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

export function isOneLine(text: string, start: number, end: number): boolean {
  return !text.slice(start, end).includes("\n");
}

/**
 * After the blanks and comments that follow `offset` on its line and so belong to what ends there, and whether the line
 * ends there too. A block comment that goes on to the next line is not taken along.
 */
export function afterTrailing(text: string, offset: number): { readonly at: number; readonly endsLine: boolean } {
  const rest = text.slice(offset, lineEnd(text, offset));
  const trailing = /^(?:[ \t]*\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:[ \t]*#.*)?/.exec(rest)?.[0] ?? "";
  return { at: offset + trailing.length, endsLine: rest.slice(trailing.length).trim() === "" };
}

/** `code` with every line but the first further in by `indentation`, and the text's own line ends. */
export function reindent(code: string, indentation: string, newline: string): string {
  return code
    .split(/\r?\n/)
    .map((line, i) => (i === 0 || line === "" ? line : indentation + line))
    .join(newline);
}
