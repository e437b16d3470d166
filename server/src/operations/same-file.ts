/** What tells one file from another. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Two names of one file. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
