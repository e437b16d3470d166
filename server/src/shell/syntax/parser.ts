import { type Node as Native, Parser } from "web-tree-sitter";
import { loadGrammar, startRuntime } from "../../base/tree-sitter.ts";
import type { WasmModules } from "../../base/wasm.ts";
import { reasons } from "../reasons.ts";
import { lower } from "./lower.ts";
import type { Node } from "./tree.ts";

/** Shell texts as trees, each text once. Parsing is synchronous and never throws. */
export interface ShellParser {
  /** The tree of {@link flatten}'s text. For the interpreter and tests: callers outside of this folder use `play`. */
  parse(text: string): Node;
}

/**
 * Loads tree-sitter with its grammar of Bash (`grammar`: the bytes of tree-sitter-bash.wasm).
 *
 * @throws when the bytes are not these modules; parsing itself never throws.
 */
export async function loadShellParser(wasm: WasmModules): Promise<ShellParser> {
  const { language } = await loadGrammar(await startRuntime(wasm.runtime), wasm.grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  const kept = new Map<string, Node>();
  return {
    parse(text) {
      const known = kept.get(text);
      if (known) return known;
      const tree = text.length > mostCharacters ? null : parser.parse((index) => text.slice(index, index + chunk));
      const node = tree ? lowered(tree.rootNode, text) : unclear(text);
      tree?.delete();
      if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string);
      kept.set(text, node);
      return node;
    },
  };
}

function lowered(root: Native, text: string): Node {
  try {
    return lower(root, text);
  } catch (error) {
    // The stack has an end; nothing is known of a text that is nested that deep.
    if (!(error instanceof RangeError)) throw error;
    return unclear(text);
  }
}

function unclear(text: string): Node {
  return { is: "unclear", why: reasons.syntax(), start: 0, end: text.length };
}

/** web-tree-sitter copies at most 10 KiB of text at a time. */
const chunk = 5000;
const mostCharacters = 200_000;
const mostKept = 400;
