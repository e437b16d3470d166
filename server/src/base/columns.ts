import { printable } from "./printable.ts";

/** The distance between tab stops in source lines as we print them. */
const tabStop = 4;

/** One character (as a person sees it) of a source line, made fit for a terminal. */
export interface Cell {
  /** Offset of its first code unit in the line. */
  readonly offset: number;
  readonly shown: string;
  /** Columns that it takes. */
  readonly width: number;
}

/** Cuts a source line into characters: tabs become spaces, control characters become visible escapes. */
export function cells(line: string): readonly Cell[] {
  const result: Cell[] = [];
  let column = 0;
  for (const { segment, index } of segments(line)) {
    const shown = segment === "\t" ? " ".repeat(tabStop - (column % tabStop)) : visible(segment);
    const width = columns(shown);
    result.push({ offset: index, shown, width });
    column += width;
  }
  return result;
}

/** The number of terminal columns of a text without tabs and control characters. */
export function columns(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments(text)) width += characterWidth(segment);
  return width;
}

/** The text with spaces up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

let segmenter: Intl.Segmenter | null = null;

/** Made at first use: making it takes as long as loading a third of the server. */
function segments(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Emoji joined by U+200D are one picture: the joiner is shown as it is there, and only there. */
function visible(segment: string): string {
  return joinedEmoji.test(segment) ? segment : printable(segment);
}

const joinedEmoji = /^\p{Extended_Pictographic}(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)*$/u;

/** Terminals give two columns to East Asian wide characters and to emoji; marks that combine take none. */
function characterWidth(segment: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(segment)) return 2;
  return wide.test(segment) ? 2 : 1;
}

/** East Asian Width W and F (Unicode 15, EastAsianWidth.txt), by block. */
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;
