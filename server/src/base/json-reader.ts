/** Thrown by {@link JsonReader} only; whoever starts reading catches it. */
export class WrongShape extends Error {}

/** Reads values of a JSON object from outside; each getter says what is wrong and where. */
export class JsonReader {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new WrongShape(`${where} is not an object`);
    this.#object = value as Record<string, unknown>;
    this.#where = where;
  }

  /** Undefined where the key is missing: older snapshots lack newer keys. */
  has(key: string): boolean {
    return this.#object[key] !== undefined && this.#object[key] !== null;
  }

  string(key: string): string {
    return this.#typed(key, "string") as string;
  }

  stringOrNull(key: string): string | null {
    return this.has(key) ? this.string(key) : null;
  }

  number(key: string): number {
    const value = this.#typed(key, "number") as number;
    if (!Number.isFinite(value)) throw new WrongShape(`${this.#where}.${key} is not a number`);
    return value;
  }

  numberOrNull(key: string): number | null {
    return this.has(key) ? this.number(key) : null;
  }

  boolean(key: string): boolean {
    return this.#typed(key, "boolean") as boolean;
  }

  booleanOrNull(key: string): boolean | null {
    return this.has(key) ? this.boolean(key) : null;
  }

  /** One of the given words. */
  word<const T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.#object[key];
    const found = allowed.find((word) => word === value);
    if (found === undefined) throw new WrongShape(`${this.#where}.${key} is not one of ${allowed.join(", ")}`);
    return found;
  }

  object(key: string): JsonReader | null {
    return this.has(key) ? new JsonReader(this.#object[key], `${this.#where}.${key}`) : null;
  }

  /** The objects of a list; none where the key is missing. */
  objects(key: string): readonly JsonReader[] {
    const value = this.#object[key] ?? [];
    if (!Array.isArray(value)) throw new WrongShape(`${this.#where}.${key} is not a list`);
    return value.map((item, i) => new JsonReader(item, `${this.#where}.${key}[${i}]`));
  }

  /** The lists of texts of a set by their names; none where the key is missing. */
  lists(key: string): ReadonlyMap<string, readonly string[]> {
    const set = this.object(key);
    return set === null ? new Map() : new Map(Object.keys(set.#object).map((name) => [name, set.strings(name)]));
  }

  /** The objects of a set by their names; none where the key is missing. */
  named<T>(key: string, take: (reader: JsonReader) => T): ReadonlyMap<string, T> {
    if (!this.has(key)) return new Map();
    const where = `${this.#where}.${key}`;
    const found = this.#object[key];
    if (typeof found !== "object" || found === null || Array.isArray(found))
      throw new WrongShape(`${where} is not an object`);
    return new Map(
      Object.entries(found).map(([name, value]) => [name, take(new JsonReader(value, `${where}.${name}`))]),
    );
  }

  /** The texts of a list; none where the key is missing. */
  strings(key: string): readonly string[] {
    const value = this.#object[key] ?? [];
    if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
      throw new WrongShape(`${this.#where}.${key} is not a list of strings`);
    return value;
  }

  #typed(key: string, type: "string" | "number" | "boolean"): unknown {
    const value = this.#object[key];
    if (typeof value !== type) throw new WrongShape(`${this.#where}.${key} is not a ${type}`);
    return value;
  }
}
