import type { Position } from "../../base/lines.ts";
import type { Span } from "../../base/span.ts";
import type { Snapshot } from "../../engine/engine.ts";

/** A place as tools count it: lines and columns from 1, columns in UTF-16 code units. */
export interface ReportedPlace {
  /** Absolute. */
  readonly file: string;
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/** A span as lines and columns. In a file that cannot be read any more it is its first character. */
export function reportedPlace(span: Span, snapshot: Pick<Snapshot, "tree">): ReportedPlace {
  const lines = snapshot.tree(span.file)?.lines;
  const one = (position: Position | undefined) => ({
    line: (position?.line ?? 0) + 1,
    column: (position?.character ?? 0) + 1,
  });
  return { file: span.file, start: one(lines?.position(span.start)), end: one(lines?.position(span.end)) };
}
