import { printable } from "../base/printable.ts";
import { type Locale, render, type Text } from "../base/text.ts";

/** Writes texts as HTML in one language. */
export type Say = (text: Text) => string;

export function sayIn(locale: Locale): Say {
  return (text) => escaped(render(text, locale));
}

/** Text from anywhere, fit for HTML content and quoted attributes. */
export function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A length of a bar: 12.5 of 50 is "25.00%". Never beyond its end. */
export function share(part: number, whole: number): string {
  return `${((100 * Math.max(0, Math.min(part, whole))) / Math.max(1, whole)).toFixed(2)}%`;
}
