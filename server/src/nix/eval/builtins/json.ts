import { stack } from "../budget.ts";
import {
  attributes,
  boolean,
  fails,
  float,
  integer,
  list,
  nullValue,
  string,
  unsupported,
  wrongType,
} from "../make.ts";
import {
  applyFunction,
  coerceToString,
  isError,
  joinStrings,
  mapUndecided,
  overBudget,
  pass,
  selectAttribute,
} from "../ops.ts";
import { joinPieces, mapPieces, piecesOf, textShape } from "../pieces.ts";
import { type AttributesValue, type ListValue, ready, type Unknown, type Value } from "../value.ts";
import { sortedEntries } from "./attributes.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, coerced, expectText, madeBy, uncertainty } from "./kit.ts";
import { type Json, parseJson } from "./text/json-parser.ts";

const stringShape = { type: "string" } as const;

/** Builtins on JSON. */
export const jsonBuiltins: readonly Definition[] = [
  builtin("toJSON", "e", "a -> string", (call, e) => toJson(call, e.force())),
  builtin("fromJSON", "e", "string -> a", (call, e) =>
    expectText(call, e, "fromJSON", (text) => {
      const parsed = parseJson(text);
      if ("value" in parsed) return fromJson(call, parsed.value);
      return parsed.certain
        ? fails(`invalid JSON: ${parsed.problem}`, call.at)
        : unsupported(`JSON: ${parsed.problem}`, call.at);
    }),
  ),
];

/** A value read from JSON or TOML as a value of Nix. */
export function fromJson(call: Call, json: Json): Value {
  const origin = madeBy(call);
  if (json === null) return nullValue(origin);
  switch (typeof json) {
    case "boolean":
      return boolean(json, origin);
    case "string":
      return string(json, origin);
    case "bigint":
      return integer(json, origin);
    default:
  }
  if (json instanceof Map) {
    return attributes(
      [...json].map(([name, value]: [string, Json]) => [name, fromJson(call, value)]),
      origin,
    );
  }
  if (Array.isArray(json))
    return list(
      json.map((value: Json) => ready(fromJson(call, value))),
      origin,
    );
  return float((json as { float: number }).float, origin);
}

function toJson(call: Call, value: Value): Value {
  // Writing a value takes longer than evaluating an expression.
  if (!call.evaluator.spend(4)) return overBudget("steps", call.at);
  if (stack.depth >= stack.limit) return overBudget("depth", call.at);
  stack.depth++;
  const result = mapUndecided(value, (v) => write(call, v), call.at);
  stack.depth--;
  return result;
}

function write(call: Call, value: Value): Value {
  switch (value.type) {
    case "null":
      return string("null");
    case "boolean":
      return string(String(value.value));
    case "integer":
      return string(value.value.toString());
    case "float": {
      const text = jsonFloat(value.value);
      return text === null ? unsupported("toJSON of this float", call.at, stringShape) : string(text);
    }
    case "string":
      return string(jsonString(value.value));
    case "path":
      return joinStrings([string('"'), coerceToString(value, "interpolation", call.at), string('"')], call.at);
    case "list":
      return writeList(call, value);
    case "attrs":
      return writeSet(call, value);
    case "function":
      return wrongType("JSON value", "function", call.at);
    case "unknown": {
      if (isError(value) || value.shape?.type !== "string") return pass(value, "toJSON", call.at, stringShape);
      const inside = mapPieces(piecesOf(value), (text) => jsonString(text).slice(1, -1), "special");
      return pass(value, "toJSON", call.at, textShape(joinPieces(['"', ...inside, '"'])));
    }
  }
}

function writeList(call: Call, value: ListValue): Value {
  const parts: Value[] = [string("[")];
  for (const [index, { thunk, conditional }] of value.items.entries()) {
    const one = toJson(call, thunk.force());
    if (one.type === "unknown" && isError(one) && !conditional) return one;
    if (index > 0) parts.push(string(","));
    parts.push(one);
  }
  const open = uncertainty(value);
  if (open) return pass(open, "toJSON", call.at, stringShape);
  return joinStrings([...parts, string("]")], call.at);
}

function writeSet(call: Call, set: AttributesValue): Value {
  if (set.rest && !set.entries.has("__toString") && !set.entries.has("outPath")) {
    return pass(set.rest, "toJSON", call.at, stringShape);
  }
  if (set.entries.has("__toString")) {
    const text = applyFunction(selectAttribute(set, "__toString", call.at), [ready(set)], call.at);
    return coerced(call, text, "interpolation", "toJSON", (t) => string(jsonString(t)), stringShape);
  }
  if (set.entries.has("outPath")) return toJson(call, selectAttribute(set, "outPath", call.at));
  const parts: Value[] = [];
  let open: Unknown | null = null;
  for (const [name, entry] of sortedEntries(set)) {
    open ??= entry.conditional ?? null;
    const one = toJson(call, entry.thunk.force());
    if (one.type === "unknown" && isError(one) && !entry.conditional) return one;
    parts.push(string(`${parts.length > 0 ? "," : "{"}${jsonString(name)}:`), one);
  }
  if (open) return pass(open, "toJSON", call.at, stringShape);
  return parts.length === 0 ? string("{}") : joinStrings([...parts, string("}")], call.at);
}

/** As nlohmann writes strings: only what must be escaped is. */
export function jsonString(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (c) => {
    const short = shortEscapes[c];
    return short ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** As nlohmann writes floats: shortest digits, `1.0`, exponents beyond 15 digits. Null where versions may differ. */
export function jsonFloat(value: number): string | null {
  if (!Number.isFinite(value)) return "null";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponentText] = value.toExponential().split("e") as [string, string];
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  // Beyond 15 digits nlohmann's algorithm need not find the shortest ones.
  if (digits.length > 15) return null;
  const point = Number(exponentText) + 1;
  if (digits.length <= point && point <= 15) return `${sign}${digits.padEnd(point, "0")}.0`;
  if (0 < point && point <= 15) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (-4 < point && point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const exponent = point - 1;
  const tail = `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}${tail}`;
}
