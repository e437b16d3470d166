import { LineIndex } from "../../base/lines.ts";
import type { WasmModules } from "../../base/wasm.ts";
import type { Hole, Root } from "./ast.ts";
import { commentsOf } from "./comments.ts";
import { difference } from "./difference.ts";
import { type Lowered, lower } from "./lower.ts";
import { type Changed, depthLimits, loadNative, type Native, type NativeTree } from "./native.ts";
import { OldTree } from "./reuse.ts";
import { type SymbolTable, symbolTable } from "./symbols.ts";
import type { Comment, SyntaxProblem, SyntaxTree } from "./tree.ts";

export interface NixParser {
  /**
   * Parses any text. With `previous`, the tree of an earlier text of the same file, only what changed is parsed, and the
   * nodes of the rest are the same objects as before: `previous` is used up by this, its nodes belong to the new tree.
   */
  parse(file: string, text: string, previous?: SyntaxTree): SyntaxTree;
}

/** @throws when the bytes are not these modules; parsing itself never throws. */
export async function createParser(wasm: WasmModules): Promise<NixParser> {
  const native = await loadNative(wasm);
  return new Parser(native, symbolTable(native.symbols));
}

class Parser implements NixParser {
  readonly #native: Native;
  readonly #symbols: SymbolTable;
  readonly #kept = new KeptTrees();

  constructor(native: Native, symbols: SymbolTable) {
    this.#native = native;
    this.#symbols = symbols;
  }

  parse(file: string, text: string, previous?: SyntaxTree): SyntaxTree {
    const old = previous instanceof ParsedTree && previous.file === file ? previous : null;
    if (old?.text === text && !old.used) return old;
    const source = old && !old.source.used ? old.source : null;
    const tree = this.#parse(text, old);
    const { root, errors, strict } = tree ? this.#lower(file, text, tree, source) : unreadable(file, text);
    const parsed = new ParsedTree(file, text, root, errors, strict);
    if (source) {
      // While the whole text makes no sense (a brace is open) the nodes from before wait for the next text.
      if (root.body.kind === "hole") parsed.source = source;
      else source.used = true;
    }
    if (old) this.#kept.drop(old);
    if (tree) this.#kept.keep(parsed, tree);
    return parsed;
  }

  #parse(text: string, old: ParsedTree | null): NativeTree | null {
    const before = old && this.#kept.get(old);
    if (!before) return this.#native.parse(text);
    this.#native.edit(before, difference(old.text, text), old.lines, text);
    return this.#native.parse(text, before);
  }

  #lower(file: string, text: string, tree: NativeTree, source: ParsedTree | null): Lowered {
    for (const depth of depthLimits) {
      try {
        return this.#lowerTo(depth, file, text, tree, source);
      } catch (error) {
        // The stack has an end; a tree with holes is better than none.
        if (!(error instanceof RangeError)) throw error;
      }
    }
    return unreadable(file, text);
  }

  #lowerTo(depth: number, file: string, text: string, tree: NativeTree, source: ParsedTree | null): Lowered {
    const flat = (changed: Changed | null) => this.#native.flatten(tree, this.#symbols.wanted, changed, depth);
    // A text of mostly errors (a binary file) is cheaper to lower than to compare.
    if (!source || source.parseErrors.length > 200) return lower(file, text, flat(null), this.#symbols, null);
    const edit = difference(source.text, text);
    const before = () => new OldTree(source.root, edit, source.parseErrors, source.strictErrors);
    const first = lower(file, text, flat({ start: edit.start, end: edit.newEnd }), this.#symbols, before());
    return first.incomplete ? lower(file, text, flat(null), this.#symbols, before()) : first;
  }
}

/** A text of which nothing is known. */
function unreadable(file: string, text: string): Lowered {
  const error: SyntaxProblem = { start: 0, end: text.length, kind: "unexpected" };
  const body: Hole = { kind: "hole", parent: null, offset: 0, length: text.length };
  const root: Root = { kind: "root", parent: null, offset: 0, length: text.length, file, tooLarge: true, body };
  body.parent = root;
  return { root, errors: [error], strict: [], incomplete: false };
}

class ParsedTree implements SyntaxTree {
  readonly file: string;
  readonly text: string;
  readonly root: Root;
  readonly errors: readonly SyntaxProblem[];
  readonly parseErrors: readonly SyntaxProblem[];
  readonly strictErrors: readonly SyntaxProblem[];
  /** Its nodes have gone over to a newer tree. */
  used = false;
  /** The tree whose nodes the next text may use again: an earlier one when this one has none. */
  source: ParsedTree = this;
  #lines: LineIndex | null = null;
  #comments: readonly Comment[] | null = null;

  constructor(
    file: string,
    text: string,
    root: Root,
    parse: readonly SyntaxProblem[],
    strict: readonly SyntaxProblem[],
  ) {
    this.file = file;
    this.text = text;
    this.root = root;
    this.parseErrors = parse;
    this.strictErrors = strict;
    this.errors = strict.length === 0 ? parse : [...parse, ...strict].sort((a, b) => a.start - b.start);
  }

  get lines(): LineIndex {
    this.#lines ??= new LineIndex(this.text);
    return this.#lines;
  }

  comments(): readonly Comment[] {
    this.#comments ??= commentsOf(this.text, this.root);
    return this.#comments;
  }
}

/**
 * tree-sitter's trees of the files that were parsed last: memory that is freed only by hand. A file whose tree is gone is
 * parsed as a whole at its next edit, once; its nodes are still found again by their text.
 */
class KeptTrees {
  readonly #trees = new Map<ParsedTree, NativeTree>();
  #characters = 0;

  get(parsed: ParsedTree): NativeTree | undefined {
    return this.#trees.get(parsed);
  }

  keep(parsed: ParsedTree, tree: NativeTree): void {
    if (parsed.text.length > mostCharacters) {
      tree.delete();
      return;
    }
    this.#trees.set(parsed, tree);
    this.#characters += parsed.text.length;
    for (const oldest of this.#trees.keys()) {
      if (oldest === parsed || (this.#trees.size <= mostTrees && this.#characters <= mostCharacters)) break;
      this.drop(oldest);
    }
  }

  drop(parsed: ParsedTree): void {
    const tree = this.#trees.get(parsed);
    if (!tree) return;
    this.#trees.delete(parsed);
    this.#characters -= parsed.text.length;
    tree.delete();
  }
}

const mostTrees = 24;
/** A native tree takes some ten times the memory of its text. */
const mostCharacters = 2_000_000;
