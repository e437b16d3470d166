import type { Node } from "./ast.ts";
import type { GrammarSymbol } from "./native.ts";

/**
 * `open`: its children are needed; `subtree`: and it can be used again as it was; `expression`: and it may be left closed
 * where it lies too deep; `leaf`: it can be used again, and its children are not needed.
 */
type Interest = "open" | "subtree" | "leaf" | "expression";

/** The rules of the grammar that lowering reads, and the kind of node that each becomes. */
const table = {
  source_code: [null, "open"],
  variable_expression: ["variable", "leaf"],
  integer_expression: ["integer", "leaf"],
  float_expression: ["float", "leaf"],
  string_expression: ["string", "expression"],
  indented_string_expression: ["string", "expression"],
  uri_expression: ["string", "leaf"],
  path_expression: ["path", "expression"],
  spath_expression: ["path", "leaf"],
  parenthesized_expression: ["parenthesized", "expression"],
  attrset_expression: ["attrs", "expression"],
  rec_attrset_expression: ["attrs", "expression"],
  let_attrset_expression: ["let", "expression"],
  let_expression: ["let", "expression"],
  list_expression: ["list", "expression"],
  select_expression: ["select", "expression"],
  apply_expression: ["apply", "expression"],
  apply_or_expression: ["apply", "expression"],
  has_attr_expression: ["has", "expression"],
  unary_expression: ["unary", "expression"],
  binary_expression: ["binary", "expression"],
  if_expression: ["if", "expression"],
  assert_expression: ["assert", "expression"],
  with_expression: ["with", "expression"],
  function_expression: ["lambda", "expression"],
  formals: ["formals", "subtree"],
  formal: ["formal", "subtree"],
  ellipses: [null, "leaf"],
  identifier: ["identifier", "leaf"],
  interpolation: ["interpolation", "subtree"],
  binding_set: [null, "open"],
  binding: ["binding", "subtree"],
  inherit: ["inherit", "subtree"],
  inherit_from: ["inherit", "subtree"],
  attrpath: [null, "open"],
  inherited_attrs: [null, "open"],
} as const satisfies Record<string, readonly [Node["kind"] | null, Interest]>;

const operators = ["->", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "//", "!", "+", "-", "*", "/", "++", "|>", "<|"];

export type Rule = keyof typeof table | "operator";

/** What lowering knows of each of the grammar's symbols, by number. */
export interface SymbolTable {
  /** Undefined for punctuation and keywords. */
  readonly rules: readonly (Rule | undefined)[];
  /** The kind of node that stands for the symbol; null when it has none of its own. */
  readonly kinds: readonly (Node["kind"] | null)[];
  /** See flatten.c. */
  readonly wanted: Uint8Array;
}

/** @throws when the grammar lacks a rule: the .wasm is not ours. */
export function symbolTable(symbols: readonly GrammarSymbol[]): SymbolTable {
  const size = Math.max(...symbols.map((symbol) => symbol.id)) + 1;
  const rules = new Array<Rule | undefined>(size).fill(undefined);
  const kinds = new Array<Node["kind"] | null>(size).fill(null);
  const wanted = new Uint8Array(size);
  const level = { open: 1, subtree: 2, leaf: 3, expression: 4 };
  const set = (name: string, isRule: boolean, rule: Rule, kind: Node["kind"] | null, interest: Interest) => {
    const found = symbols.filter((symbol) => symbol.name === name && symbol.isRule === isRule);
    if (found.length === 0) throw new Error(`the grammar has no ${name}`);
    for (const { id } of found) {
      rules[id] = rule;
      kinds[id] = kind;
      wanted[id] = level[interest];
    }
  };
  for (const [name, [kind, interest]] of Object.entries(table)) set(name, true, name as Rule, kind, interest);
  for (const operator of operators) set(operator, false, "operator", null, "open");
  return { rules, kinds, wanted };
}
