import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadShellParser, type ShellParser } from "../../server/src/shell/syntax/parser.ts";

let parser: Promise<ShellParser> | undefined;

/** The real parser, started once per process from the modules of the packages. */
export function shellParser(): Promise<ShellParser> {
  parser ??= loadShellParser({
    runtime: module("../../node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: module("../../node_modules/tree-sitter-bash/tree-sitter-bash.wasm"),
  });
  return parser;
}

function module(relative: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(relative, import.meta.url)));
}
