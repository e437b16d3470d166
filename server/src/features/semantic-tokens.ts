import type { SemanticTokens } from "vscode-languageserver";
import type { AttributeName, Node } from "../nix/syntax/ast.ts";
import { childrenOf } from "../nix/syntax/children.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import { tokenTypes } from "./session/constants.ts";
import type { Question, Session } from "./session/session.ts";

type TokenType = (typeof tokenTypes)[number];

interface Token {
  readonly start: number;
  readonly end: number;
  readonly type: TokenType;
}

const keywords = /\b(?:let|in|with|rec|inherit|if|then|else|assert|or)\b/g;
const constants: ReadonlySet<string> = new Set(["true", "false", "null"]);

/**
 * Colours for people who have no other Nix extension: plain ones, of the syntax only. Null where another extension
 * colours Nix, and wherever the user does not want them: VS Code shows the tokens of one server only, and takes an empty
 * list for an answer that outdoes those of others.
 */
export function semanticTokens({ session, snapshot, path }: Question): SemanticTokens | null {
  const tree = snapshot.tree(path);
  return tree && wanted(session) ? { data: encode(tree, tokensOf(tree)) } : null;
}

function wanted({ settings, client }: Session): boolean {
  const choice = settings["semanticColours.enable"];
  if (choice !== "auto") return choice === "on";
  // Other editors have their own colours; only our extension can tell that there are none.
  return client.extension !== null && !client.extension.colouredElsewhere;
}

function tokensOf(tree: SyntaxTree): Token[] {
  const tokens: Token[] = tree.comments().map(({ start, end }) => ({ start, end, type: "comment" }));
  collect(tree.root, tree.root.offset, tokens);
  tokens.sort((a, b) => a.start - b.start || a.end - b.end);
  return withKeywords(tree.text, tokens);
}

/** `start` is absolute; nodes know their places relative to their parents. */
function collect(node: Node, start: number, tokens: Token[]): void {
  const add = (type: TokenType) => tokens.push({ start, end: start + node.length, type });
  switch (node.kind) {
    case "integer":
    case "float":
      add("number");
      return;
    case "variable":
      add(constants.has(node.name) ? "keyword" : "variable");
      return;
    case "string":
    case "path":
      stringPieces(node, start, tokens);
      break;
    case "binding":
      names(node.path, start, tokens, "property");
      break;
    case "inherit":
      names(node.names, start, tokens, "property");
      break;
    case "select":
    case "has":
      names(node.path, start, tokens, "property");
      break;
    case "lambda":
      if (node.argument) names([node.argument], start, tokens, "parameter");
      break;
    case "formal":
      names([node.name], start, tokens, "parameter");
      break;
    case "apply":
      if (node.callee.kind === "variable") {
        const at = start + node.callee.offset;
        tokens.push({ start: at, end: at + node.callee.length, type: "function" });
        collect(node.argument, start + node.argument.offset, tokens);
        return;
      }
      break;
  }
  for (const child of childrenOf(node)) {
    if (child.kind !== "identifier" && child.kind !== "text") collect(child, start + child.offset, tokens);
  }
}

function names(path: readonly AttributeName[], start: number, tokens: Token[], type: TokenType): void {
  for (const name of path) {
    if (name.kind !== "identifier") continue;
    tokens.push({ start: start + name.offset, end: start + name.offset + name.length, type });
  }
}

/** What of a string is not interpolation, with its quotes. */
function stringPieces(node: Extract<Node, { kind: "string" | "path" }>, start: number, tokens: Token[]): void {
  let at = start;
  for (const part of node.parts) {
    if (part.kind !== "interpolation") continue;
    if (start + part.offset > at) tokens.push({ start: at, end: start + part.offset, type: "string" });
    at = start + part.offset + part.length;
  }
  if (start + node.length > at) tokens.push({ start: at, end: start + node.length, type: "string" });
}

/** Keywords stand in no node: they are looked for in what no token covers. */
function withKeywords(text: string, tokens: readonly Token[]): Token[] {
  const all: Token[] = [];
  let at = 0;
  const gap = (end: number) => {
    for (const match of text.slice(at, end).matchAll(keywords)) {
      const start = at + match.index;
      all.push({ start, end: start + match[0].length, type: "keyword" });
    }
  };
  for (const token of tokens) {
    if (token.start < at) continue;
    gap(token.start);
    all.push(token);
    at = token.end;
  }
  gap(text.length);
  return all;
}

/** Five numbers for each token, relative to the one before; a token that spans lines is cut at their ends. */
function encode({ text, lines }: SyntaxTree, tokens: readonly Token[]): number[] {
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const token of tokens) {
    let at = token.start;
    while (at < token.end) {
      const position = lines.position(at);
      const next = Math.min(token.end, lines.lineStart(position.line + 1));
      const end = next === token.end ? next : trimmedEnd(text, at, next);
      const stop = next > at ? next : token.end;
      if (end > at) {
        const sameLine = position.line === line;
        data.push(position.line - line, sameLine ? position.character - character : position.character);
        data.push(end - at, tokenTypes.indexOf(token.type), 0);
        line = position.line;
        character = position.character;
      }
      at = stop;
    }
  }
  return data;
}

function trimmedEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && (text[at - 1] === "\n" || text[at - 1] === "\r")) at--;
  return at;
}
