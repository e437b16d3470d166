import { readDeclarations } from "../microvm/index.ts";
import type { Declarations } from "../microvm/model.ts";
import { gather, settle } from "../nix/eval/dependencies.ts";
import { Memory } from "../nix/eval/memory.ts";
import { DiskFiles, withRealPath } from "../nix/files-disk.ts";
import { FilesRead } from "../nix/files-read.ts";
import type { NixParser } from "../nix/syntax/parser.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";

/** The files of the user's folders with open documents laid over them, and what they declare. */
export class Workspace {
  readonly #parser: NixParser;
  readonly #budget: { readonly steps: number } | undefined;
  #roots: readonly string[];
  /** The roots under every name that they have. */
  #own: readonly string[];
  #files: DiskFiles;
  #read: FilesRead;
  #memory = new Memory();
  #filesRead: readonly string[] = [];
  #declared: { readonly generation: number; readonly declarations: Declarations } | null = null;

  constructor(options: {
    readonly parser: NixParser;
    readonly roots: readonly string[];
    readonly readable?: readonly string[];
    readonly budget?: { readonly steps: number };
  }) {
    this.#parser = options.parser;
    this.#budget = options.budget;
    this.#roots = options.roots;
    const readable = [...options.roots, ...(options.readable ?? [])];
    this.#own = readable.flatMap(withRealPath);
    this.#files = new DiskFiles(options.parser, readable);
    this.#read = new FilesRead(this.#files);
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
    this.#read = new FilesRead(this.#files);
    this.#memory = new Memory();
    this.#declared = null;
  }

  /** True while these are what the texts of now declare. */
  isDeclared(declarations: Declarations): boolean {
    return this.#declared?.declarations === declarations && this.#declared.generation === this.#files.generation;
  }

  /** The same object as before when nothing changed since. @throws Superseded, see base/giving-way.ts */
  declarations(): Declarations {
    const { generation } = this.#files;
    if (this.#declared?.generation === generation) return this.#declared.declarations;
    this.#read.revalidate();
    const { value: declarations, dependencies } = gather(() =>
      readDeclarations({
        files: this.#read,
        parser: this.#parser,
        roots: this.#roots,
        openFiles: [...this.#files.openDocuments.keys()],
        allow: (root) => this.#files.allow(root),
        memory: this.#memory,
        ...(this.#budget ? { budget: this.#budget } : {}),
      }),
    );
    this.#filesRead = [...new Set([...this.#memory.files(), ...settle([dependencies]).files])];
    this.#declared = { generation, declarations };
    return declarations;
  }

  /** A file of the user's as it was parsed last, perhaps with a text that is old by now; null where it never was. */
  parsed(path: string): SyntaxTree | null {
    return this.#isOwn(path) ? this.#files.parsed(path) : null;
  }

  /** Absolute paths of the user's files that the last evaluation read; sources in the Nix store are not among them. */
  filesRead(): string[] {
    return this.#filesRead.filter((path) => this.#isOwn(path)).sort();
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

const below = (root: string) => (root.endsWith("/") ? root : `${root}/`);
