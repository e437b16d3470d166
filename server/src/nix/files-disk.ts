import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { decodeUtf8 } from "../base/utf8.ts";
import { succeed } from "./eval/units.ts";
import type { EntryType, FileProblem, FileResult, FileSource } from "./files.ts";
import type { NixParser } from "./syntax/parser.ts";
import type { SyntaxTree } from "./syntax/tree.ts";

/** Larger files (bytes, or UTF-16 units of an open document) are not read: parsing one would hold an editor up. */
export const largestFile = 1024 * 1024;

const mostEdits = 1000;

/** What was asked of the files while something was computed. Paths are absolute. */
export interface Dependencies {
  /** Files whose text was read, or that could not be read. */
  readonly files: ReadonlySet<string>;
  /** Folders that were listed. */
  readonly folders: ReadonlySet<string>;
  /** Paths of which only the existence or the kind was asked. */
  readonly kinds: ReadonlySet<string>;
}

interface Recording {
  readonly files: Set<string>;
  readonly folders: Set<string>;
  readonly kinds: Set<string>;
}

interface Known<T> {
  result: FileResult<T>;
  /** The generation at which the disk was last asked. */
  checked: number;
  signature: string;
}

/**
 * Open documents laid over the disk. Reads are bounded to the roots, symbolic links included. What was read stays in
 * memory; {@link DiskFiles.refresh} has it compared with the disk again, by time, size and inode, when next asked for.
 */
export class DiskFiles implements FileSource {
  readonly #parser: NixParser;
  #roots: readonly string[];
  readonly #documents = new Map<string, string>();
  readonly #texts = new Map<string, Known<string>>();
  readonly #listings = new Map<string, Known<ReadonlyMap<string, EntryType>>>();
  readonly #trees = new Map<string, SyntaxTree>();
  readonly #recordings: Recording[] = [];
  readonly #edits: { readonly generation: number; readonly path: string }[] = [];
  #generation = 1;
  #lastRefresh = 1;

  /**
   * `roots`: absolute folders or files below which reading is allowed. A flake may read up to the root of its repository,
   * as in Nix, which takes the whole repository for the flake's source.
   */
  constructor(parser: NixParser, roots: readonly string[]) {
    this.#parser = parser;
    this.#roots = roots.flatMap((root) => [root, repositoryOf(root) ?? root]).flatMap(withRealPath);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Allows a further root, such as the source of a locked input in the Nix store. */
  allow(root: string): void {
    const more = withRealPath(root).filter((path) => !this.#roots.includes(path));
    if (more.length === 0) return;
    this.#roots = [...this.#roots, ...more];
    // What was refused before may now be read.
    this.refresh();
  }

  /** Sets or replaces the text of an open document. */
  open(path: string, text: string): void {
    if (this.#documents.get(path) === text) return;
    this.#documents.set(path, text);
    this.#changed(path);
  }

  /** The document is closed: its text is the disk's again. */
  close(path: string): void {
    if (!this.#documents.delete(path)) return;
    this.#texts.delete(path);
    this.#changed(path);
  }

  get openDocuments(): ReadonlyMap<string, string> {
    return this.#documents;
  }

  /** The disk may have changed. */
  refresh(): void {
    this.#generation++;
    this.#lastRefresh = this.#generation;
    this.#edits.length = 0;
  }

  /** Paths of the documents that were opened, edited or closed after that generation; null: anything may have changed. */
  changedSince(generation: number): ReadonlySet<string> | null {
    if (generation < this.#lastRefresh) return null;
    return new Set(this.#edits.filter((edit) => edit.generation > generation).map(({ path }) => path));
  }

  /** Runs `compute` and says what it asked of the files. May be nested: the outer recording sees what the inner does. */
  record<T>(compute: () => T): { readonly value: T; readonly dependencies: Dependencies } {
    const recording: Recording = { files: new Set(), folders: new Set(), kinds: new Set() };
    this.#recordings.push(recording);
    try {
      return { value: compute(), dependencies: recording };
    } finally {
      this.#recordings.splice(this.#recordings.indexOf(recording), 1);
    }
  }

  tree(path: string): FileResult<SyntaxTree> {
    const text = this.text(path);
    if (!text.ok) return text;
    const previous = this.#trees.get(path);
    if (previous?.text === text.value) return { ok: true, value: previous };
    const tree = this.#parser.parse(path, text.value, previous);
    if (previous) succeed(previous.root, tree.root);
    this.#trees.set(path, tree);
    return { ok: true, value: tree };
  }

  /** The tree of the text that was parsed last, whatever is written there by now; null where there is none. */
  parsed(path: string): SyntaxTree | null {
    return this.#trees.get(path) ?? null;
  }

  text(path: string): FileResult<string> {
    for (const recording of this.#recordings) recording.files.add(path);
    const document = this.#documents.get(path);
    if (document !== undefined)
      return document.length > largestFile ? { ok: false, problem: "too-large" } : { ok: true, value: document };
    return this.#remembered(this.#texts, path, readText);
  }

  entries(path: string): FileResult<ReadonlyMap<string, EntryType>> {
    for (const recording of this.#recordings) recording.folders.add(path);
    const listed = this.#remembered(this.#listings, path, readFolder);
    const unsaved = [...this.#documents.keys()].filter(
      (p) => dirname(p) === path && !(listed.ok && listed.value.has(basename(p))),
    );
    if (unsaved.length === 0 || !listed.ok) return listed;
    return { ok: true, value: new Map([...listed.value, ...unsaved.map((p) => [basename(p), "regular"] as const)]) };
  }

  type(path: string): FileResult<EntryType> {
    for (const recording of this.#recordings) recording.kinds.add(path);
    if (this.#documents.has(path)) return { ok: true, value: "regular" };
    const refused = this.#refusal(path);
    if (refused) return refused;
    try {
      return { ok: true, value: kindOf(statSync(path)) };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  #changed(path: string): void {
    this.#generation++;
    this.#edits.push({ generation: this.#generation, path });
    // Older edits are forgotten: whoever asks about them is told that anything may have changed.
    if (this.#edits.length > mostEdits) {
      this.#edits.length = 0;
      this.#lastRefresh = Math.max(this.#lastRefresh, this.#generation);
    }
  }

  #remembered<T>(memory: Map<string, Known<T>>, path: string, read: (path: string) => FileResult<T>): FileResult<T> {
    const known = memory.get(path);
    if (known && known.checked >= this.#lastRefresh) return known.result;
    const refused = this.#refusal(path);
    const signature = refused ? refused.problem : signatureOf(path);
    if (known && known.signature === signature) {
      known.checked = this.#generation;
      return known.result;
    }
    const result = refused ?? read(path);
    memory.set(path, { result, checked: this.#generation, signature });
    return result;
  }

  #refusal(path: string): { readonly ok: false; readonly problem: FileProblem } | null {
    if (!this.#below(path)) return { ok: false, problem: "outside" };
    try {
      const real = realpathSync(path);
      return real === path || this.#below(real) ? null : { ok: false, problem: "outside" };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  #below(path: string): boolean {
    return this.#roots.some((root) => path === root || path.startsWith(root === "/" ? "/" : `${root}/`));
  }
}

/** The folder of the repository whose part a folder with a flake is; null where it is none, or its own. */
function repositoryOf(root: string): string | null {
  if (!existsSync(join(root, "flake.nix")) || existsSync(join(root, ".git"))) return null;
  for (let at = dirname(root), last = root; at !== last; last = at, at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
  }
  return null;
}

/** A root under both its names: as given, and with symbolic links followed. */
export function withRealPath(root: string): string[] {
  const path = normalize(root).replace(/(.)\/+$/, "$1");
  try {
    const real = realpathSync(path);
    return real === path ? [path] : [path, real];
  } catch {
    return [path];
  }
}

function signatureOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino, mode } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino} ${mode}`;
  } catch (error) {
    return problemOf(error);
  }
}

/** What a file that git-crypt has locked begins with (AGWA/git-crypt, commands.cpp). */
const gitCrypt = "\0GITCRYPT\0";

function readText(path: string): FileResult<string> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { ok: false, problem: "not-a-file" };
    if (stat.size > largestFile) return { ok: false, problem: "too-large" };
    const bytes = readFileSync(path);
    if (!bytes.includes(0)) return { ok: true, value: decodeUtf8(bytes) };
    return { ok: false, problem: bytes.toString("latin1", 0, gitCrypt.length) === gitCrypt ? "encrypted" : "not-text" };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function readFolder(path: string): FileResult<ReadonlyMap<string, EntryType>> {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return {
      ok: true,
      value: new Map(entries.map((e) => [e.name, e.isSymbolicLink() ? "symlink" : kindOf(e)])),
    };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function kindOf(of: { isFile(): boolean; isDirectory(): boolean }): EntryType {
  if (of.isFile()) return "regular";
  return of.isDirectory() ? "directory" : "unknown";
}

function problemOf(error: unknown): FileProblem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "absent";
    case "EACCES":
    case "EPERM":
      return "permission";
    case "EISDIR":
      return "not-a-file";
    default:
      return "unreadable";
  }
}
