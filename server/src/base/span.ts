/** A half-open range of UTF-16 code units in one file. */
export interface Span {
  /** Absolute path, or a name in angle brackets (`<lib>`) for text that is not a file of the user's. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** True for text that we brought ourselves: never shown as a place to edit. */
export function isBuiltinFile(file: string): boolean {
  return file.startsWith("<");
}

/** Orders spans by file, start and end; for stable output. */
export function compareSpans(a: Span, b: Span): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start - b.start || a.end - b.end;
}
