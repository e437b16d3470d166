import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { compile, type WasmModules } from "../base/wasm.ts";

/**
 * Reads the two WebAssembly modules and begins to compile them, which other threads do: whoever begins early does not
 * wait later. `folder` is where the running code lies: `dist/` of a package, which holds both, or any folder of the
 * repository. What goes wrong (they are not there: the package is damaged) is said when they are used.
 */
export function beginModules(folder: string): WasmModules {
  const begin = (name: string, otherwise: () => string) => {
    const module = (async () => compile(readFileSync(find(folder, name, otherwise))))();
    module.catch(() => {});
    return module;
  };
  return {
    runtime: begin("web-tree-sitter.wasm", () => inPackages(folder, "web-tree-sitter/web-tree-sitter.wasm")),
    grammar: begin("tree-sitter-nix.wasm", () => grammarInRepository(folder)),
  };
}

/** The module of the Bash grammar, read when the first script is met. `folder` as in {@link beginModules}. */
export function shellGrammar(folder: string): Uint8Array {
  const otherwise = () => inPackages(folder, "tree-sitter-bash/tree-sitter-bash.wasm");
  return readFileSync(find(folder, "tree-sitter-bash.wasm", otherwise));
}

function find(folder: string, name: string, otherwise: () => string): string {
  const beside = path.join(folder, name);
  return existsSync(beside) ? beside : otherwise();
}

function inPackages(folder: string, file: string): string {
  return createRequire(path.join(folder, "x.js")).resolve(file);
}

function grammarInRepository(folder: string): string {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const file = path.join(at, "server", "grammar", "tree-sitter-nix.wasm");
    if (existsSync(file)) return file;
    if (at === path.dirname(at)) throw new Error(`tree-sitter-nix.wasm is neither beside ${folder} nor above it`);
  }
}
