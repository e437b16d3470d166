import type { Unknown } from "../state/value.ts";

/** A piece of a word after expansion: `quoted` text means itself, the rest may be a pattern. */
export interface Chunk {
  readonly value: string | Unknown;
  readonly quoted: boolean;
  /** It comes from an expansion outside of quotes and is split at blanks. */
  readonly split: boolean;
  /** A word ends here, as between two arguments of `"$@"`. */
  readonly ends?: boolean;
}

/** Whether a pattern has anything in it that fits more than itself. A `[` that nothing closes, as the command, is itself. */
export function isPattern(chunks: readonly Chunk[]): boolean {
  let isOpen = false;
  for (const { value, quoted } of chunks) {
    if (quoted) continue;
    if (typeof value !== "string") {
      // What is not known may close it.
      if (isOpen) return true;
      continue;
    }
    if (/[*?]/.test(value)) return true;
    const opens = isOpen ? 0 : value.indexOf("[");
    if (opens < 0) continue;
    isOpen = true;
    if (value.indexOf("]", opens) >= 0) return true;
  }
  return false;
}

/**
 * The source of a regular expression for a shell pattern; null: an unknown is in it, or something that is not followed.
 * `inPath`: nothing in it fits a slash.
 */
export function patternSource(chunks: readonly Chunk[], inPath: boolean): string | null {
  let source = "";
  for (const { value, quoted } of chunks) {
    if (typeof value !== "string") return null;
    const part = quoted ? literally(value) : translate(value, inPath);
    if (part === null) return null;
    source += part;
  }
  return source;
}

function translate(pattern: string, inPath: boolean): string | null {
  // Extended patterns are on in `[[`, and by an option elsewhere.
  if (/[?*+@!]\(/.test(pattern)) return null;
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === "*") source += inPath ? "[^/]*" : "[\\s\\S]*";
    else if (character === "?") source += inPath ? "[^/]" : "[\\s\\S]";
    else if (character === "[") {
      const set = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(pattern.slice(at));
      if (!set) source += "\\[";
      else {
        const [whole, not, inside] = set as unknown as [string, string, string];
        // Classes and ranges of letters depend on the locale.
        if (inside.includes("[") || inside.includes("\\")) return null;
        source += `[${not === "" ? "" : "^"}${inPath && not !== "" ? "/" : ""}${inside.replace(/[\]^]/g, "\\$&")}]`;
        at += whole.length - 1;
      }
    } else if (character === "\\") {
      source += literally(pattern[++at] ?? "\\");
    } else source += literally(character);
  }
  return source;
}

export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
