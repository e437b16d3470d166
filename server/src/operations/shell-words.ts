import { printable } from "../base/printable.ts";

/** Words as a POSIX shell reads them back; control characters are shown, not sent to the terminal. */
export function shellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`))
    .join(" ");
}
