import type { Node } from "./ast.ts";
import type { GrammarSymbol } from "./native.ts";

/** `open`: its children are needed; `subtree`: and it can be used again as it was; `leaf`: likewise, without children. */
type Interest = "open" | "subtree" | "leaf";

/** The rules of the grammar that lowering reads, and the kind of node that each becomes. */
const table = {
  source_code: [null, "open"],
  variable_expression: ["variable", "leaf"],
  integer_expression: ["integer", "leaf"],
  float_expression: ["float", "leaf"],
  string_expression: ["string", "subtree"],
  indented_string_expression: ["string", "subtree"],
  uri_expression: ["string", "leaf"],
  path_expression: ["path", "subtree"],
  spath_expression: ["path", "leaf"],
  parenthesized_expression: ["parenthesized", "subtree"],
  attrset_expression: ["attrs", "subtree"],
  rec_attrset_expression: ["attrs", "subtree"],
  let_attrset_expression: ["let", "subtree"],
  let_expression: ["let", "subtree"],
  list_expression: ["list", "subtree"],
  select_expression: ["select", "subtree"],
  apply_expression: ["apply", "subtree"],
  apply_or_expression: ["apply", "subtree"],
  has_attr_expression: ["has", "subtree"],
  unary_expression: ["unary", "subtree"],
  binary_expression: ["binary", "subtree"],
  if_expression: ["if", "subtree"],
  assert_expression: ["assert", "subtree"],
  with_expression: ["with", "subtree"],
  function_expression: ["lambda", "subtree"],
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
  const level = { open: 1, subtree: 2, leaf: 3 };
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
