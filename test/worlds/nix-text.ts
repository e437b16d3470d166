/** A part of a text: letters, or an interpolation as Nix writes it with what it comes to. */
export type Piece = string | { readonly nix: string; readonly value: string };
/** One text with both its faces: the spelling in Nix, and the string that comes of it. */
export type Text = readonly Piece[];

/** Template for texts: `t\`rm -f ${path}\`` joins what it is given. */
export function t(letters: TemplateStringsArray, ...inserted: readonly (Text | Piece)[]): Text {
  return letters.flatMap((part, index) => [part, ...(index < inserted.length ? pieces(inserted[index]) : [])]);
}

export function interpolated(nix: string, value: string): Text {
  return [{ nix, value }];
}

export function joined(texts: readonly Text[], between: string): Text {
  return texts.flatMap((text, index) => (index === 0 ? text : [between, ...text]));
}

/** The string that the text comes to. */
export function plain(text: Text): string {
  return text.map((piece) => (typeof piece === "string" ? piece : piece.value)).join("");
}

/** As a string between double quotes. */
export function quoted(text: Text): string {
  const body = text.map((piece) =>
    typeof piece === "string"
      ? piece.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("${", "\\${").replaceAll("\n", "\\n")
      : `\${${piece.nix}}`,
  );
  return `"${body.join("")}"`;
}

/** As an indented string over several lines. */
export function indented(text: Text, margin: string): string {
  const body = text
    .map((piece) =>
      typeof piece === "string" ? piece.replaceAll("''", "'''").replaceAll("${", "''${") : `\${${piece.nix}}`,
    )
    .join("");
  const lines = body.split("\n").map((line) => (line === "" ? "" : `${margin}  ${line}`));
  return `''\n${lines.join("\n")}\n${margin}''`;
}

/** As a sum of strings. */
export function added(text: Text): string {
  const parts = text.map((piece) => (typeof piece === "string" ? quoted([piece]) : `toString (${piece.nix})`));
  return `(${parts.join(" + ") || '""'})`;
}

/** A word that bash takes as it is. */
export function q(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function pieces(value: Text | Piece | undefined): Text {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as Text) : [value as Piece];
}
