import { readDeclarations } from "../microvm/index.ts";
import type { Declarations } from "../microvm/model.ts";
import type { EntryType, FileResult, FileSource } from "../nix/files.ts";
import { DiskFiles, withRealPath } from "../nix/files-disk.ts";
import type { NixParser } from "../nix/syntax/parser.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";

/** The files of the user's folders with open documents laid over them, and what they declare. */
export class Workspace {
  readonly #parser: NixParser;
  #roots: readonly string[];
  /** The roots under every name that they have. */
  #own: readonly string[];
  #files: DiskFiles;
  #read: Tracked;
  #declared: { readonly generation: number; readonly declarations: Declarations } | null = null;

  constructor(options: {
    readonly parser: NixParser;
    readonly roots: readonly string[];
    readonly readable?: readonly string[];
  }) {
    this.#parser = options.parser;
    this.#roots = options.roots;
    const readable = [...options.roots, ...(options.readable ?? [])];
    this.#own = readable.flatMap(withRealPath);
    this.#files = new DiskFiles(options.parser, readable);
    this.#read = new Tracked(this.#files);
  }

  setDocument(path: string, text: string | null): void {
    if (text === null) this.#files.close(path);
    else this.#files.open(path, text);
  }

  filesChanged(paths: readonly string[] | null): void {
    if (paths === null || paths.length > 0) this.#files.refresh();
  }

  setRoots(roots: readonly string[]): void {
    const documents = this.#files.openDocuments;
    this.#roots = roots;
    this.#own = roots.flatMap(withRealPath);
    this.#files = new DiskFiles(this.#parser, roots);
    for (const [path, text] of documents) this.#files.open(path, text);
    this.#declared = null;
  }

  /** The same object as before when nothing changed since. */
  declarations(): Declarations {
    const { generation } = this.#files;
    if (this.#declared?.generation === generation) return this.#declared.declarations;
    const read = new Tracked(this.#files);
    const declarations = readDeclarations({
      files: read,
      parser: this.#parser,
      roots: this.#roots,
      openFiles: [...this.#files.openDocuments.keys()],
      allow: (root) => this.#files.allow(root),
      reached: (path) => read.trees.has(path),
    });
    this.#read = read;
    this.#declared = { generation, declarations };
    return declarations;
  }

  /** Absolute paths of the user's files that the last evaluation read; sources in the Nix store are not among them. */
  filesRead(): string[] {
    return [...this.#read.trees].filter((path) => this.#isOwn(path)).sort();
  }

  /** A file of the user's, parsed; null for anything else: it may be shown to nobody as a place to edit. */
  tree(path: string): SyntaxTree | null {
    if (!this.#isOwn(path)) return null;
    const tree = this.#files.tree(path);
    return tree.ok ? tree.value : null;
  }

  #isOwn(path: string): boolean {
    if (this.#files.openDocuments.has(path)) return true;
    return this.#own.some((root) => path === root || path.startsWith(below(root)));
  }
}

/** Remembers which files were parsed. */
class Tracked implements FileSource {
  readonly trees = new Set<string>();
  readonly #files: FileSource;
  constructor(files: FileSource) {
    this.#files = files;
  }
  get generation(): number {
    return this.#files.generation;
  }
  tree(path: string): FileResult<SyntaxTree> {
    const tree = this.#files.tree(path);
    if (tree.ok) this.trees.add(path);
    return tree;
  }
  text(path: string): FileResult<string> {
    return this.#files.text(path);
  }
  entries(path: string): FileResult<ReadonlyMap<string, EntryType>> {
    return this.#files.entries(path);
  }
  type(path: string): FileResult<EntryType> {
    return this.#files.type(path);
  }
}

const below = (root: string) => (root.endsWith("/") ? root : `${root}/`);
