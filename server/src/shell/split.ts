/**
 * The words of one simple command, as a shell would split and unquote them: quick, and without the parser, for scripts of
 * which one knows how they are written. Expansions (`$x`, `$(…)`) are kept as
 * they are written. Ends at an unquoted line end, `;`, `&` or `|`, or at the end of the text.
 */
export function splitWords(text: string, start = 0): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let at = start;
  while (at < text.length) {
    const character = text[at] as string;
    if (character === "\n" || character === ";" || character === "&" || character === "|") break;
    if (character === " " || character === "\t") {
      if (word !== null) words.push(word);
      word = null;
      at++;
      continue;
    }
    const piece = readPiece(text, at);
    word = (word ?? "") + piece.text;
    at = piece.end;
  }
  if (word !== null) words.push(word);
  return words;
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

function readPiece(text: string, at: number): Piece {
  if (text[at] === "'") {
    const close = text.indexOf("'", at + 1);
    return close < 0
      ? { text: text.slice(at + 1), end: text.length }
      : { text: text.slice(at + 1, close), end: close + 1 };
  }
  if (text[at] === '"') return readDoubleQuoted(text, at + 1);
  if (text[at] === "\\") return { text: text[at + 1] === "\n" ? "" : (text[at + 1] ?? ""), end: at + 2 };
  if (text.startsWith("$(", at)) return readSubstitution(text, at);
  return { text: text[at] as string, end: at + 1 };
}

function readDoubleQuoted(text: string, start: number): Piece {
  let result = "";
  let at = start;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === "\\" && '$`"\\'.includes(text[at + 1] ?? "x")) at++;
    result += text[at] ?? "";
    at++;
  }
  return { text: result, end: at + 1 };
}

/** Kept as written, up to the parenthesis that closes it. */
function readSubstitution(text: string, start: number): Piece {
  let depth = 0;
  let at = start + 1;
  while (at < text.length) {
    const character = text[at];
    if (character === "'" || character === '"') {
      at = readPiece(text, at).end;
      continue;
    }
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return { text: text.slice(start, at + 1), end: at + 1 };
    at++;
  }
  return { text: text.slice(start), end: text.length };
}
