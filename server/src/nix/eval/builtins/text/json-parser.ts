/** A JSON text as nlohmann's parser reads it: integers of 64 bits stay exact. */
export type Json =
  | null
  | boolean
  | string
  | bigint
  | { readonly float: number }
  | readonly Json[]
  | ReadonlyMap<string, Json>;

export interface JsonProblem {
  readonly problem: string;
  /** Every version of Nix rejects the text. */
  readonly certain: boolean;
}

/** Reads a whole text. */
export function parseJson(text: string): { readonly value: Json } | JsonProblem {
  try {
    return { value: new Reader(text).whole() };
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message, certain: error.certain };
    throw error;
  }
}

class Failure extends Error {
  readonly certain: boolean;
  constructor(message: string, certain = true) {
    super(message);
    this.certain = certain;
  }
}

const deepest = 200;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  whole(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new Failure("text after the value");
    return value;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #value(): Json {
    this.#space();
    const c = this.#text[this.#at];
    switch (c) {
      case undefined:
        throw new Failure("unexpected end");
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #nested(read: () => Json): Json {
    if (++this.#depth > deepest) throw new Failure("nested too deeply", false);
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Json {
    const members = new Map<string, Json>();
    this.#at++;
    this.#space();
    if (this.#take("}")) return members;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw new Failure("expected a name");
      const name = this.#string();
      this.#space();
      if (!this.#take(":")) throw new Failure("expected ':'");
      members.set(name, this.#value());
      this.#space();
      if (this.#take("}")) return members;
      if (!this.#take(",")) throw new Failure("expected ',' or '}'");
    }
  }

  #array(): Json {
    const elements: Json[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return elements;
    for (;;) {
      elements.push(this.#value());
      this.#space();
      if (this.#take("]")) return elements;
      if (!this.#take(",")) throw new Failure("expected ',' or ']'");
    }
  }

  #take(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    let result = "";
    this.#at++;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c < " ") throw new Failure("unfinished string");
      this.#at++;
      if (c === '"') break;
      if (c !== "\\") {
        result += c;
        continue;
      }
      const kind = this.#text[this.#at++] ?? "";
      if (kind === "u") result += this.#unit();
      else if (kind in escapes) result += escapes[kind];
      else throw new Failure("invalid escape");
    }
    if (/\p{Surrogate}/u.test(result)) throw new Failure("lone surrogate");
    // Versions of Nix differ in what they make of it.
    if (result.includes("\0")) throw new Failure("null character", false);
    return result;
  }

  #unit(): string {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new Failure("invalid escape");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #word(): Json {
    const rest = this.#text.slice(this.#at, this.#at + 400);
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (rest.startsWith(word)) {
        this.#at += word.length;
        return value;
      }
    }
    const found = /^-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/.exec(rest);
    if (!found) throw new Failure("unexpected character");
    if (found[0].length > 300) throw new Failure("long number", false);
    this.#at += found[0].length;
    if (found[1] !== undefined || found[2] !== undefined) {
      const value = Number(found[0]);
      if (!Number.isFinite(value)) throw new Failure("number out of range");
      return { float: value };
    }
    const value = BigInt(found[0]);
    if (value >= 2n ** 63n || value < -(2n ** 63n)) throw new Failure("integer out of range", false);
    return value;
  }
}
