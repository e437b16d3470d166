import { attached } from "../../../../../base/attached.ts";
import type { Expression } from "../../../../syntax/ast.ts";
import type { SyntaxTree } from "../../../../syntax/tree.ts";
import { unsupported } from "../../../make.ts";
import type { Thunk, Value } from "../../../value.ts";
import type { Call, Definition, Evaluator } from "../../definition.ts";
import { apply } from "../combine.ts";

/**
 * The functions of one set of lib that are written in Nix: `text` is `lib: { … }` in which each function stands at two
 * blanks, below a comment with its signature. Each is an expression in the scope of `lib` and the builtins; it is parsed
 * when a configuration first asks for it, and once per process. `source`: the file of nixpkgs.
 */
export function writtenSet(set: string, source: string, text: string): Definition[] {
  const prefix = set === "" ? "lib" : `lib.${set}`;
  return [...text.matchAll(entry)].map(([, signature = "", quoted = "", nix = ""]) => {
    const name = `${prefix}.${quoted.replaceAll('"', "")}`;
    return {
      name,
      parameters: parametersOf(nix),
      signature,
      source,
      run: (call, ...args) => apply(call, evaluateText(call, name, nix), ...args),
    };
  });
}

/** `  # signature`, `  name = expression;`, and then an empty line or the end of the set. */
const entry = /^ {2}# (.+)\n {2}(\S+) =\s+([\s\S]*?);\n(?=\n {2}# |\}\n)/gm;

/** A function of the library that is written in Nix, applied: for what only part of is written so. */
export function applyWritten(call: Call, name: string, nix: string, ...args: readonly Thunk[]): Value {
  return apply(call, evaluateText(call, name, nix), ...args);
}

/** How an evaluation parses text of ours. */
export type ParseText = (file: string, text: string) => SyntaxTree;
const parsers = attached<Evaluator, ParseText>();

/** Without this, the functions that are written in Nix are unknown for the evaluator. */
export function useParser(evaluator: Evaluator, parse: ParseText): void {
  parsers.set(evaluator, parse);
}

const parsed = new Map<string, Expression>();
const evaluated = attached<Evaluator, Map<string, Value>>();

function evaluateText(call: Call, name: string, nix: string): Value {
  let known = evaluated.get(call.evaluator);
  if (!known) {
    known = new Map();
    evaluated.set(call.evaluator, known);
  }
  const before = known.get(nix);
  if (before) return before;
  const expression = parse(call, nix);
  if (!expression) return unsupported(`${name} without a parser`, call.at);
  const value = apply(call, call.evaluator.evaluate(expression, null), call.evaluator.lib);
  // An unknown may be for want of budget: asked again it is tried again.
  if (value.type !== "unknown") known.set(nix, value);
  return value;
}

function parse(call: Call, nix: string): Expression | null {
  const before = parsed.get(nix);
  if (before) return before;
  const parser = parsers.get(call.evaluator);
  if (!parser) return null;
  const tree = parser("<lib>", `lib: ${nix}`);
  parsed.set(nix, tree.root.body);
  return tree.root.body;
}

/** The names of the leading plain arguments: what comes after a `{ … }:` is for the interpreter to apply. */
function parametersOf(nix: string): string[] {
  const names: string[] = [];
  let rest = nix;
  for (;;) {
    const head = /^\s*([A-Za-z_][A-Za-z0-9_'-]*):\s/.exec(rest);
    if (!head) return names;
    names.push(head[1] as string);
    rest = rest.slice(head[0].length);
  }
}
