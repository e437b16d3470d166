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
