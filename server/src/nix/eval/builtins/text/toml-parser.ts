import type { Json, JsonProblem } from "./json-parser.ts";
import { scalar, TomlFailure, tomlString } from "./toml-values.ts";

/** Reads a TOML 1.0 document. Dates, which Nix does not read without an experimental setting, are a problem. */
export function parseToml(text: string): { readonly value: Json } | JsonProblem {
  try {
    return { value: new Document(text).read() };
  } catch (error) {
    if (error instanceof TomlFailure) return { problem: error.message, certain: error.certain };
    throw error;
  }
}

type Table = Map<string, Json>;

const bareKey = /[A-Za-z0-9_-]+/y;
const deepest = 200;

class Document {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #root: Table = new Map();
  /** Tables that a header has defined: they may not be defined again. */
  readonly #defined = new Set<Json>();
  /** Tables that dotted keys made: headers may not open them again. */
  readonly #dotted = new Set<Json>();
  /** Inline tables and arrays: nothing may be added. */
  readonly #closed = new Set<Json>();
  /** Arrays made by `[[…]]`. */
  readonly #tableArrays = new Set<Json>();

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  }

  read(): Json {
    let table = this.#root;
    for (;;) {
      this.#blank();
      const c = this.#text[this.#at];
      if (c === undefined) return this.#root;
      if (c === "[") table = this.#header();
      else this.#pair(table, this.#dotted);
      this.#endOfLine();
    }
  }

  #header(): Table {
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#at += isArray ? 2 : 1;
    const path = this.#key();
    this.#space();
    const close = isArray ? "]]" : "]";
    if (!this.#text.startsWith(close, this.#at)) throw new TomlFailure(`expected '${close}'`);
    this.#at += close.length;
    const last = path.pop() as string;
    let table = this.#root;
    for (const name of path) table = this.#enter(table, name);
    const existing = table.get(last);
    if (isArray) {
      if (existing !== undefined && !this.#tableArrays.has(existing))
        throw new TomlFailure(`'${last}' is no array of tables`);
      const made: Table = new Map();
      if (existing === undefined) {
        const array: Json[] = [made];
        this.#tableArrays.add(array);
        table.set(last, array);
      } else (existing as Json[]).push(made);
      return made;
    }
    if (existing === undefined) {
      const made: Table = new Map();
      table.set(last, made);
      this.#defined.add(made);
      return made;
    }
    if (
      !(existing instanceof Map) ||
      this.#defined.has(existing) ||
      this.#dotted.has(existing) ||
      this.#closed.has(existing)
    ) {
      throw new TomlFailure(`'${last}' is defined twice`);
    }
    this.#defined.add(existing);
    return existing;
  }

  /** The table of that name on a header's way; of an array of tables, the last one. */
  #enter(table: Table, name: string): Table {
    const existing = table.get(name);
    if (existing === undefined) {
      const made: Table = new Map();
      table.set(name, made);
      return made;
    }
    const target = this.#tableArrays.has(existing) ? (existing as readonly Json[]).at(-1) : existing;
    if (!(target instanceof Map) || this.#closed.has(target)) throw new TomlFailure(`'${name}' is no table`);
    return target;
  }

  #pair(start: Table, dotted: Set<Json>): void {
    const path = this.#key();
    this.#space();
    if (this.#text[this.#at] !== "=") throw new TomlFailure("expected '='");
    this.#at++;
    const last = path.pop() as string;
    let table = start;
    for (const name of path) {
      const existing = table.get(name);
      if (existing === undefined) {
        const made: Table = new Map();
        dotted.add(made);
        table.set(name, made);
        table = made;
      } else if (existing instanceof Map && dotted.has(existing) && !this.#defined.has(existing)) table = existing;
      else throw new TomlFailure(`'${name}' cannot be extended`);
    }
    if (table.has(last)) throw new TomlFailure(`'${last}' is defined twice`);
    table.set(last, this.#value());
  }

  #key(): string[] {
    const path: string[] = [];
    for (;;) {
      this.#space();
      const c = this.#text[this.#at];
      if (c === '"' || c === "'") {
        if (this.#text.startsWith(c.repeat(3), this.#at)) throw new TomlFailure("multi-line key");
        path.push(this.#string());
      } else {
        bareKey.lastIndex = this.#at;
        const found = bareKey.exec(this.#text);
        if (!found) throw new TomlFailure("expected a key");
        this.#at += found[0].length;
        path.push(found[0]);
      }
      this.#space();
      if (this.#text[this.#at] !== ".") return path;
      this.#at++;
    }
  }

  #string(): string {
    const { value, end } = tomlString(this.#text, this.#at);
    this.#at = end;
    return value;
  }

  #value(): Json {
    if (++this.#depth > deepest) throw new TomlFailure("nested too deeply", false);
    this.#space();
    const c = this.#text[this.#at];
    let value: Json;
    if (c === '"' || c === "'") value = this.#string();
    else if (c === "[") value = this.#array();
    else if (c === "{") value = this.#inlineTable();
    else {
      const found = scalar(this.#text, this.#at);
      this.#at = found.end;
      value = found.value;
    }
    this.#depth--;
    return value;
  }

  #array(): Json {
    const elements: Json[] = [];
    this.#at++;
    for (;;) {
      this.#blank();
      if (this.#take("]")) break;
      elements.push(this.#value());
      this.#blank();
      if (this.#take("]")) break;
      if (!this.#take(",")) throw new TomlFailure("expected ',' or ']'");
    }
    this.#closed.add(elements);
    return elements;
  }

  #inlineTable(): Json {
    const table: Table = new Map();
    const dotted = new Set<Json>();
    this.#at++;
    this.#space();
    if (!this.#take("}")) {
      for (;;) {
        this.#pair(table, dotted);
        this.#space();
        if (this.#take("}")) break;
        if (!this.#take(",")) throw new TomlFailure("expected ',' or '}'");
      }
    }
    this.#closed.add(table);
    for (const inner of dotted) this.#closed.add(inner);
    return table;
  }

  #take(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #comment(): void {
    if (this.#text[this.#at] !== "#") return;
    while (this.#at < this.#text.length && this.#text[this.#at] !== "\n") this.#at++;
  }

  /** Spaces, comments and ends of lines. */
  #blank(): void {
    do {
      this.#space();
      this.#comment();
    } while (this.#take("\n"));
  }

  #endOfLine(): void {
    this.#space();
    this.#comment();
    if (this.#at < this.#text.length && !this.#take("\n")) throw new TomlFailure("expected the end of the line");
  }
}
