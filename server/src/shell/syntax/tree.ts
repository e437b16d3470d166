import type { Text } from "../../base/text.ts";
import type { Place } from "../script.ts";

/** A shell text as a tree, as much of it as the interpreter wants to know. */
export type Node = Statement & Place;

export type Statement =
  | { readonly is: "sequence"; readonly items: readonly Node[] }
  | { readonly is: "and" | "or"; readonly left: Node; readonly right: Node }
  | { readonly is: "not" | "group" | "subshell" | "background"; readonly body: Node }
  | { readonly is: "pipeline"; readonly parts: readonly Node[] }
  | { readonly is: "command"; readonly words: readonly Word[]; readonly redirects: readonly Redirect[] }
  | { readonly is: "redirected"; readonly body: Node; readonly redirects: readonly Redirect[] }
  | { readonly is: "if"; readonly branches: readonly Branch[]; readonly otherwise: Node | null }
  | { readonly is: "while"; readonly until: boolean; readonly test: Node; readonly body: Node }
  | { readonly is: "for"; readonly name: string; readonly words: readonly Word[] | null; readonly body: Node }
  | { readonly is: "count"; readonly first: Word; readonly test: Word; readonly next: Word; readonly body: Node }
  | { readonly is: "case"; readonly subject: Word; readonly items: readonly CaseItem[] }
  | { readonly is: "function"; readonly name: string; readonly body: Node }
  /** `[[ … ]]`: its words, operators among them as they are written. */
  | { readonly is: "test"; readonly words: readonly Word[] }
  | { readonly is: "arithmetic"; readonly expression: Word }
  /** What the parser does not make sense of. */
  | { readonly is: "unclear"; readonly why: Text };

export interface Branch {
  readonly test: Node;
  readonly body: Node;
}

export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body: Node;
  readonly end: string;
}

/** Something written as one word; brace expansions are still in it. */
export interface Word extends Place {
  readonly parts: readonly Part[];
}

export type Part =
  | { readonly is: "text"; readonly text: string; readonly quoted: boolean }
  | { readonly is: "hole"; readonly index: number; readonly quoted: boolean }
  | Parameter
  | { readonly is: "command"; readonly body: Node; readonly quoted: boolean }
  | { readonly is: "arithmetic"; readonly expression: Word; readonly quoted: boolean }
  /** `name=(…)` at the beginning of a word. */
  | { readonly is: "array"; readonly words: readonly Word[] }
  /** `<(…)` and `>(…)`. */
  | { readonly is: "process"; readonly body: Node }
  | { readonly is: "unclear"; readonly why: Text };

export interface Parameter {
  readonly is: "parameter";
  readonly name: string;
  /** `[…]` behind the name. */
  readonly index: Word | null;
  /** `#` before the name: the length of it. `!`: indirect. */
  readonly before: "" | "#" | "!";
  /** `:-`, `%%`, `/`, `:` … with the word behind it. */
  readonly operator: string;
  readonly argument: Word | null;
  readonly quoted: boolean;
}

export interface Redirect extends Place {
  /** The descriptor in front; null: none. `{name}` is not a number and therefore unclear. */
  readonly descriptor: number | null;
  readonly operator: string;
  readonly target: Word;
  /** Of a heredoc: its text. */
  readonly body: Word | null;
}
