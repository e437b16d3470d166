import { Edit, type Language, Parser, type Tree } from "web-tree-sitter";
import { giveWayUnharmed } from "../../base/giving-way.ts";
import { LineIndex } from "../../base/lines.ts";
import { loadGrammar, type Runtime, startRuntime } from "../../base/tree-sitter.ts";
import type { WasmModules } from "../../base/wasm.ts";
import type { Difference } from "./difference.ts";

/** One of tree-sitter's trees: memory outside the reach of the garbage collector until it is deleted. */
export type NativeTree = Tree;

/** The part of a text that differs from the text before, in UTF-16 code units of the new text. */
export interface Changed {
  readonly start: number;
  readonly end: number;
}

/** tree-sitter with the Nix grammar, as little of it as lowering needs. */
export interface Native {
  /** Every symbol of the grammar: its number, name, and whether it is a rule or a literal token of that spelling. */
  readonly symbols: readonly GrammarSymbol[];
  /** `previous` must have been told of the edit. Null when the text is too large, or takes too much time or memory. */
  parse(text: string, previous?: NativeTree): NativeTree | null;
  /** Tells the tree that its text, which had these lines, has become `text`. */
  edit(tree: NativeTree, difference: Difference, lines: LineIndex, text: string): void;
  /**
   * The tree as records of four integers (see server/grammar/src/flatten.c). With `changed`, error-free subtrees of the
   * symbols marked 2 or 3 that lie outside it are left closed (marked 3: always, unless there is an error inside). The array is only valid until the next call.
   */
  flatten(tree: NativeTree, wanted: Uint8Array, changed: Changed | null, depthLimit: number): Int32Array;
}

/** An alias has the name of a rule and a number of its own. */
export interface GrammarSymbol {
  readonly id: number;
  readonly name: string;
  readonly isRule: boolean;
}

/**
 * Expressions that lie deeper are left closed, so that recursion over the tree stays far from the end of the stack. A
 * second, lower limit is for a parse that begins with the stack already half used.
 */
export const depthLimits = [1000, 100] as const;

/** What `flags` of a record say; the same numbers as in flatten.c. */
export const flag = { missing: 1, kept: 2, tooDeep: 4, hasError: 8 } as const;
export const errorSymbol = 65535;

interface GrammarExports {
  lens_records(): number;
  lens_flatten(tree: number, wanted: number, start: number, end: number, depth: number): number;
}

/** @throws when the bytes are not the two modules that belong together. */
export async function loadNative(wasm: WasmModules): Promise<Native> {
  const started = await startRuntime(wasm.runtime);
  const loaded = await loadGrammar(started, wasm.grammar);
  const language = loaded.language;
  const grammar = loaded.exports as GrammarExports;
  const parser = new Parser();
  parser.setLanguage(language);

  let busy = false;
  const wantedAddress = started._malloc(language.nodeTypeCount);
  return {
    symbols: symbolsOf(language),
    parse(text, previous) {
      if (text.length > limits.characters) return null;
      // After an exception (the stack has an end) the parser would go on where it was, with another text.
      if (busy) parser.reset();
      busy = true;
      const read = (index: number) => text.slice(index, index + chunk);
      const options = text.length > limits.unwatched ? { progressCallback: watch(started) } : {};
      const tree = parser.parse(read, previous ?? null, options);
      busy = tree === null;
      return tree;
    },
    edit(tree, { start, oldEnd, newEnd }, lines, text) {
      const point = (offset: number) => {
        const { line, character } = lines.position(offset);
        return { row: line, column: character };
      };
      const inserted = text.slice(start, newEnd);
      const { line, character } = new LineIndex(inserted).position(inserted.length);
      const startPosition = point(start);
      const newEndPosition = {
        row: startPosition.row + line,
        column: line === 0 ? startPosition.column + character : character,
      };
      const oldEndPosition = point(oldEnd);
      const told = { startIndex: start, oldEndIndex: oldEnd, newEndIndex: newEnd };
      tree.edit(new Edit({ ...told, startPosition, oldEndPosition, newEndPosition }));
    },
    flatten(tree, wanted, changed, depthLimit) {
      started.HEAPU8.set(wanted, wantedAddress);
      const [start, end] = changed ? [changed.start, changed.end] : [1, 0];
      const address = (tree as unknown as { 0: number })[0];
      const count = grammar.lens_flatten(address, wantedAddress, start, end, depthLimit);
      if (count < 0) throw new Error("out of memory while reading a syntax tree");
      const first = grammar.lens_records() >> 2;
      return started.HEAP32.subarray(first, first + count * 4);
    },
  };
}

/** A configuration is far below these; other texts with the name of one must neither hang nor exhaust memory. */
const limits = { characters: 5_500_000, unwatched: 20_000, milliseconds: 20_000, bytes: 1_400_000_000 };

/** Says true, which ends the parse, when it takes too long or too much memory. */
function watch(runtime: Runtime): () => boolean {
  const end = performance.now() + limits.milliseconds;
  return () => {
    giveWayUnharmed();
    return performance.now() > end || runtime.HEAPU8.length > limits.bytes;
  };
}

/** web-tree-sitter copies at most 10 KiB of text at a time. */
const chunk = 5000;

function symbolsOf(language: Language): GrammarSymbol[] {
  const symbols: GrammarSymbol[] = [];
  for (let id = 0; id < language.nodeTypeCount; id++) {
    const name = language.nodeTypeForId(id);
    if (name !== null && language.nodeTypeIsVisible(id)) {
      symbols.push({ id, name, isRule: language.nodeTypeIsNamed(id) });
    }
  }
  return symbols;
}
