import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EntryType, FileResult, FileSource } from "../../server/src/nix/files.ts";
import { createParser, type NixParser } from "../../server/src/nix/syntax/parser.ts";
import type { SyntaxTree } from "../../server/src/nix/syntax/tree.ts";

let parser: Promise<NixParser> | undefined;

/** The real parser, started once per process from the modules in the repository. */
export function testParser(): Promise<NixParser> {
  parser ??= createParser({
    runtime: module("../../node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: module("../../server/grammar/tree-sitter-nix.wasm"),
  });
  return parser;
}

function module(relative: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(relative, import.meta.url)));
}

/** Files from a table of absolute path → text; folders follow from the paths. What is not in the table is absent. */
export async function memoryFiles(table: Readonly<Record<string, string>>): Promise<FileSource> {
  return new MemoryFiles(await testParser(), new Map(Object.entries(table)));
}

class MemoryFiles implements FileSource {
  readonly generation = 0;
  readonly #parser: NixParser;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #trees = new Map<string, SyntaxTree>();

  constructor(nixParser: NixParser, texts: ReadonlyMap<string, string>) {
    this.#parser = nixParser;
    this.#texts = texts;
  }

  tree(path: string): FileResult<SyntaxTree> {
    const text = this.text(path);
    if (!text.ok) return text;
    let tree = this.#trees.get(path);
    if (!tree) {
      tree = this.#parser.parse(path, text.value);
      this.#trees.set(path, tree);
    }
    return { ok: true, value: tree };
  }

  text(path: string): FileResult<string> {
    const text = this.#texts.get(path);
    if (text !== undefined) return { ok: true, value: text };
    return { ok: false, problem: this.#isFolder(path) ? "not-a-file" : "absent" };
  }

  entries(path: string): FileResult<ReadonlyMap<string, EntryType>> {
    if (!this.#isFolder(path)) return { ok: false, problem: this.#texts.has(path) ? "not-a-file" : "absent" };
    const prefix = path === "/" ? "/" : `${path}/`;
    const entries = new Map<string, EntryType>();
    for (const file of this.#texts.keys()) {
      if (!file.startsWith(prefix)) continue;
      const [name, ...below] = file.slice(prefix.length).split("/");
      if (name) entries.set(name, below.length > 0 ? "directory" : "regular");
    }
    return { ok: true, value: entries };
  }

  type(path: string): FileResult<EntryType> {
    if (this.#texts.has(path)) return { ok: true, value: "regular" };
    return this.#isFolder(path) ? { ok: true, value: "directory" } : { ok: false, problem: "absent" };
  }

  #isFolder(path: string): boolean {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.#texts.keys()].some((file) => file.startsWith(prefix));
  }
}
