import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createParser, type NixParser, type WasmModules } from "./nix/syntax/parser.ts";

/** The parser, with its modules read from the disk: beside the bundle, else from the repository. */
export async function loadParser(folder: string): Promise<NixParser> {
  return createParser(readModules(folder));
}

/**
 * The two WebAssembly modules. `folder` is where the running code lies: `dist/` of a package, which holds both, or any
 * folder of the repository.
 *
 * @throws when they are not there: the package is damaged.
 */
export function readModules(folder: string): WasmModules {
  return {
    runtime: readFileSync(find(folder, "web-tree-sitter.wasm", () => runtimeInPackages(folder))),
    grammar: readFileSync(find(folder, "tree-sitter-nix.wasm", () => grammarInRepository(folder))),
  };
}

function find(folder: string, name: string, otherwise: () => string): string {
  const beside = path.join(folder, name);
  return existsSync(beside) ? beside : otherwise();
}

function runtimeInPackages(folder: string): string {
  return createRequire(path.join(folder, "x.js")).resolve("web-tree-sitter/web-tree-sitter.wasm");
}

function grammarInRepository(folder: string): string {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const file = path.join(at, "server", "grammar", "tree-sitter-nix.wasm");
    if (existsSync(file)) return file;
    if (at === path.dirname(at)) throw new Error(`tree-sitter-nix.wasm is neither beside ${folder} nor above it`);
  }
}
