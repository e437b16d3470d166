import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A type of the protocol as generate.mjs writes it: a name, or a list that begins with its kind. */
type Type =
  | string
  | readonly ["array" | "map", Type]
  | readonly ["or" | "tuple", readonly Type[]]
  | readonly ["const", string]
  | readonly ["object", Readonly<Record<string, Type>>];

interface Model {
  readonly results: Readonly<Record<string, Type>>;
  readonly params: Readonly<Record<string, Type>>;
  /** The client's capability and the type of the options, by the method that is registered. */
  readonly registrations: Readonly<Record<string, readonly [string, Type]>>;
  /** The capability without which a client does not expect a request of the server. */
  readonly capabilities: Readonly<Record<string, string>>;
  readonly objects: Readonly<Record<string, Readonly<Record<string, Type>>>>;
  /** Values, or the one base type of an enumeration that clients may extend. */
  readonly enumerations: Readonly<Record<string, readonly (string | number)[]>>;
  readonly aliases: Readonly<Record<string, Type>>;
}

/** The protocol's own description of what a server sends. */
export const model = JSON.parse(readFileSync(join(import.meta.dirname, "model.generated.json"), "utf8")) as Model;

/**
 * Says where a value is not of a type of the protocol; null when it is. Stricter than the protocol: a property that it
 * does not name is a mistake of ours.
 */
export function mismatch(type: Type, value: unknown, at = ""): string | null {
  if (typeof type === "string") return ofName(type, value, at);
  switch (type[0]) {
    case "array":
      return Array.isArray(value)
        ? first(value, (each, i) => mismatch(type[1], each, `${at}[${i}]`))
        : not(type, value, at);
    case "map":
      return isRecord(value)
        ? first(Object.entries(value), ([key, each]) => mismatch(type[1], each, `${at}.${key}`))
        : not(type, value, at);
    case "or": {
      const reasons = type[1].map((each) => mismatch(each, value, at));
      if (reasons.includes(null)) return null;
      // The alternative that was followed furthest is the one that was meant.
      return (reasons as string[]).reduce((best, reason) => (depth(reason) > depth(best) ? reason : best));
    }
    case "tuple":
      return Array.isArray(value) && value.length === type[1].length
        ? first(value, (each, i) => mismatch(type[1][i] as Type, each, `${at}[${i}]`))
        : not(type, value, at);
    case "const":
      return value === type[1] ? null : not(type, value, at);
    case "object":
      return ofObject(type[1], value, at);
  }
}

function ofName(name: string, value: unknown, at: string): string | null {
  const base = bases[name];
  if (base) return base(value) ? null : not(name, value, at);
  const object = model.objects[name];
  if (object) return ofObject(object, value, at);
  const values = model.enumerations[name];
  if (values) {
    const open = values.length === 1 && bases[String(values[0])];
    return (open ? open(value) : values.includes(value as string)) ? null : not(name, value, at);
  }
  const alias = model.aliases[name];
  if (alias === undefined) throw new Error(`the protocol has no type ${name}`);
  return mismatch(alias, value, at);
}

function ofObject(properties: Readonly<Record<string, Type>>, value: unknown, at: string): string | null {
  if (!isRecord(value)) return not(["object", {}], value, at);
  for (const [name, type] of Object.entries(properties)) {
    const key = name.replace(/\?$/, "");
    // What is undefined is not sent.
    if (value[key] === undefined) {
      if (key === name) return `${at}.${key} is missing`;
      continue;
    }
    const problem = mismatch(type, value[key], `${at}.${key}`);
    if (problem) return problem;
  }
  const unknown = Object.keys(value).find((key) => !(key in properties) && !(`${key}?` in properties));
  return unknown === undefined ? null : `${at}.${unknown} is no property`;
}

const maxInteger = 2 ** 31 - 1;
const isInteger = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= maxInteger;
const isUri = (value: unknown) => typeof value === "string" && /^[a-z][a-z0-9+.-]*:/i.test(value);

const bases: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  none: (value) => value === undefined || value === null,
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  integer: isInteger,
  uinteger: (value) => isInteger(value) && value >= 0,
  decimal: (value) => typeof value === "number",
  URI: isUri,
  DocumentUri: isUri,
};

function not(type: Type, value: unknown, at: string): string {
  const name = typeof type === "string" ? type : JSON.stringify(type).slice(0, 80);
  return `${at} is no ${name}: ${(JSON.stringify(value) ?? "undefined").slice(0, 200)}`;
}

/** How far into the value a reason points; a wrong `kind` says that another alternative was meant. */
function depth(reason: string): number {
  if (reason.includes('is no ["const"')) return 0;
  return (/^\S*/.exec(reason)?.[0].match(/[.[]/g) ?? []).length;
}

function first<T>(list: readonly T[], problem: (each: T, index: number) => string | null): string | null {
  for (const [index, each] of list.entries()) {
    const found = problem(each, index);
    if (found) return found;
  }
  return null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
