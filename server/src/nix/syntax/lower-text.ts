import type { Expression, Interpolation, PathLiteral, StringLiteral, TextPart } from "./ast.ts";
import { interpolation } from "./lower-bindings.ts";
import { adopt, adoptAll, type Lowering } from "./lowering.ts";
import { stripIndented, unescapeQuoted } from "./strings.ts";

type Part = TextPart | Interpolation;
/** A stretch of text, or an interpolation that stands between two. */
type Piece = { readonly start: number; readonly end: number; readonly part: Interpolation | null };

/** `"…"` */
export function quoted(l: Lowering, record: number, base: number): StringLiteral {
  const found = pieces(l, record, 1, 1);
  reportNull(l, found);
  const values = found.map((piece) => (piece.part ? null : unescapeQuoted(l.text.slice(piece.start, piece.end))));
  return string(l, record, base, "quoted", found, values);
}

/** `''…''` */
export function indented(l: Lowering, record: number, base: number): StringLiteral {
  const found = pieces(l, record, 2, 2);
  reportNull(l, found);
  const values = stripIndented(found.map((piece) => (piece.part ? null : l.text.slice(piece.start, piece.end))));
  return string(l, record, base, "indented", found, values);
}

/** `https://example.org` */
export function uri(l: Lowering, record: number, base: number): StringLiteral {
  const found = [{ start: l.start(record), end: l.end(record), part: null }];
  return string(l, record, base, "uri", found, [l.slice(record)]);
}

/** `./a/${b}`, `/a`, `~/a` */
export function path(l: Lowering, record: number, base: number): PathLiteral {
  const first = l.text[l.start(record)];
  const style = first === "~" ? "home" : first === "/" ? "absolute" : "relative";
  const found = pieces(l, record, 0, 0);
  reportDoubledSlash(l, found);
  const last = l.end(record) - 1;
  if (l.text[last] === "/") l.reportStrict(last, last + 1);
  const parts = partsOf(l, record, found, (piece) => l.text.slice(piece.start, piece.end));
  return adoptAll(
    { kind: "path", parent: null, offset: l.start(record) - base, length: l.length(record), style, parts },
    parts,
  );
}

/** Strings of Nix hold no null character. */
function reportNull(l: Lowering, found: readonly Piece[]): void {
  for (const { start, end, part } of found) {
    if (part) continue;
    const at = l.text.slice(start, end).indexOf("\0");
    if (at >= 0) l.reportStrict(start + at, start + at + 1);
  }
}

/**
 * A doubled slash splits a path into two tokens, of which Nix's parser takes the second only right before the first
 * interpolation or anywhere after it.
 */
function reportDoubledSlash(l: Lowering, found: readonly Piece[]): void {
  const [first] = found;
  if (!first || first.part) return;
  const at = l.text.slice(first.start, first.end).indexOf("//");
  if (at < 0) return;
  const again = l.text.slice(first.start + at + 1, first.end).includes("//");
  if (found.length === 1 || again) l.reportStrict(first.start + at, first.start + at + 2);
}

/** `<nixpkgs/lib>` */
export function searchPath(l: Lowering, record: number, base: number): PathLiteral {
  const found = [{ start: l.start(record) + 1, end: l.end(record) - 1, part: null }];
  const parts = partsOf(l, record, found, (piece) => l.text.slice(piece.start, piece.end));
  return adoptAll(
    { kind: "path", parent: null, offset: l.start(record) - base, length: l.length(record), style: "search", parts },
    parts,
  );
}

function string(
  l: Lowering,
  record: number,
  base: number,
  style: StringLiteral["style"],
  found: readonly Piece[],
  values: readonly (string | null)[],
): StringLiteral {
  const parts = partsOf(l, record, found, (_, i) => values[i] ?? "");
  return adoptAll(
    { kind: "string", parent: null, offset: l.start(record) - base, length: l.length(record), style, parts },
    parts,
  );
}

function partsOf(
  l: Lowering,
  record: number,
  found: readonly Piece[],
  value: (piece: Piece, i: number) => string,
): Part[] {
  const base = l.start(record);
  const parts: Part[] = [];
  found.forEach((piece, i) => {
    const { start, end, part } = piece;
    if (part) parts.push(part);
    else if (end > start) {
      parts.push({ kind: "text", parent: null, offset: start - base, length: end - start, value: value(piece, i) });
    }
  });
  return parts;
}

/** The text between interpolations; text alternates with them, so that some of it may be empty. */
function pieces(l: Lowering, record: number, open: number, close: number): Piece[] {
  const base = l.start(record);
  const problems = l.problems(record);
  const unclosed = problems.find((problem) => problem.missing);
  const last = unclosed ? unclosed.start : Math.max(base + open, l.end(record) - close);

  const holes: Piece[] = l
    .kids(record)
    .filter((kid) => l.rule(kid) === "interpolation")
    .map((kid) => ({ start: l.start(kid), end: l.end(kid), part: interpolation(l, kid, base) }));
  for (const { start, end, missing } of problems) {
    if (missing || end > start) holes.push({ start, end, part: unknownPart(l, start, end, base) });
  }
  if (problems.length > 0) holes.sort((a, b) => a.start - b.start);

  const found: Piece[] = [];
  let at = Math.min(base + open, last);
  for (const hole of holes) {
    found.push({ start: at, end: Math.max(at, hole.start), part: null }, hole);
    at = hole.end;
  }
  found.push({ start: at, end: Math.max(at, last), part: null });
  return found;
}

/** Text in which the parser lost its way: any string may stand there. */
function unknownPart(l: Lowering, start: number, end: number, base: number): Interpolation {
  const body: Expression = l.hole(start, end, start);
  return adopt({ kind: "interpolation", parent: null, offset: start - base, length: end - start, body }, body);
}
