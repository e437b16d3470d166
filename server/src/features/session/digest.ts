import { attached } from "../../base/attached.ts";

/** A short name for a list, equal for equal JSON: of elements that were there before nothing is read again. */
export function digestOfList(list: readonly object[]): string {
  const sums: Sums = { length: list.length, a: 0x811c9dc5, b: 0x9dc5811c };
  for (const element of list) {
    const { length, a, b } = elementOf(element).sums;
    sums.length += length;
    sums.a = Math.imul(sums.a ^ a, 0x01000193);
    sums.b = Math.imul(sums.b ^ (b + length), 0x01000193);
  }
  return named(sums);
}

/** The JSON of a list, put together from that of its elements. */
export function jsonOfList(list: readonly object[]): string {
  return `[${list.map((element) => elementOf(element).json).join(",")}]`;
}

interface Sums {
  length: number;
  a: number;
  b: number;
}

const elements = attached<object, { readonly json: string; readonly sums: Sums }>();

function elementOf(element: object): { readonly json: string; readonly sums: Sums } {
  const before = elements.get(element);
  if (before) return before;
  const json = JSON.stringify(element);
  const made = { json, sums: summed(json) };
  elements.set(element, made);
  return made;
}

function summed(text: string): Sums {
  let a = 0x811c9dc5;
  let b = 0x9dc5811c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + i), 0x01000193);
  }
  return { length: text.length, a, b };
}

function named({ length, a, b }: Sums): string {
  return `${length.toString(36)}-${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}`;
}
