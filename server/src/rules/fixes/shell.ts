/** A word for a POSIX shell, in single quotes: microvm.nix quotes names in the same way. Null when no quoting can hold it. */
export function shellWord(word: string): string | null {
  return /['\n\r\0]/.test(word) ? null : `'${word}'`;
}

/** Text as it is written between `''` and `''`. */
export function inIndentedString(text: string): string {
  return text.replaceAll("''", "'''").replaceAll("${", "''${");
}

/** Text as it is written between double quotes. */
export function inQuotedString(text: string): string {
  return text
    .replace(/["\\]|\$\{/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
}
