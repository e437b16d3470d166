import { printable } from "../base/printable.ts";

/** One word as every POSIX shell reads it back: as it is where nothing in it means anything to a shell, else in single quotes. */
export function quote(word: string): string {
  return plain.test(word) ? word : inQuotes(word);
}

/** Several words on one line. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** Words as they may be shown on a terminal: control characters become visible escapes, which no shell reads back. */
export function quoteForDisplay(words: readonly string[]): string {
  return words.map((word) => (plain.test(word) ? word : inQuotes(printable(word)))).join(" ");
}

/** One word in single quotes in any case. */
export function inQuotes(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A name as microvm.nix writes it into its scripts (lib/volumes.nix): between single quotes, as it is. Null where that
 * would mean something else.
 */
export function asUpstream(word: string): string | null {
  return /['\n\r\0]/.test(word) ? null : `'${word}'`;
}

const plain = /^[\w./:=@%+,-]+$/;
