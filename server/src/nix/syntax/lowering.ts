import type { Expression, Hole, Node } from "./ast.ts";
import { errorSymbol, flag } from "./native.ts";
import type { OldTree } from "./reuse.ts";
import type { Rule, SymbolTable } from "./symbols.ts";
import type { SyntaxProblem } from "./tree.ts";

/** Makes the node of one record; `base` is where the parent starts. */
export type Make = (l: Lowering, record: number, base: number) => Expression;
export type Makers = { readonly [R in Rule]?: Make };

/** A stretch of the text that an error takes, or at which something is missing (then it is empty). */
export interface Problem {
  readonly start: number;
  readonly end: number;
  readonly missing: boolean;
}

/** The records of one tree (see native.ts) while nodes are made of them. A record is named by its number. */
export class Lowering {
  readonly text: string;
  readonly errors: SyntaxProblem[] = [];
  /** What parsed but is an error in Nix all the same. */
  readonly strict: SyntaxProblem[] = [];
  /** Set when a subtree was left closed and the old tree does not have it after all. */
  incomplete = false;
  readonly #data: Int32Array;
  readonly #symbols: SymbolTable;
  readonly #makers: Makers;
  readonly #old: OldTree | null;
  readonly #moves: { readonly node: Node; readonly offset: number }[] = [];

  constructor(text: string, records: Int32Array, symbols: SymbolTable, makers: Makers, old: OldTree | null) {
    this.text = text;
    this.#data = records;
    this.#symbols = symbols;
    this.#makers = makers;
    this.#old = old;
  }

  get isEmpty(): boolean {
    return this.#data.length === 0;
  }

  start(record: number): number {
    return this.#data[record * 4 + 1] as number;
  }

  end(record: number): number {
    return this.#data[record * 4 + 2] as number;
  }

  length(record: number): number {
    return (this.#data[record * 4 + 2] as number) - (this.#data[record * 4 + 1] as number);
  }

  slice(record: number): string {
    return this.text.slice(this.start(record), this.end(record));
  }

  rule(record: number): Rule | undefined {
    return this.#symbols.rules[this.#symbol(record)];
  }

  hasError(record: number): boolean {
    return this.#flagged(record, flag.hasError);
  }

  isError(record: number): boolean {
    return this.#symbol(record) === errorSymbol;
  }

  /** The records right below; errors among them are reported and left out. */
  kids(record: number): number[] {
    const all = this.kidsAndErrors(record);
    return this.hasError(record) ? all.filter((kid) => !this.isError(kid)) : all;
  }

  /** The records right below with the errors among them, which are reported; without tokens that are missing. */
  kidsAndErrors(record: number): number[] {
    const found: number[] = [];
    const after = this.#data[record * 4 + 3] as number;
    const careful = this.hasError(record);
    for (let at = record + 1; at < after; at = this.#data[at * 4 + 3] as number) {
      if (!careful || this.#reported(at)) found.push(at);
    }
    return found;
  }

  /** Whether the parser left something out right below the record. */
  hasErrorBelow(record: number): boolean {
    return this.hasError(record) && this.problems(record).some((problem) => !problem.missing);
  }

  /** The errors right below, and what is missing. Not reported: {@link kids} does. */
  problems(record: number): Problem[] {
    if (!this.hasError(record)) return [];
    const found: Problem[] = [];
    const after = this.#data[record * 4 + 3] as number;
    for (let at = record + 1; at < after; at = this.#data[at * 4 + 3] as number) {
      const missing = this.#flagged(at, flag.missing);
      if (missing || this.isError(at)) found.push({ start: this.start(at), end: this.end(at), missing });
    }
    return found;
  }

  report(start: number, end: number, kind: SyntaxProblem["kind"]): void {
    this.errors.push({ start, end, kind });
  }

  reportStrict(start: number, end: number): void {
    this.strict.push({ start, end, kind: "unexpected" });
  }

  hole(start: number, end: number, base: number): Hole {
    return { kind: "hole", parent: null, offset: start - base, length: end - start };
  }

  /** The record as an expression. Without one: a hole at `otherwise`. */
  expression(record: number | undefined, base: number, otherwise: number): Expression {
    if (record === undefined) return this.hole(otherwise, otherwise, base);
    const rule = this.rule(record);
    const make = rule && this.#makers[rule];
    if (this.hasError(record) && this.start(record) === this.end(record)) {
      // A name that is not there, within the node of its use.
      this.report(this.start(record), this.end(record), "missing");
    } else if (make && !tolerant.has(rule) && this.hasErrorBelow(record)) {
      // What remains of the code is not what its author meant.
      this.kids(record);
    } else if (make) {
      if (!this.#flagged(record, flag.tooDeep)) {
        return (this.again(record, base) as Expression | null) ?? make(this, record, base);
      }
      this.report(this.start(record), this.end(record), "unexpected");
    }
    return this.hole(this.start(record), this.end(record), base);
  }

  /**
   * The node that stood for the same text before the edit, moved to where it is now; null when there is none. Sound
   * because the kind and the text of a subtree without errors determine all that is in it.
   */
  again(record: number, base: number): Node | null {
    const kind = this.#symbols.kinds[this.#symbol(record)];
    if (!this.#old || !kind || this.hasError(record)) return null;
    const start = this.start(record);
    const node = this.#old.take(kind, start, this.end(record), this.strict);
    if (node) this.#moves.push({ node, offset: start - base });
    else if (this.#flagged(record, flag.kept) && this.#symbols.wanted[this.#symbol(record)] !== 3) {
      this.incomplete = true;
    }
    return node;
  }

  /** Puts the nodes that are used again to their new places; only after the last search in the old tree. */
  settle(): void {
    for (const { node, offset } of this.#moves) (node as { offset: number }).offset = offset;
  }

  #symbol(record: number): number {
    return (this.#data[record * 4] as number) & 0xffff;
  }

  #flagged(record: number, bit: number): boolean {
    return (((this.#data[record * 4] as number) >>> 16) & bit) !== 0;
  }

  /** Reports an error or a missing token. A name or literal that is missing still stands for what should be there. */
  #reported(record: number): boolean {
    if (this.isError(record)) {
      this.report(this.start(record), this.end(record), "unexpected");
      return true;
    }
    if (!this.#flagged(record, flag.missing)) return true;
    this.report(this.start(record), this.end(record), "missing");
    const rule = this.rule(record);
    return rule !== undefined && rule !== "operator";
  }
}

/** Rules whose makers put a hole just where the error is. */
const tolerant: ReadonlySet<Rule> = new Set<Rule>([
  "attrset_expression",
  "rec_attrset_expression",
  "let_attrset_expression",
  "let_expression",
  "list_expression",
  "string_expression",
  "indented_string_expression",
]);

/** Points the children to their parent. */
export function adopt<T extends Node>(parent: T, ...children: readonly (Node | null)[]): T {
  for (const child of children) if (child) child.parent = parent;
  return parent;
}

export function adoptAll<T extends Node>(parent: T, children: readonly Node[]): T {
  for (const child of children) child.parent = parent;
  return parent;
}
