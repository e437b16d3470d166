import { charge } from "../budget.ts";
import { dismiss } from "../dismissals.ts";
import { boolean, fails, originAt, otherBuiltins, wrongType } from "../make.ts";
import { packageOf, packageOfNixpkgs, packageShape } from "../pieces.ts";
import {
  type Attribute,
  type AttributesValue,
  delayed,
  type Place,
  type Thunk,
  type Unknown,
  type Value,
} from "../value.ts";
import { branch, mapUndecided } from "./undecided.ts";
import { forward, isError, pass, undecided } from "./unknowns.ts";

/** `set.name`: a missing name is an error; an open set gives unknown for it, a conditional attribute is undecided. */
export function selectAttribute(set: Value, name: string, at: Place, via = name): Value {
  return mapUndecided(
    set,
    (s) => {
      if (s.type === "unknown") return belowUnknown(s, name, via, at);
      if (s.type !== "attrs") return wrongType("set", s.type, at);
      const entry = s.entries.get(name);
      if (!entry) return s.rest ? fromRest(s.rest, name, via, at) : fails(`attribute '${name}' missing`, at);
      return passAttribute(entry, via, at);
    },
    at,
  );
}

/** `set.name or fallback`: the fallback also stands in for a set that is none. */
export function selectOr(set: Value, name: string, fallback: () => Value, at: Place, via = name): Value {
  if (set.type === "unknown" && set.why.reason !== "undecided") {
    const missing = pass(set, via, at);
    return isError(set) ? missing : branch(missing, () => missing, fallback, at);
  }
  return mapUndecided(
    set,
    (s) => {
      if (s.type === "unknown") return selectOr(pass(s, via, at), name, fallback, at, via);
      if (s.type !== "attrs") return fallback();
      const entry = s.entries.get(name);
      if (entry?.conditional) return branch(entry.conditional, () => entry.thunk.force(), fallback, at);
      if (entry) return passAttribute(entry, via, at);
      if (!s.rest) return fallback();
      const missing = fromRest(s.rest, name, via, at);
      return branch(unshaped(missing), () => missing, fallback, at);
    },
    at,
  );
}

/** An attribute that an open set may have: of a package set of nixpkgs, that package. */
export function fromRest(rest: Unknown, name: string, via: string, at: Place): Unknown {
  const isPackage = rest.why.reason === "external" && rest.why.what === packageOfNixpkgs;
  return pass(rest, via, at, isPackage ? packageShape(name, rest) : undefined);
}

const outputs = new Set(["outPath", "out", "bin", "lib", "dev"]);

/** An attribute of a value that is not known; an output of a package is one of its store paths. */
export function belowUnknown(of: Unknown, name: string | null, via: string, at: Place): Unknown {
  if (name === null || !outputs.has(name) || packageOf(of) === null) return pass(of, via, at);
  return pass(of, via, at, name === "outPath" ? { ...of.shape, type: "string" } : of.shape);
}

/** As a condition ("is it there?") the unknown says nothing about the value's own type. */
export function unshaped(value: Unknown): Unknown {
  return value.shape ? { type: "unknown", at: value.at, why: value.why } : value;
}

/** `set ? name`; false for what is no set. */
export function hasAttribute(set: Value, name: string, at: Place): Value {
  return mapUndecided(
    set,
    (s) => {
      if (s.type === "unknown") return pass(s, `? ${name}`, at, { type: "boolean" });
      const origin = originAt(at, "operator", [s.origin]);
      if (s.type !== "attrs") return boolean(false, origin);
      const entry = s.entries.get(name);
      if (entry?.conditional) return pass(entry.conditional, `? ${name}`, at, { type: "boolean" });
      if (entry) return boolean(true, origin);
      return s.rest ? pass(s.rest, `? ${name}`, at, { type: "boolean" }) : boolean(false, origin);
    },
    at,
  );
}

/** `left // right`. An unknown side leaves an open set: what the right side surely has stays known. */
export function updateAttributes(left: Value, right: Value, at: Place): Value {
  return mapUndecided(left, (a) => mapUndecided(right, (b) => update(a, b, at), at), at);
}

function update(a: Value, b: Value, at: Place): Value {
  if (a.type === "unknown" && (isError(a) || b.type === "unknown")) return pass(a, "//", at, { type: "attrs" });
  if (a.type !== "unknown" && a.type !== "attrs") return wrongType("set", a.type, at);
  if (b.type === "unknown" && isError(b)) return pass(b, "//", at, { type: "attrs" });
  if (b.type !== "unknown" && b.type !== "attrs") return wrongType("set", b.type, at);
  const misshapen = [a, b].find(wrongShape);
  if (misshapen?.type === "unknown") return wrongType("set", misshapen.shape?.type ?? "unknown", at);
  if (a.type === "unknown") return b.type === "attrs" ? openSet(b, a, at) : pass(a, "//", at, { type: "attrs" });
  if (b.type === "attrs" && !b.rest) {
    if (b.entries.size === 0) return a;
    if (a.entries.size === 0 && !a.rest) return b;
  }
  const rest: Unknown | null = b.type === "attrs" ? b.rest : b;
  if (rest) dismiss();
  charge(8 + 2 * (a.entries.size + (b.type === "attrs" ? b.entries.size : 0)));
  const entries = new Map<string, Attribute>();
  for (const [name, x] of a.entries) entries.set(name, rest && mayName(rest, name) ? perhapsReplaced(x, rest, at) : x);
  if (b.type === "attrs") {
    for (const [name, y] of b.entries) {
      const x = a.entries.get(name);
      entries.set(name, y.conditional ? perhapsOver(y, y.conditional, x, a.rest, at) : y);
    }
  }
  const origins = b.type === "attrs" ? [a.origin, b.origin] : [a.origin];
  return { type: "attrs", entries, rest: rest ?? a.rest, origin: originAt(at, "operator", origins) };
}

/** Builtins that some versions or builds of Nix have and we do not name; `lib // builtins` is all of `lib` but for these. */
const unnamedBuiltins = new Set(
  "exec fetchFinalTree importNative parallel resolveFlake unsafeGetLambdaDocs wasm".split(" "),
);

/** May the open part of a set hold this name? */
function mayName(rest: Unknown, name: string): boolean {
  return rest !== otherBuiltins || unnamedBuiltins.has(name);
}

function wrongShape(v: Unknown | AttributesValue): boolean {
  return v.type === "unknown" && v.shape?.type !== undefined && v.shape.type !== "attrs";
}

/** The set with more attributes to be expected: what it names itself comes last and so stays known. */
function openSet(set: AttributesValue, rest: Unknown, at: Place): AttributesValue {
  const entries = new Map<string, Attribute>();
  for (const [name, y] of set.entries) {
    entries.set(name, y.conditional ? perhapsOver(y, y.conditional, undefined, rest, at) : y);
  }
  return { type: "attrs", entries, rest: set.rest ?? pass(rest, "//", at), origin: set.origin };
}

/** `x` on the left of an open set, which may hold the same name. */
function perhapsReplaced(x: Attribute, rest: Unknown, at: Place): Attribute {
  const thunk = delayed(x.at, () => {
    const other = pass(rest, "//", at);
    return branch(
      other,
      () => other,
      () => x.thunk.force(),
      at,
    );
  });
  return { ...x, thunk };
}

/** `y` under a condition, laid over `x`, or over what an open set may hold. */
function perhapsOver(
  y: Attribute,
  condition: Unknown,
  x: Attribute | undefined,
  rest: Unknown | null,
  at: Place,
): Attribute {
  if (!x && !rest) return y;
  const below: () => Value = x ? () => x.thunk.force() : () => pass(rest as Unknown, "//", at);
  const thunk: Thunk = delayed(y.at, () => branch(condition, () => y.thunk.force(), below, at));
  if (x && !x.conditional) return { thunk, at: y.at };
  return { thunk, at: y.at, conditional: x?.conditional ?? condition };
}

function passAttribute(entry: Attribute, via: string, at: Place): Value {
  const value = entry.thunk.force();
  if (entry.conditional) {
    if (value.type === "unknown") return forward(value, via, at);
    return undecided(entry.conditional, [value], at);
  }
  return value.type === "unknown" ? forward(value, via, at) : value;
}
