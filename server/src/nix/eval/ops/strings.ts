import { charge, sizeLimits, stack } from "../budget.ts";
import { external, originAt, path, string, wrongType } from "../make.ts";
import { holeFor, joinPieces, packageOf, piecesOf, textShape } from "../pieces.ts";
import type { AttributesValue, Hole, ListValue, Place, StringValue, TextPiece, Unknown, Value } from "../value.ts";
import { ready } from "../value.ts";
import { applyFunction } from "./apply.ts";
import { hasAttribute, selectAttribute } from "./attributes.ts";
import { addNumbers } from "./numbers.ts";
import { baseName, normalisePath } from "./paths.ts";
import { branch, mapUndecided } from "./undecided.ts";
import { isError, overBudget, pass } from "./unknowns.ts";

/**
 * How a value becomes a string. `interpolation`: strings, sets with `__toString` or `outPath`, and paths, which are copied
 * to the store (an unknown name). `plain`: the same, but a path gives its own text. `toString`: also numbers, booleans,
 * null and lists.
 */
export type CoercionMode = "interpolation" | "plain" | "toString";

const stringShape = { type: "string" } as const;

/** The value as a string, as the mode allows. */
export function coerceToString(value: Value, mode: CoercionMode, at: Place): Value {
  return mapUndecided(value, (v) => coerce(v, mode, at), at);
}

/** All parts as one string, each coerced. Of an unknown whole, the pieces are kept in `shape`. */
export function concatStrings(parts: readonly Value[], mode: CoercionMode, at: Place): Value {
  const coerced: Value[] = [];
  for (const part of parts) {
    const one = coerceToString(part, mode, at);
    if (one.type === "unknown" && isError(one)) return pass(one, "string", at, stringShape);
    coerced.push(one);
  }
  return joinStrings(coerced, at);
}

/** `left + right`: numbers, strings, or paths. */
export function add(left: Value, right: Value, at: Place): Value {
  return mapUndecided(left, (a) => mapUndecided(right, (b) => addKnown(a, b, at), at), at);
}

/** Strings (or unknowns for strings) put together. */
export function joinStrings(parts: readonly Value[], at: Place): Value {
  const index = parts.findIndex((v) => v.type === "unknown" && v.why.reason === "undecided");
  if (index >= 0) {
    const swap = (v: Value) =>
      joinStrings(
        parts.map((old, i) => (i === index ? v : old)),
        at,
      );
    return mapUndecided(parts[index] as Value, swap, at);
  }
  const firstUnknown = parts.find((part) => part.type === "unknown");
  if (firstUnknown?.type === "unknown") return joinPartly(parts, firstUnknown, at);
  let text = "";
  for (const part of parts) {
    if (part.type === "string") text += part.value;
    if (text.length > sizeLimits.characters) return overBudget("size", at);
  }
  charge(parts.length);
  const from = parts.flatMap((part) => (part.type === "unknown" ? [] : [part.origin]));
  return string(text, originAt(at, "operator", from));
}

/** A text of which parts are not known: what is, and what is known of the others, stays. */
function joinPartly(parts: readonly Value[], firstUnknown: Unknown, at: Place): Value {
  const pieces: TextPiece[] = [];
  let length = 0;
  for (const part of parts) {
    if (part.type === "string") {
      pieces.push(part.value);
      length += part.value.length;
    } else if (part.type === "unknown") pieces.push(...piecesOf(part));
    if (length > sizeLimits.characters) return overBudget("size", at);
  }
  return pass(firstUnknown, "string", at, textShape(joinPieces(pieces)));
}

/** An unknown string with what is known of it: its ends, what file it leads to … */
export function unknownText(what: string, at: Place, known: Omit<Hole, "why">): Unknown {
  return external(what, at, textShape([{ ...known, why: external(what, at) }]));
}

/** As C++ prints a float with `%f`: six decimals. */
export function floatToString(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Math.abs(value) < 1e21) return Object.is(value, -0) ? "-0.000000" : exactFixed(value);
  return `${BigInt(value)}.000000`;
}

/** `toFixed` is exact for the digits that it prints, but rounds ties away from zero where C rounds to even. */
function exactFixed(value: number): string {
  const text = value.toFixed(6);
  const scaled = Math.abs(value) * 2 ** 20;
  // A tie at the seventh decimal needs a value that is a multiple of 2^-7: only then the two ways can differ.
  if (!Number.isInteger(scaled) || Math.abs(value) >= 2 ** 46) return text;
  const millionths = BigInt(scaled) * 10_000_000n;
  const unit = 1n << 20n;
  if (millionths % unit !== 0n || (millionths / unit) % 10n !== 5n) return text;
  const whole = millionths / unit / 10n;
  const even = whole % 2n === 0n ? whole : whole + 1n;
  const digits = even.toString().padStart(7, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function coerce(value: Value, mode: CoercionMode, at: Place): Value {
  switch (value.type) {
    case "string":
      return value;
    case "path":
      if (mode !== "interpolation") return string(value.value, value.origin);
      return unknownText("store path of a file", at, {
        prefix: "/nix/store/",
        suffix: `-${baseName(value.value)}`,
        word: true,
        source: value.value,
      });
    case "attrs":
      return deeper(() => coerceSet(value, mode, at), at);
    case "unknown":
      return coerceUnknown(value, mode, at);
    case "function":
      return wrongType("string", "function", at);
    default:
      if (mode !== "toString") return wrongType("string", value.type, at);
  }
  const origin = originAt(at, "operator", [value.origin]);
  switch (value.type) {
    case "integer":
      return string(value.value.toString(), origin);
    case "float":
      return string(floatToString(value.value), origin);
    case "boolean":
      return string(value.value ? "1" : "", origin);
    case "null":
      return string("", origin);
    case "list":
      return deeper(() => coerceList(value, at), at);
  }
}

function coerceUnknown(value: Unknown, mode: CoercionMode, at: Place): Value {
  const type = value.shape?.type;
  if (isError(value) || type === undefined || type === "string") {
    return pass(value, "string", at, { ...value.shape, ...stringShape });
  }
  if (type === "path" && mode !== "interpolation") return pass(value, "string", at, { ...value.shape, ...stringShape });
  if (type === "path") return pass(value, "string", at, textShape([{ why: value, prefix: "/nix/store/", word: true }]));
  return pass(value, "string", at, textShape([holeFor(value)]));
}

/**
 * A flake of which only some outputs are known still has no `__toString`, nor has a derivation: its source or its output is
 * what it becomes.
 */
function isSource(set: AttributesValue): boolean {
  const is = (name: string, expected: string) => {
    const tag = set.entries.get(name);
    const value = tag && !tag.conditional ? tag.thunk.force() : null;
    return value?.type === "string" && value.value === expected;
  };
  return (
    !set.entries.has("__toString") && (is("_type", "flake") || (set.entries.has("outPath") && is("type", "derivation")))
  );
}

function coerceSet(set: AttributesValue, mode: CoercionMode, at: Place): Value {
  if (isSource(set)) return coerceToString(selectAttribute(set, "outPath", at), mode, at);
  return branch(
    hasAttribute(set, "__toString", at),
    () => coerceToString(applyFunction(selectAttribute(set, "__toString", at), [ready(set)], at), mode, at),
    () =>
      branch(
        hasAttribute(set, "outPath", at),
        () => coerceToString(selectAttribute(set, "outPath", at), mode, at),
        () => wrongType("string", "attrs", at),
        at,
      ),
    at,
  );
}

function coerceList(value: ListValue, at: Place): Value {
  const uncertain = value.rest ?? value.items.find((item) => item.conditional)?.conditional;
  if (uncertain) return pass(uncertain, "toString", at, stringShape);
  const parts: Value[] = [];
  charge(8 * (value.items.length + 1));
  for (const [index, { thunk }] of value.items.entries()) {
    const element = thunk.force();
    const text = coerceToString(element, "toString", at);
    if (text.type === "unknown" && isError(text)) return text;
    parts.push(text);
    if (index === value.items.length - 1) continue;
    if (element.type === "unknown" && element.shape?.type !== "string" && packageOf(element) === null)
      return pass(element, "toString", at, stringShape);
    if (element.type !== "list" || element.items.length > 0) parts.push(string(" "));
  }
  return joinStrings(parts, at);
}

function addKnown(a: Value, b: Value, at: Place): Value {
  switch (a.type) {
    case "integer":
    case "float":
      if (b.type === "integer" || b.type === "float") return addNumbers(a, b, at);
      return b.type === "unknown" ? pass(b, "+", at) : wrongType("number", b.type, at);
    case "path":
      return appendToPath(a.value, coerceToString(b, "plain", at), at);
    case "unknown":
      return addToUnknown(a, b, at);
    default: {
      const first = coerceToString(a, "plain", at);
      if (first.type === "unknown" && isError(first)) return first;
      const second = coerceToString(b, a.type === "string" ? "interpolation" : "plain", at);
      if (second.type === "unknown" && isError(second)) return pass(second, "+", at, stringShape);
      return joinStrings([first, second], at);
    }
  }
}

function addToUnknown(a: Unknown, b: Value, at: Place): Value {
  if (isError(a)) return pass(a, "+", at);
  if (a.shape?.type === "path") return pass(a, "+", at, { ...a.shape });
  if (a.shape?.type === "integer" || a.shape?.type === "float") return pass(a, "+", at);
  if (a.shape?.type === "string" || packageOf(a) !== null) {
    const second = coerceToString(b, "interpolation", at);
    return second.type === "unknown" && isError(second) ? pass(a, "+", at) : joinStrings([a, second], at);
  }
  if (b.type !== "string") return pass(a, "+", at);
  // The left side is a string, a path or a set that becomes one; a path loses a trailing slash and dots.
  const simple = /^[^/]*(\/[^/.][^/]*)*$/.test(b.value);
  const pieces = simple ? textShape(joinPieces([...piecesOf(a), b.value])).pieces : undefined;
  return pass(a, "+", at, pieces && { pieces });
}

function appendToPath(start: string, end: Value, at: Place): Value {
  if (end.type === "unknown") return pass(end, "+", at, { type: "path" });
  const text = (end as StringValue).value;
  if (text.includes("\0")) return wrongType("path", "string", at);
  return path(normalisePath(start + text), originAt(at, "operator", end.type === "string" ? [end.origin] : []));
}

/** Coercion may call functions and go down lists: it counts its depth like evaluation does. */
function deeper(run: () => Value, at: Place): Value {
  if (stack.depth >= stack.limit) return overBudget("depth", at);
  stack.depth++;
  const result = run();
  stack.depth--;
  return result;
}
