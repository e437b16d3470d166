import type { StringLiteral } from "../nix/syntax/ast.ts";
import { spanOf } from "../nix/syntax/ast.ts";

/** A name as it is written: texts, and between each two of them a `${…}` that is left as it is. */
export interface NameTemplate {
  /** One more than `holes`. */
  readonly texts: readonly string[];
  /** As they are written: `${name}`. */
  readonly holes: readonly string[];
}

/** How a string is written; null where a text is not written as it is read (escapes). `source` is the text of its file. */
export function templateOf(literal: StringLiteral, source: string): NameTemplate | null {
  const texts = [""];
  const holes: string[] = [];
  for (const part of literal.parts) {
    const { start, end } = spanOf(part);
    const written = source.slice(start, end);
    if (part.kind === "interpolation") {
      holes.push(written);
      texts.push("");
    } else if (part.value === written) texts[texts.length - 1] += written;
    else return null;
  }
  return { texts, holes };
}

export function writtenAs({ texts, holes }: NameTemplate): string {
  return filled(texts, holes);
}

/** The texts with something between each two of them. */
export function filled(texts: readonly string[], between: readonly string[]): string {
  return texts.map((each, index) => each + (between[index] ?? "")).join("");
}

/** What stands in the holes when the whole is `name`: every way in which that can be, at most two. */
export function valuesIn({ texts }: NameTemplate, name: string): readonly (readonly string[])[] {
  const [first = "", ...rest] = texts;
  return name.startsWith(first) ? splits(rest, name.slice(first.length)) : [];
}

function splits(texts: readonly string[], rest: string): string[][] {
  const [text, ...more] = texts;
  if (text === undefined) return rest === "" ? [[]] : [];
  if (more.length === 0) return rest.endsWith(text) ? [[rest.slice(0, rest.length - text.length)]] : [];
  const found: string[][] = [];
  for (const at of placesOf(text, rest)) {
    if (found.length > 1) break;
    for (const tail of splits(more, rest.slice(at + text.length))) found.push([rest.slice(0, at), ...tail]);
  }
  return found.slice(0, 2);
}

/**
 * The new texts around the same holes. A new name is written with its holes, or, where their only `values` are known, as
 * the name that it is to be. Null where it is neither, or where the values could stand in several places.
 */
export function renamedTexts(
  { holes }: NameTemplate,
  values: readonly string[] | null,
  newName: string,
): readonly string[] | null {
  if (holes.length === 0) return [newName];
  const kept = newName.includes("${") ? holes : values;
  if (kept === null || kept.includes("")) return null;
  const ways = around(kept, newName);
  const [texts] = ways;
  return texts === undefined || ways.length > 1 || texts.some((text) => text.includes("${")) ? null : texts;
}

/** The texts around `kept`, which stand in this order: every way, at most two. */
function around(kept: readonly string[], whole: string): string[][] {
  const [first, ...more] = kept;
  if (first === undefined) return [[whole]];
  const found: string[][] = [];
  for (const at of placesOf(first, whole)) {
    if (found.length > 1) break;
    for (const tail of around(more, whole.slice(at + first.length))) found.push([whole.slice(0, at), ...tail]);
  }
  return found.slice(0, 2);
}

/** Everywhere where a text stands in another one; an empty one stands between all characters. */
function* placesOf(text: string, whole: string): Generator<number> {
  for (let at = whole.indexOf(text); at >= 0; at = at < whole.length ? whole.indexOf(text, at + 1) : -1) yield at;
}
