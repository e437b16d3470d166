import type { Expression, Root } from "./ast.ts";
import { expressions } from "./lower-expressions.ts";
import { Lowering } from "./lowering.ts";
import type { OldTree } from "./reuse.ts";
import type { SymbolTable } from "./symbols.ts";
import type { SyntaxProblem } from "./tree.ts";

export interface Lowered {
  readonly root: Root;
  /** What the parser could not read. */
  readonly errors: readonly SyntaxProblem[];
  /** What parsed but is an error in Nix all the same: goes along with a subtree that is used again. */
  readonly strict: readonly SyntaxProblem[];
  /** A subtree was left closed that the old tree does not have: the whole tree must be lowered instead. */
  readonly incomplete: boolean;
}

/** Makes syntax nodes of the records of one tree (see native.ts). Never throws: what makes no sense is a hole. */
export function lower(
  file: string,
  text: string,
  records: Int32Array,
  symbols: SymbolTable,
  old: OldTree | null,
): Lowered {
  const l = new Lowering(text, records, symbols, expressions, old);
  const body = whole(l);
  const tooLarge = l.errors.length > 0 && !l.isEmpty && !l.hasError(0);
  const root: Root = { kind: "root", parent: null, offset: 0, length: text.length, file, tooLarge, body };
  body.parent = root;
  if (l.errors.length === 0 && !l.isEmpty && l.hasError(0)) l.report(l.start(0), l.end(0), "unexpected");
  if (!l.incomplete) l.settle();
  return { root, errors: inOrder(l.errors), strict: inOrder(l.strict), incomplete: l.incomplete };
}

/** By position, and each once: a node whose records are read twice reports its errors twice. */
function inOrder(errors: readonly SyntaxProblem[]): SyntaxProblem[] {
  return [...errors]
    .sort((a, b) => a.start - b.start || a.end - b.end || (a.kind < b.kind ? -1 : Number(a.kind > b.kind)))
    .filter((e, i, all) => {
      const before = all[i - 1];
      return !before || e.start !== before.start || e.end !== before.end || e.kind !== before.kind;
    });
}

function whole(l: Lowering): Expression {
  const { length } = l.text;
  // tree-sitter skips a byte order mark, Nix does not.
  if (l.text.startsWith("\ufeff")) l.report(0, 1, "unexpected");
  if (l.isEmpty || l.isError(0)) {
    l.report(0, length, "unexpected");
    return l.hole(0, length, 0);
  }
  const [body] = l.kids(0);
  if (body !== undefined) return l.expression(body, 0, 0);
  // An empty file is an error in Nix.
  if (l.errors.length === 0) l.report(length, length, "missing");
  return l.hole(0, length, 0);
}
