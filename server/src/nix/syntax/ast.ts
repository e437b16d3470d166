import type { Span } from "../../base/span.ts";

/**
 * The syntax tree that everything above the parser sees: lowered from tree-sitter's, immutable but for where it stands.
 *
 * `offset` is relative to the parent's start (the root's is absolute), so that a subtree which an edit did not touch is
 * the same object before and after it; the parser then points its `parent` at the new tree and moves its `offset`, and
 * nothing below it changes. Absolute places are computed by walking up: use {@link spanOf}, and keep nodes, not spans.
 */
interface Base {
  parent: Node | null;
  readonly offset: number;
  readonly length: number;
}

export interface Root extends Base {
  readonly kind: "root";
  readonly file: string;
  /** The text is right as far as the parser can tell, but longer or deeper than can be read: what is not is a hole. */
  readonly tooLarge: boolean;
  readonly body: Expression;
}

export interface IntegerLiteral extends Base {
  readonly kind: "integer";
  readonly text: string;
}
export interface FloatLiteral extends Base {
  readonly kind: "float";
  readonly text: string;
}
/** `"…"` or `''…''`; text parts are already unescaped and, when indented, stripped as Nix does. */
export interface StringLiteral extends Base {
  readonly kind: "string";
  readonly style: "quoted" | "indented" | "uri";
  readonly parts: readonly (TextPart | Interpolation)[];
}
export interface TextPart extends Base {
  readonly kind: "text";
  readonly value: string;
}
export interface Interpolation extends Base {
  readonly kind: "interpolation";
  readonly body: Expression;
}
/** `./a/${b}`, `/a`, `~/a`, `<nixpkgs/lib>`; a search path has one text part without the angle brackets. */
export interface PathLiteral extends Base {
  readonly kind: "path";
  readonly style: "relative" | "absolute" | "home" | "search";
  readonly parts: readonly (TextPart | Interpolation)[];
}
export interface Identifier extends Base {
  readonly kind: "identifier";
  readonly name: string;
}
/** A use of a name as an expression. */
export interface Variable extends Base {
  readonly kind: "variable";
  readonly name: string;
}
export interface List extends Base {
  readonly kind: "list";
  readonly elements: readonly Expression[];
}
export interface AttributeSet extends Base {
  readonly kind: "attrs";
  readonly recursive: boolean;
  readonly bindings: readonly Binding[];
}
/** `let … in body`; the obsolete `let { …; body = …; }` has `body: null`. */
export interface Let extends Base {
  readonly kind: "let";
  readonly bindings: readonly Binding[];
  readonly body: Expression | null;
}
export type Binding = AttributeBinding | Inherit;
export interface AttributeBinding extends Base {
  readonly kind: "binding";
  readonly path: readonly AttributeName[];
  readonly value: Expression;
}
/** `inherit a b;` or `inherit (from) a b;` */
export interface Inherit extends Base {
  readonly kind: "inherit";
  readonly from: Expression | null;
  readonly names: readonly AttributeName[];
}
/** One part of an attribute path: `a`, `"a b"`, `"${x}"` or `${x}`. */
export type AttributeName = Identifier | StringLiteral | Interpolation;
export interface Lambda extends Base {
  readonly kind: "lambda";
  /** `x:` or the name of `args@{ … }:` */
  readonly argument: Identifier | null;
  /** null for `x: …`; otherwise `{ a, b ? c, ... }` */
  readonly formals: Formals | null;
  readonly body: Expression;
}
export interface Formals extends Base {
  readonly kind: "formals";
  readonly list: readonly Formal[];
  readonly ellipsis: boolean;
}
export interface Formal extends Base {
  readonly kind: "formal";
  readonly name: Identifier;
  readonly fallback: Expression | null;
}
export interface Apply extends Base {
  readonly kind: "apply";
  readonly callee: Expression;
  readonly argument: Expression;
}
/** `subject.path` or `subject.path or fallback` */
export interface Select extends Base {
  readonly kind: "select";
  readonly subject: Expression;
  readonly path: readonly AttributeName[];
  readonly fallback: Expression | null;
}
export interface HasAttribute extends Base {
  readonly kind: "has";
  readonly subject: Expression;
  readonly path: readonly AttributeName[];
}
export interface Unary extends Base {
  readonly kind: "unary";
  readonly operator: "!" | "-";
  readonly operand: Expression;
}
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "++"
  | "//"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||"
  | "->"
  | "|>"
  | "<|";
export interface Binary extends Base {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface If extends Base {
  readonly kind: "if";
  readonly condition: Expression;
  readonly consequence: Expression;
  readonly alternative: Expression;
}
export interface Assert extends Base {
  readonly kind: "assert";
  readonly condition: Expression;
  readonly body: Expression;
}
export interface With extends Base {
  readonly kind: "with";
  readonly environment: Expression;
  readonly body: Expression;
}
export interface Parenthesized extends Base {
  readonly kind: "parenthesized";
  readonly body: Expression;
}
/** What could not be parsed, or is not there yet. Evaluates to unknown(syntax-error). */
export interface Hole extends Base {
  readonly kind: "hole";
}

export type Expression =
  | IntegerLiteral
  | FloatLiteral
  | StringLiteral
  | PathLiteral
  | Variable
  | List
  | AttributeSet
  | Let
  | Lambda
  | Apply
  | Select
  | HasAttribute
  | Unary
  | Binary
  | If
  | Assert
  | With
  | Parenthesized
  | Hole;

export type Node = Root | Expression | TextPart | Interpolation | Identifier | Binding | Formals | Formal;

/** The length of a node that was replaced: its successor is its `parent`, see {@link replaceNode}. */
const replaced = -1;

/** The node, or what stands in its place by now: see {@link replaceNode}. */
export function standing(node: Node): Node {
  let at = node;
  while (at.length === replaced && at.parent) at = at.parent;
  return at;
}

/** Where the node is now, in the newest tree that holds it or its successor. */
export function spanOf(node: Node): Span {
  let at = standing(node);
  const { length } = at;
  let start = at.offset;
  while (at.parent) {
    at = at.parent;
    start += at.offset;
  }
  return { file: at.kind === "root" ? at.file : "<detached>", start, end: start + length };
}

/** From now on `from`, a node of an older tree, stands wherever `to` stands. */
export function replaceNode(from: Node, to: Node): void {
  const node = from as { -readonly [K in "offset" | "length" | "parent"]: Node[K] };
  node.parent = to;
  node.offset = 0;
  node.length = replaced;
}
