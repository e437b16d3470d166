import type { Span } from "./span.ts";

/** Replaces `span` by `newText`. An insertion has `start === end`. */
export interface TextEdit {
  readonly span: Span;
  readonly newText: string;
}

/** Applies the edits of one file to its text. Throws when two edits overlap: that is a bug of the caller. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let result = "";
  let at = 0;
  for (const { span, newText } of sorted) {
    if (span.start < at) throw new Error(`edits overlap at offset ${span.start} of ${span.file}`);
    result += text.slice(at, span.start) + newText;
    at = span.end;
  }
  return result + text.slice(at);
}
