import type { Place } from "../script.ts";
import type { Word } from "./tree.ts";
import { type Inner, Lexer } from "./words.ts";

/** The text of a heredoc; `start`: its delimiter. Null: a form that is not followed. */
export function heredocText(
  text: string,
  start: { readonly startIndex: number; readonly endIndex: number },
  from: number,
  to: number,
  inner: Inner,
): Word | null {
  const delimiter = text.slice(start.startIndex, start.endIndex);
  const dashed = text.slice(0, start.startIndex).trimEnd().endsWith("<<-");
  const raw = text.slice(from, to);
  const place: Place = { start: from, end: to };
  if (/['"\\]/.test(delimiter)) {
    const plain = dashed ? raw.replace(/^\t+/gm, "") : raw;
    if (/[\ue000-\uf8fe]/.test(plain)) return null;
    return { parts: [{ is: "text", text: plain, quoted: true }], ...place };
  }
  if (dashed && /^\t/m.test(raw)) return null;
  return new Lexer(text, place, inner).whole("quoted");
}

/** The patterns of one item of `case`, parted by bars; null: they are not understood. */
export function patternsOf(text: string, start: number, end: number, inner: Inner): readonly Word[] | null {
  const open = /^\s*\(?\s*/.exec(text.slice(start, end))?.[0].length ?? 0;
  const words: Word[] = [];
  for (let at = start + open; at < end; ) {
    const word = new Lexer(text, { start: at, end }, inner).word("");
    if (!word) return null;
    words.push(word);
    const bar = /^\s*(\|\s*)?/.exec(text.slice(word.end, end))?.[0] ?? "";
    if (!bar.includes("|") && word.end + bar.length < end) return null;
    at = word.end + bar.length;
  }
  return words.length > 0 ? words : null;
}
