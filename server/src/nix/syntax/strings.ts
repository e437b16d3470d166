/**
 * What the text of a string says, as Nix's lexer and parser have it (src/libexpr/lexer.l `unescapeStr` and
 * src/libexpr/parser-state.hh `stripIndentation`).
 */

/** The value of the text between the quotes of `"…"`. */
export function unescapeQuoted(raw: string): string {
  if (!raw.includes("\\") && !raw.includes("\r")) return raw;
  return raw.replace(/\\([\s\S]?)|\r\n?/g, (whole, character: string | undefined) => {
    if (character === undefined) return "\n";
    return escaped(character, whole);
  });
}

function escaped(character: string, whole: string): string {
  if (character === "n") return "\n";
  if (character === "r") return "\r";
  if (character === "t") return "\t";
  return character === "" ? whole : character;
}

/** A run of text between two interpolations (or the ends) of `''…''`, or null for an interpolation. */
export type IndentedPiece = string | null;

/**
 * The values of the runs of an indented string, without the common indentation; null stays null. `pieces` begin right
 * after the opening quotes, from which Nix's lexer drops a first line of spaces.
 */
export function stripIndented(pieces: readonly IndentedPiece[]): (string | null)[] {
  const tokens = pieces.map((piece, i) => (piece === null ? null : tokenize(i === 0 ? dropFirstLine(piece) : piece)));
  const indentation = commonIndentation(tokens);
  return strip(tokens, indentation);
}

function dropFirstLine(text: string): string {
  return text.replace(/^ *\n/, "");
}

/** As Nix's lexer cuts the text: only `plain` tokens can begin a line with indentation. */
interface Token {
  readonly text: string;
  readonly plain: boolean;
}

const token = /'''|''\$|''\\([\s\S])|(?:[^$']|\$[^{']|'[^'$])+|[$']/g;

function tokenize(raw: string): Token[] {
  const tokens: Token[] = [];
  for (const match of raw.matchAll(token)) {
    const text = match[0];
    if (text === "'''") tokens.push({ text: "''", plain: false });
    else if (text === "''$") tokens.push({ text: "$", plain: false });
    else if (match[1] !== undefined) tokens.push({ text: escaped(match[1], text), plain: false });
    else tokens.push({ text, plain: text !== "$" && text !== "'" });
  }
  return tokens;
}

function commonIndentation(runs: readonly (readonly Token[] | null)[]): number {
  let least = Number.POSITIVE_INFINITY;
  let current = 0;
  let atStart = true;
  const endOfIndentation = () => {
    if (atStart) least = Math.min(least, current);
    atStart = false;
  };
  for (const run of runs) {
    if (run === null) {
      endOfIndentation();
      continue;
    }
    for (const { text, plain } of run) {
      if (!plain) {
        endOfIndentation();
        continue;
      }
      for (const character of text) {
        if (character === "\n") {
          atStart = true;
          current = 0;
        } else if (atStart && character === " ") current++;
        else endOfIndentation();
      }
    }
  }
  return least;
}

function strip(runs: readonly (readonly Token[] | null)[], indentation: number): (string | null)[] {
  let atStart = true;
  let dropped = 0;
  const last = runs[runs.length - 1];
  return runs.map((run) => {
    if (run === null) {
      atStart = false;
      dropped = 0;
      return null;
    }
    let value = "";
    run.forEach(({ text }, i) => {
      let line = "";
      for (const character of text) {
        if (character === "\n") {
          atStart = true;
          dropped = 0;
          line += character;
        } else if (atStart && character === " ") {
          if (dropped++ >= indentation) line += character;
        } else {
          atStart = false;
          dropped = 0;
          line += character;
        }
      }
      value += run === last && i === run.length - 1 ? dropLastLine(line) : line;
    });
    return value;
  });
}

/** Spaces before the closing quotes are not text when they are alone on their line. */
function dropLastLine(text: string): string {
  return text.replace(/\n *$/, "\n");
}
