import type { Expression } from "./ast.ts";

/** Whether `node` stands where Nix takes several words only in parentheses: in a list, as an operand, as an argument … */
export function needsAtom(node: Expression): boolean {
  switch (node.parent?.kind) {
    case "list":
    case "apply":
    case "select":
    case "has":
    case "unary":
    case "binary":
      return true;
    default:
      return false;
  }
}

/** Whether `code` is one word, string, list, set or parenthesised expression. In doubt no: parentheses never harm. */
export function isAtom(code: string): boolean {
  const text = code.trim();
  if (/^[a-zA-Z_][\w'-]*(\.[a-zA-Z_][\w'-]*)*$/.test(text)) return !keyword.test(text);
  if (/^(\d+|\d+\.\d+|<[\w.+/-]+>|[\w.+-]*(\/[\w.+-]+)+)$/.test(text)) return true;
  const start = /^rec\s*\{/.test(text) ? text.indexOf("{") : 0;
  return start < text.length && closingOf(text, start) === text.length;
}

const keyword = /^(if|then|else|assert|with|let|in|rec|inherit|or)$/;

const closers: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** After the end of the string or bracket that opens at `start`; -1 when there is none or it does not end. */
function closingOf(text: string, start: number): number {
  const expected: string[] = [];
  let at = start;
  while (at < text.length) {
    const inside = expected.at(-1);
    if (inside === '"' || inside === "''") {
      at = afterText(text, at, inside);
      if (text.startsWith("${", at)) {
        expected.push("}");
        at += 2;
        continue;
      }
      if (at >= text.length) return -1;
      expected.pop();
      at += inside.length;
    } else {
      const next = token(text, at);
      const closer = closers[next];
      if (next === '"' || next === "''") expected.push(next);
      else if (closer) expected.push(closer);
      else if (next === inside) expected.pop();
      at += next.length;
    }
    if (expected.length === 0) return at;
  }
  return -1;
}

/** The bracket, quotes, comment or other character at `at`. */
function token(text: string, at: number): string {
  const found = /^(?:''|#[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)/.exec(text.slice(at));
  return found?.[0] ?? (text[at] as string);
}

/** Where the text of a string ends: at its quotes or at an interpolation. */
function afterText(text: string, from: number, quotes: string): number {
  const piece =
    quotes === '"' ? /(?:[^"\\$]|\\[\s\S]|\$(?!\{))*/y : /(?:'''|''\$|''\\[\s\S]|\$\$|[^'$]|'(?!')|\$(?!\{))*/y;
  piece.lastIndex = from;
  piece.test(text);
  return piece.lastIndex;
}
