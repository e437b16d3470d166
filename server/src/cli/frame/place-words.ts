import { printable } from "../../base/printable.ts";
import type { Span } from "../../base/span.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { pathForPeople } from "./display-path.ts";

/** `file:line:column`, from 1, as terminals and editors make links of. */
export function placeWords(span: Span, snapshot: Pick<Snapshot, "tree">, cwd: string): string {
  const position = snapshot.tree(span.file)?.lines.position(span.start);
  const path = printable(pathForPeople(span.file, cwd));
  return position === undefined ? path : `${path}:${position.line + 1}:${position.character + 1}`;
}
