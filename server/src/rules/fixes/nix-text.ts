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
