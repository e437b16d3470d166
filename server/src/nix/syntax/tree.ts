import type { LineIndex } from "../../base/lines.ts";
import type { Root } from "./ast.ts";

/** A place that the parser could not read: what stands there is a `hole` in the tree. */
export interface SyntaxProblem {
  readonly start: number;
  readonly end: number;
  readonly kind: "unexpected" | "missing";
}

export interface Comment {
  readonly start: number;
  readonly end: number;
  /** With its `#` or slash-star marks. */
  readonly text: string;
}

/** One parsed text. There is always a tree; a text that is not Nix has holes and errors. */
export interface SyntaxTree {
  readonly file: string;
  readonly text: string;
  readonly root: Root;
  readonly errors: readonly SyntaxProblem[];
  readonly lines: LineIndex;
  /** In order of appearance; computed at the first call. */
  comments(): readonly Comment[];
}
