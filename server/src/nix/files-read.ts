import { dirname } from "node:path";
import { dependOn, Token } from "./eval/dependencies.ts";
import type { EntryType, FileResult, FileSource } from "./files.ts";
import type { SyntaxTree } from "./syntax/tree.ts";

/** Files whose open documents change one at a time. */
export interface ChangingFiles extends FileSource {
  /** Paths that changed after that generation; null: anything may have. */
  changedSince(generation: number): ReadonlySet<string> | null;
}

interface Asked {
  token: Token;
  /** Set where a parsed file was asked for. */
  readonly file: string | null;
  /** What was answered: equal answers are equal by `===` or by this text. */
  answer: unknown;
  /** Asks again. */
  readonly again: () => unknown;
}

/**
 * Remembers what evaluation asked of the files, and makes it depend on the answers. What is inside a parsed file is
 * depended on by its units (units.ts); here it counts only whether the file can be read at all.
 */
export class FilesRead implements FileSource {
  readonly #files: ChangingFiles;
  readonly #asked = new Map<string, Asked>();
  #checked: number;

  constructor(files: ChangingFiles) {
    this.#files = files;
    this.#checked = files.generation;
  }

  get generation(): number {
    return this.#files.generation;
  }

  /** Finds out which answers are different by now, and lets what depends on them expire. */
  revalidate(): void {
    if (this.#checked === this.#files.generation) return;
    const changed = this.#files.changedSince(this.#checked);
    this.#checked = this.#files.generation;
    if (changed === null) for (const asked of this.#asked.values()) askAgain(asked);
    else for (const path of changed) this.#revalidatePath(path);
  }

  /** A document that comes or goes also changes the listing of its folder. */
  #revalidatePath(path: string): void {
    const keys = [`tree ${path}`, `text ${path}`, `type ${path}`, `entries ${dirname(path)}`];
    for (const key of keys) {
      const asked = this.#asked.get(key);
      if (asked) askAgain(asked);
    }
  }

  tree(path: string): FileResult<SyntaxTree> {
    const answer = (result: FileResult<SyntaxTree>) => (result.ok ? "parsed" : result.problem);
    return this.#ask(`tree ${path}`, () => this.#files.tree(path), answer, path);
  }

  text(path: string): FileResult<string> {
    return this.#ask(
      `text ${path}`,
      () => this.#files.text(path),
      (result) => (result.ok ? `=${result.value}` : result.problem),
    );
  }

  entries(path: string): FileResult<ReadonlyMap<string, EntryType>> {
    return this.#ask(
      `entries ${path}`,
      () => this.#files.entries(path),
      (result) => (result.ok ? listed(result.value) : result.problem),
    );
  }

  type(path: string): FileResult<EntryType> {
    return this.#ask(
      `type ${path}`,
      () => this.#files.type(path),
      (result) => (result.ok ? `=${result.value}` : result.problem),
    );
  }

  #ask<T>(
    key: string,
    ask: () => FileResult<T>,
    answer: (result: FileResult<T>) => unknown,
    file: string | null = null,
  ): FileResult<T> {
    const result = ask();
    let asked = this.#asked.get(key);
    if (!asked) {
      asked = { token: new Token(result.ok ? file : null), file, answer: answer(result), again: () => answer(ask()) };
      this.#asked.set(key, asked);
    }
    dependOn(asked.token.alone);
    return result;
  }
}

function askAgain(asked: Asked): void {
  const answer = asked.again();
  if (answer === asked.answer) return;
  asked.token.expire();
  asked.token = new Token(asked.file);
  asked.answer = answer;
}

const listings = new WeakMap<ReadonlyMap<string, EntryType>, string>();

/** A listing as text, made once per listing. */
function listed(entries: ReadonlyMap<string, EntryType>): string {
  let text = listings.get(entries);
  if (text === undefined) {
    text = JSON.stringify([...entries].sort());
    listings.set(entries, text);
  }
  return text;
}
