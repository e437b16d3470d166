/**
 * Text from outside (labels, paths, another program's words) made fit to be shown: control characters, escape
 * sequences, marks that turn the direction of writing and characters without a shape become visible escapes.
 * A lone surrogate U+DC80…U+DCFF stands for a byte that was not UTF-8 (see utf8.ts) and is shown as `\xNN`.
 */
export function printable(text: string): string {
  return suspicious.test(text) ? text.replace(everySuspicious, visible) : text;
}

/** C0, DEL, C1, soft hyphen, zero-width and directional marks, line separators, BOM, tags, surrogates on their own. */
const hidden =
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]" +
  "|[\\u{e0000}-\\u{e007f}]|\\p{Surrogate}";
const suspicious = new RegExp(hidden, "u");
const everySuspicious = new RegExp(hidden, "gu");

/**
 * JSON in which the same characters are escapes that mean them: a terminal or log shows what is there, and a program reads
 * what was meant.
 */
export function printableJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  // Line ends of the layout are no part of any text.
  return suspicious.test(json) ? json.replace(everySuspicious, (each) => (each === "\n" ? each : escaped(each))) : json;
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}

function visible(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code === 9) return "\\t";
  if (code === 10) return "\\n";
  if (code === 13) return "\\r";
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
