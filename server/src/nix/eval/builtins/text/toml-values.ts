import type { Json } from "./json-parser.ts";

/** Why a text is no TOML; not `certain` when versions of Nix differ. */
export class TomlFailure extends Error {
  readonly certain: boolean;
  constructor(message: string, certain = true) {
    super(message);
    this.certain = certain;
  }
}

/** The string that begins at `start`, in any of the four notations. */
export function tomlString(text: string, start: number): { readonly value: string; readonly end: number } {
  const quote = text[start] as string;
  const isLong = text.startsWith(quote.repeat(3), start);
  if (quote === "'") return isLong ? longLiteral(text, start + 3) : literal(text, start + 1);
  return basic(text, start + (isLong ? 3 : 1), isLong);
}

/** A number or truth value. Dates and times are no values of Nix. */
export function scalar(text: string, start: number): { readonly value: Json; readonly end: number } {
  const found = /[^\s,\]}#=]+/y;
  found.lastIndex = start;
  const word = found.exec(text)?.[0] ?? "";
  const end = start + word.length;
  if (word === "true" || word === "false") return { value: word === "true", end };
  if (/^\d{4}-\d{2}-\d{2}|^\d{2}:\d{2}/.test(word)) throw new TomlFailure("date or time", false);
  const number = tomlNumber(word);
  if (number === null) throw new TomlFailure(word === "" ? "expected a value" : `'${word}' is no value`);
  return { value: number, end };
}

function tomlNumber(word: string): Json | null {
  const plain = word.replaceAll("_", "");
  if (/^[+-]?(0|[1-9](_?\d)*)$/.test(word)) return checked(BigInt(plain.replace(/^\+/, "")));
  if (
    /^0x[\da-fA-F](_?[\da-fA-F])*$/.test(word) ||
    /^0o[0-7](_?[0-7])*$/.test(word) ||
    /^0b[01](_?[01])*$/.test(word)
  ) {
    return checked(BigInt(plain));
  }
  if (/^[+-]?(0|[1-9](_?\d)*)(\.\d(_?\d)*)?([eE][+-]?\d(_?\d)*)?$/.test(word)) return { float: Number(plain) };
  const special = /^([+-]?)(inf|nan)$/.exec(word);
  if (!special) return null;
  if (special[2] === "nan") return { float: Number.NaN };
  return { float: special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY };
}

function checked(value: bigint): bigint {
  if (value >= 2n ** 63n || value < -(2n ** 63n)) throw new TomlFailure("integer out of range", false);
  return value;
}

function literal(text: string, start: number): { value: string; end: number } {
  const close = text.indexOf("'", start);
  const value = text.slice(start, close);
  if (close < 0 || hasControl(value, false)) throw new TomlFailure("unfinished string");
  return { value, end: close + 1 };
}

function longLiteral(text: string, start: number): { value: string; end: number } {
  const from = text[start] === "\n" ? start + 1 : start;
  const close = closing(text, from, "'''");
  const value = text.slice(from, close);
  if (hasControl(value, true)) throw new TomlFailure("control character");
  return { value, end: close + 3 };
}

/** The place of the closing quotes; up to two more quotes before them belong to the string. */
function closing(text: string, from: number, quotes: string): number {
  let close = text.indexOf(quotes, from);
  if (close < 0) throw new TomlFailure("unfinished string");
  for (let extra = 0; extra < 2 && text[close + 3] === quotes[0]; extra++) close++;
  return close;
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

function basic(text: string, start: number, isLong: boolean): { value: string; end: number } {
  let at = isLong && text[start] === "\n" ? start + 1 : start;
  let value = "";
  for (;;) {
    const c = text[at];
    if (c === undefined || (c === "\n" && !isLong)) throw new TomlFailure("unfinished string");
    if (c === '"' && (!isLong || text.startsWith('"""', at))) {
      if (!isLong) return { value, end: at + 1 };
      const close = closing(text, at, '"""');
      return { value: value + text.slice(at, close), end: close + 3 };
    }
    at++;
    if (c !== "\\") {
      if (hasControl(c, isLong)) throw new TomlFailure("control character");
      value += c;
      continue;
    }
    const kind = text[at++] ?? "";
    if (kind === "u" || kind === "U") {
      const length = kind === "u" ? 4 : 8;
      const digits = text.slice(at, at + length);
      const code = Number.parseInt(digits, 16);
      if (
        !/^[\da-fA-F]+$/.test(digits) ||
        digits.length < length ||
        code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000)
      ) {
        throw new TomlFailure("invalid escape");
      }
      if (code === 0) throw new TomlFailure("null character", false);
      value += String.fromCodePoint(code);
      at += length;
    } else if (kind in escapes) value += escapes[kind];
    else if (isLong && /[ \t\n]/.test(kind)) {
      // A backslash at the end of a line takes the line break and the spaces behind it away.
      const gap = /[ \t]*\n[ \t\n]*/y;
      gap.lastIndex = at - 1;
      const found = gap.exec(text);
      if (!found) throw new TomlFailure("invalid escape");
      at += found[0].length - 1;
    } else throw new TomlFailure("invalid escape");
  }
}

function hasControl(text: string, lines: boolean): boolean {
  return (lines ? /[\x00-\x08\x0b-\x1f\x7f]/ : /[\x00-\x08\x0a-\x1f\x7f]/).test(text);
}
