/** What is being typed at the cursor, by the text before it only: half-typed Nix has no useful tree there. */
export interface Cursor {
  /** Names of the sets and lists around the cursor, from the outside; `*` is an element of a list. */
  readonly path: readonly string[];
  /** A name of an attribute, or the value of the last name in `path`. */
  readonly kind: "name" | "value";
  /** What stands there already, up to the cursor. */
  readonly typed: string;
  /** Offset at which `typed` begins. */
  readonly start: number;
  /** Inside of `"…"` or `''…''`. */
  readonly quoted: boolean;
}

/** One bracket or string that is open at the cursor. */
interface Frame {
  readonly opener: "{" | "[" | "(" | "${" | '"' | "''" | "file";
  readonly path: readonly string[];
  /** Offset behind the opener. */
  readonly start: number;
  /** Names of the binding that is being written, and whether its `=` is there. */
  names: string[];
  assigned: boolean;
  /** Where the value begins, behind the `=`. */
  valueStart: number;
  /** `with x;` and `assert x;`: their semicolon does not end the binding. */
  skipSemicolons: number;
  /** Paths of options of microvm.nix that are defined in it. */
  seen: string[][];
}

const identifier = /[A-Za-z_][\w'-]*/y;

/** Reads the text up to the cursor; null in comments and where neither a name nor a value is written. */
export function cursorContext(text: string, offset: number): Cursor | null {
  const stack = stackAt(text, offset);
  return stack && describe(text, offset, stack);
}

/**
 * Which options of microvm.nix are defined in the sets around the cursor, before and behind it; what is being typed there
 * is none of them. Paths as in {@link Cursor}; elements of lists are apart from each other.
 */
export function definedAround(text: string, offset: number): readonly (readonly string[])[] {
  const before = stackAt(text, offset);
  if (!before) return [];
  const stack = copy(before);
  const frames = [...stack];
  const top = stack[stack.length - 1] as Frame;
  if (top.opener === '"' || top.opener === "''") return [];
  reset(top);
  let at = offset;
  while (/[\w'-]/.test(text[at] ?? "")) at++;
  const end = Math.min(text.length, at + farthest);
  while (at < end && stack.length > 0) {
    const next = step(text, at, end, stack);
    if (next === null) break;
    at = next;
  }
  return frames.flatMap(({ seen }) => seen);
}

/** So far behind the cursor definitions are looked for, in code units. */
const farthest = 200_000;

/** The brackets that are open at the cursor; null in comments. */
function stackAt(text: string, offset: number): Frame[] | null {
  let { at, stack } = resume(text, offset);
  let next = at + pointDistance;
  while (at < offset) {
    if (at >= next) {
      notePoint(text, at, stack);
      next = at + pointDistance;
    }
    const top = stack[stack.length - 1] as Frame;
    if (top.opener !== '"' && top.opener !== "''" && isNameStart(text.charCodeAt(at))) {
      identifier.lastIndex = at;
      // A name that the cursor touches is still being typed.
      if (at + (identifier.exec(text)?.[0] ?? "").length >= offset) break;
    }
    const end = step(text, at, offset, stack);
    if (end === null) return null;
    at = end;
  }
  return stack;
}

/** Reads one word or sign and returns where the next one begins; null where a comment reaches the limit. */
function step(text: string, at: number, limit: number, stack: Frame[]): number | null {
  const top = stack[stack.length - 1] as Frame;
  if (top.opener === '"' || top.opener === "''") return stringPart(text, at, limit, stack);
  const code = text.charCodeAt(at);
  if (code === 35 /* # */) {
    const end = text.indexOf("\n", at);
    return end < 0 || end >= limit ? null : end + 1;
  }
  if (code === 47 && text[at + 1] === "*") {
    const end = text.indexOf("*/", at + 2);
    return end < 0 || end + 2 > limit ? null : end + 2;
  }
  if (!isNameStart(code)) return at + symbol(text, at, stack);
  identifier.lastIndex = at;
  const name = identifier.exec(text)?.[0] ?? "";
  takeName(top, name);
  return at + name.length;
}

/** Where reading stood at one place, so that the next question need not begin at the first line. */
interface Point {
  readonly at: number;
  readonly stack: readonly Frame[];
}

const pointDistance = 4096;

/** Of the text that was asked about last: while somebody types, all before the cursor stays as it was. */
let last: { text: string; points: Point[] } = { text: "", points: [] };

function resume(text: string, offset: number): { at: number; stack: Frame[] } {
  const { points } = last;
  if (text !== last.text) {
    // What stands right behind a point has decided where the words before it end.
    const same = points.findLastIndex(({ at }) => text.startsWith(last.text.slice(0, at + 8)));
    last = { text, points: points.slice(0, same + 1) };
  }
  // A name that ends at the cursor is still being typed: it must not have been read by then.
  const point = last.points.findLast(({ at }) => at + pointDistance <= offset);
  return point ? { at: point.at, stack: copy(point.stack) } : { at: 0, stack: [frame("file", [], 0)] };
}

function notePoint(text: string, at: number, stack: readonly Frame[]): void {
  if (last.text !== text || (last.points.at(-1)?.at ?? -1) >= at) return;
  last.points.push({ at, stack: copy(stack) });
}

function copy(stack: readonly Frame[]): Frame[] {
  return stack.map((each) => ({ ...each, names: [...each.names], seen: [...each.seen] }));
}

function describe(text: string, offset: number, stack: readonly Frame[]): Cursor | null {
  const top = stack[stack.length - 1] as Frame;
  if (top.opener === '"' || top.opener === "''") {
    return { path: top.path, kind: "value", typed: text.slice(top.start, offset), start: top.start, quoted: true };
  }
  if (top.opener === "{" || top.opener === "file") {
    if (top.assigned) return bareValue(text, offset, [...top.path, ...top.names], top.valueStart);
    const start = wordStart(text, offset);
    return { path: [...top.path, ...top.names], kind: "name", typed: text.slice(start, offset), start, quoted: false };
  }
  return top.opener === "[" ? bareValue(text, offset, top.path, top.start) : null;
}

/** A value that is only one word, or not begun yet. */
function bareValue(text: string, offset: number, path: readonly string[], from: number): Cursor | null {
  const start = wordStart(text, offset);
  if (text.slice(from, start).trim() !== "") return null;
  return { path, kind: "value", typed: text.slice(start, offset), start, quoted: false };
}

function symbol(text: string, at: number, stack: Frame[]): number {
  const top = stack[stack.length - 1] as Frame;
  const two = text.slice(at, at + 2);
  if (two === "''" || text[at] === '"') {
    const opener = two === "''" ? "''" : '"';
    stack.push(frame(opener, inner(top, false), at + opener.length));
    return opener.length;
  }
  if (two === "${") {
    stack.push(frame("${", [], at + 2));
    return 2;
  }
  if (two === "==" || two === "!=" || two === "<=" || two === ">=") return 2;
  switch (text[at]) {
    case "{":
      stack.push(frame("{", inner(top, false), at + 1));
      break;
    case "[":
      stack.push(frame("[", inner(top, true), at + 1));
      break;
    case "(":
      stack.push(frame("(", inner(top, false), at + 1));
      break;
    case "}":
    case "]":
    case ")":
      if (stack.length > 1) closeBracket(stack);
      break;
    case "=":
      top.assigned = true;
      top.valueStart = at + 1;
      break;
    case ";":
      if (top.skipSemicolons > 0) top.skipSemicolons--;
      else {
        note(top);
        reset(top);
      }
      break;
    case ":":
      // What stood before was the argument of a function: its body is what the names before belong to.
      if (!top.assigned) top.names = [];
      break;
  }
  return 1;
}

/** The path inside of a bracket that opens here. */
function inner(top: Frame, list: boolean): readonly string[] {
  const names = top.assigned ? [...top.path, ...top.names] : top.path;
  return list ? [...names, "*"] : names;
}

/** Goes on within a string; returns the offset behind what was read. */
function stringPart(text: string, at: number, offset: number, stack: Frame[]): number {
  const { opener } = stack[stack.length - 1] as Frame;
  for (let i = at; i < offset; i++) {
    const code = text.charCodeAt(i);
    if (code === 36 && text[i + 1] === "{") {
      stack.push(frame("${", [], i + 2));
      return i + 2;
    }
    if (opener === '"') {
      if (code === 92) i++;
      else if (code === 34) return closeString(text, i, 1, stack);
    } else if (code === 39 && text[i + 1] === "'") {
      const next = text[i + 2];
      if (next === "'" || next === "$" || next === "\\") i += 2;
      else return closeString(text, i, 2, stack);
    } else if (code === 36 && text[i + 1] === "$") i++;
  }
  return offset;
}

function closeString(text: string, at: number, length: number, stack: Frame[]): number {
  const closed = stack.pop();
  const top = stack[stack.length - 1];
  // A quoted name: "web" in microvm.vms."web".
  if (closed && top && !top.assigned && top.opener !== "[" && top.opener !== "(")
    top.names.push(text.slice(closed.start, at));
  return at + length;
}

function takeName(top: Frame, name: string): void {
  if (name === "with" || name === "assert") top.skipSemicolons++;
  else if (name === "let" || name === "in" || name === "rec" || name === "inherit") {
    if (!top.assigned) top.names = [];
  } else if (!top.assigned) top.names.push(name);
}

/** What a set defines counts for the one around it; elements of lists and what is computed are apart. */
function closeBracket(stack: Frame[]): void {
  const closed = stack.pop() as Frame;
  const around = stack[stack.length - 1];
  if (closed.opener === "{" && around && (around.opener === "{" || around.opener === "file"))
    around.seen.push(...closed.seen);
}

/** Takes down that a binding ends here, where it may be one of microvm.nix or of our own module. */
function note(top: Frame): void {
  if (!top.assigned || top.names.length === 0) return;
  const path = [...top.path, ...top.names];
  if (path.includes("microvm") || path.includes("microvm-lens")) top.seen.push(path);
}

function reset(top: Frame): void {
  top.names = [];
  top.assigned = false;
}

function frame(opener: Frame["opener"], path: readonly string[], start: number): Frame {
  return { opener, path, start, names: [], assigned: false, valueStart: start, skipSemicolons: 0, seen: [] };
}

function wordStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && /[\w'-]/.test(text[start - 1] as string)) start--;
  return start;
}

function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}
