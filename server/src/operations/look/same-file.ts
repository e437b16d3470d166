/** What tells one file from another. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** When content was written and when a file came into being, in milliseconds since 1970; 0: the file system does not tell. */
interface Times {
  readonly mtimeMs: number;
  readonly birthtimeMs: number;
}

/**
 * Whether a file that another one took the place of was written to after that one was made: by somebody who had it open
 * unseen, and who believes it to be the image still. What it holds then is in no other file.
 */
export function writtenSince(old: Pick<Times, "mtimeMs">, image: Pick<Times, "birthtimeMs">): boolean {
  return image.birthtimeMs > 0 && old.mtimeMs > image.birthtimeMs;
}

/** Two names of one file. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
