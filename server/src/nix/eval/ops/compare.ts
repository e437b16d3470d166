import { charge, chargeText, stack } from "../budget.ts";
import { dismiss } from "../dismissals.ts";
import { boolean, originAt, unsupported, wrongType } from "../make.ts";
import { prefixOf, suffixOf } from "../pieces.ts";
import type { AttributesValue, ListValue, Place, Thunk, Unknown, Value } from "../value.ts";
import { selectAttribute } from "./attributes.ts";
import { and } from "./logic.ts";
import { mapUndecided } from "./undecided.ts";
import { isError, overBudget, pass } from "./unknowns.ts";

const booleanShape = { type: "boolean" } as const;

/** `left == right`, deep. Functions are never equal; inside lists and sets Nix takes the very same element as equal. */
export function equals(left: Value, right: Value, at: Place): Value {
  if (left.type === "unknown" && isError(left)) return pass(left, "==", at, booleanShape);
  return mapUndecided(left, (a) => mapUndecided(right, (b) => equal(a, b, at), at), at);
}

/** Equality of two elements: the same thunk is equal to itself without a look inside. */
export function equalThunks(left: Thunk, right: Thunk, at: Place): Value {
  const a = left.force();
  if (left === right) return a.type === "unknown" ? pass(a, "==", at, booleanShape) : answer(true, a, a, at);
  const b = right.force();
  // Whether the very same function counts as equal depends on how Nix happened to share it.
  if (a.type === "function" && a === b) return unsupported("comparison of a function with itself", at, booleanShape);
  return equals(a, b, at);
}

/** `left < right` on numbers, strings, paths and lists of them. */
export function lessThan(left: Value, right: Value, at: Place): Value {
  if (left.type === "unknown" && isError(left)) return pass(left, "<", at, booleanShape);
  return mapUndecided(left, (a) => mapUndecided(right, (b) => less(a, b, at), at), at);
}

/** Orders strings by their bytes in UTF-8, as Nix does; JavaScript's own order differs above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  chargeText(length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x2000 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x2000 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

function answer(value: boolean, a: Value, b: Value, at: Place): Value {
  const from = a.type === "unknown" || b.type === "unknown" ? [] : [a.origin, b.origin];
  return boolean(value, originAt(at, "operator", from));
}

function equal(a: Value, b: Value, at: Place): Value {
  charge(2);
  if (a.type === "unknown")
    return differByShape(a, b) && b.type !== "unknown" ? answer(false, a, b, at) : pass(a, "==", at, booleanShape);
  if (b.type === "unknown")
    return !isError(b) && differByShape(b, a) ? answer(false, a, b, at) : pass(b, "==", at, booleanShape);
  switch (a.type) {
    case "integer":
    case "float":
      if (b.type === "integer" && a.type === "integer") return answer(a.value === b.value, a, b, at);
      return answer((b.type === "integer" || b.type === "float") && Number(a.value) === Number(b.value), a, b, at);
    case "boolean":
    case "string":
    case "path":
      return answer(a.type === b.type && a.value === b.value, a, b, at);
    case "null":
      return answer(b.type === "null", a, b, at);
    case "list":
      return b.type === "list" ? deeper(() => equalLists(a, b, at), at) : answer(false, a, b, at);
    case "attrs":
      return b.type === "attrs" ? deeper(() => equalSets(a, b, at), at) : answer(false, a, b, at);
    case "function":
      return answer(false, a, b, at);
  }
}

/** True when what is known of the unknown already excludes the other value. */
function differByShape(u: Unknown, other: Value): boolean {
  const { shape } = u;
  if (!shape || isError(u)) return false;
  dismiss();
  const numbers = ["integer", "float"];
  const bothNumbers = numbers.includes(shape.type ?? "") && numbers.includes(other.type);
  if (shape.type !== undefined && other.type !== "unknown" && other.type !== shape.type && !bothNumbers) return true;
  if (other.type !== "string") return false;
  const [prefix, suffix] = [prefixOf(u), suffixOf(u)];
  return (
    other.value.length < Math.max(prefix.length, suffix.length) ||
    !other.value.startsWith(prefix) ||
    !other.value.endsWith(suffix)
  );
}

function equalLists(a: ListValue, b: ListValue, at: Place): Value {
  const uncertain = openness(a) ?? openness(b);
  if (uncertain) return pass(uncertain, "==", at, booleanShape);
  if (a.items.length !== b.items.length) return answer(false, a, b, at);
  charge(8);
  let result: Value = answer(true, a, b, at);
  for (let i = 0; i < a.items.length; i++) {
    result = and(
      result,
      () => equalThunks((a.items[i] as { thunk: Thunk }).thunk, (b.items[i] as { thunk: Thunk }).thunk, at),
      at,
    );
    if (result.type === "boolean" && !result.value) return result;
    if (result.type === "unknown" && isError(result)) return result;
  }
  return result;
}

function openness(list: ListValue): Unknown | null {
  return list.rest ?? list.items.find((item) => item.conditional)?.conditional ?? null;
}

function equalSets(a: AttributesValue, b: AttributesValue, at: Place): Value {
  if (a.entries === b.entries && !a.rest) return sameSet(a, at);
  charge(16 + a.entries.size);
  const derivation = and(isDerivation(a, at), () => isDerivation(b, at), at);
  if (derivation.type === "unknown") return pass(derivation, "==", at, booleanShape);
  if (derivation.type === "boolean" && derivation.value && a.entries.has("outPath") && b.entries.has("outPath")) {
    return equals(selectAttribute(a, "outPath", at), selectAttribute(b, "outPath", at), at);
  }
  const surelyIn = (x: AttributesValue, name: string) => x.entries.has(name) && !x.entries.get(name)?.conditional;
  const missing =
    (!b.rest && [...a.entries.keys()].some((name) => surelyIn(a, name) && !b.entries.has(name))) ||
    (!a.rest && [...b.entries.keys()].some((name) => surelyIn(b, name) && !a.entries.has(name)));
  if (missing && a.entries.size !== b.entries.size) return answer(false, a, b, at);
  const conditional = [...a.entries.values(), ...b.entries.values()].find((entry) => entry.conditional)?.conditional;
  const uncertain = a.rest ?? b.rest ?? conditional;
  if (uncertain) return missing ? answer(false, a, b, at) : pass(uncertain, "==", at, booleanShape);
  return equalEntries(a, b, missing, at);
}

/**
 * Nix compares attributes in the order in which it first saw their names, which nobody knows. So when one pair differs
 * and another fails, the result may be either.
 */
function equalEntries(a: AttributesValue, b: AttributesValue, missing: boolean, at: Place): Value {
  let error: Unknown | null = null;
  let open: Unknown | null = null;
  let different = missing;
  for (const [name, x] of a.entries) {
    const y = b.entries.get(name);
    if (!y) continue;
    const one = equalThunks(x.thunk, y.thunk, at);
    if (one.type === "boolean") different ||= !one.value;
    else if (one.type === "unknown" && isError(one)) error ??= one;
    else if (one.type === "unknown") open ??= one;
  }
  if (different && error) return unsupported("order in which attributes are compared", at, booleanShape);
  if (different) return answer(false, a, b, at);
  if (error) return pass(error, "==", at, booleanShape);
  return open ? pass(open, "==", at, booleanShape) : answer(true, a, b, at);
}

/** Both sides are one and the same set of attributes: equal as Nix compares them, each element being itself. */
function sameSet(a: AttributesValue, at: Place): Value {
  for (const { thunk } of a.entries.values()) {
    const value = thunk.force();
    if (value.type === "unknown") return pass(value, "==", at, booleanShape);
  }
  return answer(true, a, a, at);
}

function isDerivation(set: AttributesValue, at: Place): Value {
  const entry = set.entries.get("type");
  if (!entry && !set.rest) return boolean(false);
  const type = selectAttribute(set, "type", at);
  if (type.type === "unknown") return pass(type, "type", at, booleanShape);
  return boolean(type.type === "string" && type.value === "derivation");
}

function less(a: Value, b: Value, at: Place): Value {
  charge(2);
  if (a.type === "unknown") return pass(a, "<", at, booleanShape);
  if (b.type === "unknown") return pass(b, "<", at, booleanShape);
  if ((a.type === "integer" || a.type === "float") && (b.type === "integer" || b.type === "float")) {
    const both = a.type === "integer" && b.type === "integer";
    return answer(both ? a.value < b.value : Number(a.value) < Number(b.value), a, b, at);
  }
  if ((a.type === "string" && b.type === "string") || (a.type === "path" && b.type === "path")) {
    return answer(compareBytes(a.value, b.value) < 0, a, b, at);
  }
  if (a.type === "list" && b.type === "list") return deeper(() => lessLists(a, b, at), at);
  return wrongType(a.type, b.type, at);
}

/** The first pair that is not equal decides; a list that ends first is less. */
function lessLists(a: ListValue, b: ListValue, at: Place): Value {
  for (let i = 0; ; i++) {
    charge(8);
    const x = a.items[i];
    const y = b.items[i];
    const uncertain = a.rest ?? b.rest ?? x?.conditional ?? y?.conditional;
    if (uncertain) return pass(uncertain, "<", at, booleanShape);
    if (!y) return answer(false, a, b, at);
    if (!x) return answer(true, a, b, at);
    const same = equalThunks(x.thunk, y.thunk, at);
    if (same.type === "unknown") return pass(same, "<", at, booleanShape);
    if (same.type === "boolean" && !same.value) return lessThan(x.thunk.force(), y.thunk.force(), at);
  }
}

/** Comparison goes down by recursion, so it counts its depth like evaluation does; each step takes more of the stack. */
function deeper(compare: () => Value, at: Place): Value {
  if (stack.depth >= stack.limit) return overBudget("depth", at);
  stack.depth += 3;
  const result = compare();
  stack.depth -= 3;
  return result;
}
