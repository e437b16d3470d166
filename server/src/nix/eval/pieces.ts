import type { Hole, Pieces, TextPiece, Unknown } from "./value.ts";

/** The reason of every package of nixpkgs: its name is what was selected first. */
export const packageOfNixpkgs = "package of nixpkgs";

/** Beyond these, the middle of a text is no longer remembered. */
const mostPieces = 256;
const mostCharacters = 256 * 1024;

/** What a text that is not known as a whole is made of: without any knowledge, one hole. */
export function piecesOf(of: Unknown): Pieces {
  return of.shape?.pieces ?? [holeFor(of)];
}

/** The hole that an unknown value leaves in a text. */
export function holeFor(of: Unknown): Hole {
  const { type } = of.shape ?? {};
  return type === "integer" || type === "float" || type === "boolean" ? { why: of, word: true } : { why: of };
}

/** What is known of a text with these pieces; too many of them become one hole with the known beginning and end. */
export function textShape(pieces: Pieces): NonNullable<Unknown["shape"]> {
  let length = 0;
  for (const piece of pieces) if (typeof piece === "string") length += piece.length;
  if (pieces.length <= mostPieces && length <= mostCharacters) return { type: "string", pieces };
  const hole = pieces.find((piece): piece is Hole => typeof piece !== "string");
  if (!hole) return { type: "string" };
  const [prefix, suffix] = [beginningOf(pieces), endOf(pieces)];
  return { type: "string", pieces: [{ why: hole.why, ...(prefix ? { prefix } : {}), ...(suffix ? { suffix } : {}) }] };
}

/** Pieces one after the other; texts that meet become one. */
export function joinPieces(parts: Iterable<TextPiece>): Pieces {
  const joined: TextPiece[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part === "") continue;
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

/** The text that an unknown string surely begins with; "" where nothing is known. */
export function prefixOf(of: Unknown): string {
  return of.shape?.pieces ? beginningOf(of.shape.pieces) : "";
}

/** The text that an unknown string surely ends with; "" where nothing is known. */
export function suffixOf(of: Unknown): string {
  return of.shape?.pieces ? endOf(of.shape.pieces) : "";
}

function beginningOf(pieces: Pieces): string {
  const [first, second] = pieces;
  if (typeof first !== "string") return first?.prefix ?? "";
  return typeof second === "object" ? first + (second.prefix ?? "") : first;
}

function endOf(pieces: Pieces): string {
  const [before, last] = pieces.length > 1 ? pieces.slice(-2) : [undefined, pieces[0]];
  if (typeof last !== "string") return last?.suffix ?? "";
  return typeof before === "object" ? (before.suffix ?? "") + last : last;
}

/** The file or folder, in the copy of which in the Nix store the text is a path; null where it is no such path. */
export function sourceOf(of: Unknown): string | null {
  const [first, ...rest] = of.shape?.pieces ?? [];
  if (typeof first !== "object" || first.source === undefined) return null;
  return rest.every((piece) => typeof piece === "string") ? first.source + rest.join("") : null;
}

/** What is known of a package of nixpkgs by its name alone: as a string it is the path of its output. */
export function packageShape(name: string, why: Unknown): NonNullable<Unknown["shape"]> {
  return { pieces: [{ why, word: true, prefix: "/nix/store/", package: name }] };
}

/** The name of the package of nixpkgs that this is, or whose store path; null when it is something else. */
export function packageOf(of: Unknown): string | null {
  const [only, more] = of.shape?.pieces ?? [];
  return typeof only === "object" && more === undefined ? (only.package ?? null) : null;
}

/**
 * The pieces after an operation that goes character by character. `changes` says which characters it may change: "special"
 * ones (quotes, blanks and the like), so that the value of a store path stays; or "any".
 */
export function mapPieces(pieces: Pieces, change: (text: string) => string, changes: "special" | "any"): Pieces {
  return pieces.map((piece) => {
    if (typeof piece === "string") return change(piece);
    return changes === "special" && piece.word ? piece : { why: piece.why };
  });
}

/** Is the hole the path of something in the Nix store, whose characters are known? */
export function isStorePath(hole: Hole): boolean {
  return hole.package !== undefined || hole.source !== undefined || hole.prefix?.startsWith("/nix/store/") === true;
}
