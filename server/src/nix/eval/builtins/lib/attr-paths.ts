import { charge } from "../../budget.ts";
import { attributes, becauseOf, boolean, fails as failure, list } from "../../make.ts";
import { type AttributesValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { mapEntries, nameOf, toListOf } from "./attrsets.ts";
import {
  apply,
  applyLater,
  choose,
  each,
  equal,
  fails,
  force,
  has,
  holds,
  isUnknown,
  later,
  select,
  thunkOf,
} from "./combine.ts";
import { item, listValue, made, needAttrs, needList, needString, section, sortedEntries, uncertainty } from "./kit.ts";
import { concatItems } from "./lists.ts";

const define = section("attrsets", "lib/attrsets.nix");

/** `lib.attrsets`: what follows paths of attributes and what descends into nested sets. */
export const attrPaths: readonly Definition[] = [
  define("attrByPath", "path! default set", "[string] -> any -> attrs -> any", (call, path, fallback, set) =>
    follow(call, "attrByPath", path, set, () => fallback.force()),
  ),
  define("hasAttrByPath", "path! set", "[string] -> attrs -> bool", (call, path, set) => {
    const steps = stepsOf(call, path, "hasAttrByPath");
    if (!Array.isArray(steps)) return steps;
    let at: Thunk = set;
    for (const step of steps) {
      const name = needString(call, step, "hasAttrByPath");
      if (name.type === "unknown") return name;
      const there = has(call, at, name.value);
      if (isUnknown(there)) return there;
      if (!there) return boolean(false, made(call));
      const inner = at;
      at = later(call, () => select(call, inner, name.value));
    }
    return boolean(true, made(call));
  }),
  define("setAttrByPath", "path! value", "[string] -> a -> attrs", (call, path, value) => {
    const steps = stepsOf(call, path, "setAttrByPath");
    if (!Array.isArray(steps)) return steps;
    // Only the name of the level that is asked for is looked at, as in lib/attrsets.nix.
    const below = (depth: number): Value => {
      const step = steps[depth];
      if (step === undefined) return value.force();
      return each(call, step, (given) => {
        const name = needString(call, given, "setAttrByPath");
        if (name.type === "unknown") return name;
        const inside = depth === steps.length - 1 ? value : later(call, () => below(depth + 1));
        return attributes([[name.value, inside]], made(call));
      });
    };
    return below(0);
  }),
  define("getAttrFromPath", "path! set", "[string] -> attrs -> any", (call, path, set) =>
    follow(call, "getAttrFromPath", path, set, (names) =>
      failure(`cannot find attribute '${names().join(".")}'`, call.at, "abort"),
    ),
  ),
  define("longestValidPathPrefix", "path! set", "[string] -> any -> [string]", (call, path, set) => {
    const steps = stepsOf(call, path, "longestValidPathPrefix");
    if (!Array.isArray(steps)) return steps;
    let at: Thunk = set;
    const found: string[] = [];
    for (const step of steps) {
      const name = needString(call, step, "longestValidPathPrefix");
      if (name.type === "unknown") return name;
      const there = has(call, at, name.value);
      if (isUnknown(there)) return there;
      if (!there) break;
      const inner = at;
      at = later(call, () => select(call, inner, name.value));
      found.push(name.value);
    }
    return list(
      found.map((name) => nameOf(call, name)),
      made(call),
    );
  }),
  define(
    "recursiveUpdateUntil",
    "predicate left! right!",
    "([string] -> any -> any -> bool) -> attrs -> attrs -> attrs",
    (call, predicate, left, right) =>
      merged(call, left, right, [], (path, l, r) =>
        holds(
          call,
          predicate,
          list(
            path.map((name) => nameOf(call, name)),
            made(call),
          ),
          l,
          r,
        ),
      ),
  ),
  define("recursiveUpdate", "left! right!", "attrs -> attrs -> attrs", (call, left, right) =>
    merged(call, left, right, [], (_, l, r) => eitherIsNoSet(call, l, r)),
  ),
  define("mapAttrsRecursive", "f set!", "([string] -> a -> b) -> attrs -> attrs", (call, f, set) =>
    mapDeep(call, () => true, f, set, []),
  ),
  define(
    "mapAttrsRecursiveCond",
    "condition f set!",
    "(attrs -> bool) -> ([string] -> a -> b) -> attrs -> attrs",
    (call, condition, f, set) => mapDeep(call, (value) => holds(call, condition, value), f, set, []),
  ),
  define("mapAttrsToListRecursive", "f set!", "([string] -> a -> b) -> attrs -> [b]", (call, f, set) =>
    listDeep(call, () => true, f, set, []),
  ),
  define(
    "mapAttrsToListRecursiveCond",
    "predicate f set!",
    "([string] -> attrs -> bool) -> ([string] -> a -> b) -> attrs -> [b]",
    (call, predicate, f, set) => listDeep(call, (path, value) => holds(call, predicate, path, value), f, set, []),
  ),
  define("collect", "predicate set!", "(any -> bool) -> any -> [any]", collect),
  define("matchAttrs", "pattern! set!", "attrs -> attrs -> bool", (call, pattern, set) => {
    const verdict = matches(call, pattern, set);
    return isUnknown(verdict) ? verdict : boolean(verdict, made(call));
  }),
];

/** The names of an attribute path; unknown when one of them is. */
export function pathOf(call: Call, given: Thunk, via: string): string[] | Unknown {
  const steps = stepsOf(call, given, via);
  if (!Array.isArray(steps)) return steps;
  const names: string[] = [];
  for (const step of steps) {
    const name = needString(call, step, via);
    if (name.type === "unknown") return name;
    names.push(name.value);
  }
  return names;
}

/** The names of a path, not looked at. */
function stepsOf(call: Call, given: Thunk, via: string): Thunk[] | Unknown {
  const xs = needList(call, given, via);
  if (xs.type === "unknown") return xs;
  const doubt = uncertainty(xs);
  return doubt ? becauseOf(doubt, via, call.at) : xs.items.map(({ thunk }) => thunk);
}

function follow(
  call: Call,
  via: string,
  path: Thunk,
  set: Thunk,
  missing: (names: () => readonly string[]) => Value,
): Value {
  const steps = stepsOf(call, path, via);
  if (!Array.isArray(steps)) return steps;
  const absent = (): Value =>
    missing(() => {
      const names = pathOf(call, path, via);
      return Array.isArray(names) ? names : [];
    });
  const descend = (at: Thunk, depth: number): Value => {
    const step = steps[depth];
    if (step === undefined) return at.force();
    const name = needString(call, step, via);
    if (name.type === "unknown") return name;
    const there = has(call, at, name.value);
    const inside = (): Value =>
      descend(
        later(call, () => select(call, at, name.value)),
        depth + 1,
      );
    if (isUnknown(there)) return choose(call, there, inside, absent);
    return there ? inside() : absent();
  };
  return descend(set, 0);
}

function eitherIsNoSet(call: Call, left: Thunk, right: Thunk): boolean | Unknown {
  const l = left.force();
  if (l.type === "unknown" && fails(l)) return becauseOf(l, "recursiveUpdate", call.at);
  if (l.type !== "unknown" && l.type !== "attrs") return true;
  const r = right.force();
  if (r.type !== "unknown" && r.type !== "attrs") return true;
  if (l.type === "unknown") return becauseOf(l, "recursiveUpdate", call.at);
  return r.type === "unknown" ? becauseOf(r, "recursiveUpdate", call.at) : false;
}

/** Whether the right value is taken as it is. */
type Stop = (path: readonly string[], left: Thunk, right: Thunk) => boolean | Unknown;

/** Sets merged attribute by attribute, the right one winning where `stop` holds for both values. */
function merged(call: Call, left: Thunk | Value, right: Thunk | Value, path: readonly string[], stop: Stop): Value {
  const l = needAttrs(call, left, "recursiveUpdate");
  if (l.type === "unknown") return fails(l) ? l : merged(call, openSet(call, l), right, path, stop);
  const r = needAttrs(call, right, "recursiveUpdate");
  if (r.type === "unknown") return unsureLeft(call, l, r);
  charge(32 + 4 * l.entries.size + (32 + path.length) * r.entries.size);
  const both = (name: string, before: Thunk, after: Thunk): Value => {
    const here = [...path, name];
    const verdict = stop(here, before, after);
    // An unknown right side may be a set that leaves parts of the left one, or anything else.
    if (isUnknown(verdict))
      return choose(
        call,
        verdict,
        () => after.force(),
        () => merged(call, before, after, here, stop),
      );
    return verdict ? after.force() : merged(call, before, after, here, stop);
  };
  const entries = new Map(l.entries);
  for (const [name, entry] of r.entries) {
    const before = entries.get(name);
    if (!before) {
      if (!l.rest) entries.set(name, entry);
      else {
        const value = underHidden(call, l.rest, [...path, name], entry.thunk, stop);
        entries.set(name, { ...entry, thunk: value });
      }
      continue;
    }
    const { conditional } = entry;
    const doubt = before.conditional;
    const together = later(call, () => {
      const withLeft = (): Value => both(name, before.thunk, entry.thunk);
      const merge = (): Value => (doubt ? choose(call, doubt, withLeft, () => entry.thunk.force()) : withLeft());
      return conditional ? choose(call, conditional, merge, () => before.thunk.force()) : merge();
    });
    const unsure = conditional && doubt ? conditional : undefined;
    entries.set(
      name,
      unsure ? { thunk: together, at: entry.at, conditional: unsure } : { thunk: together, at: entry.at },
    );
  }
  const result: AttributesValue = {
    type: "attrs",
    entries,
    rest: l.rest ?? r.rest,
    origin: made(call, [l.origin, r.origin]),
  };
  return r.rest ? hideBehind(call, result, r) : result;
}

/** The right set has attributes of unknown names: what only the left one shows may be changed by them. */
function hideBehind(call: Call, result: AttributesValue, right: AttributesValue): AttributesValue {
  const rest = right.rest as Unknown;
  const entries = new Map(result.entries);
  for (const [name, entry] of result.entries) {
    if (right.entries.has(name)) continue;
    entries.set(name, {
      ...entry,
      thunk: later(call, () =>
        choose(
          call,
          rest,
          () => becauseOf(rest, name, call.at),
          () => entry.thunk.force(),
        ),
      ),
    });
  }
  return { ...result, entries, rest };
}

function unsureLeft(call: Call, left: AttributesValue, right: Unknown): Value {
  return hideBehind(call, left, { type: "attrs", entries: new Map(), rest: right, origin: left.origin });
}

/** An attribute of the right set over a left one that may hold the same name, with a value that is not known. */
function underHidden(call: Call, rest: Unknown, path: readonly string[], right: Thunk, stop: Stop): Thunk {
  return later(call, () =>
    each(call, right, (after) => {
      const verdict = stop(path, ready(becauseOf(rest, path.join("."), call.at)), ready(after));
      if (verdict === true) return after;
      return after.type === "attrs"
        ? merged(call, openSet(call, rest), after, path, stop)
        : becauseOf(rest, path.join("."), call.at);
    }),
  );
}

/** A set of which no attribute is known. */
function openSet(call: Call, rest: Unknown): AttributesValue {
  return { type: "attrs", entries: new Map(), rest, origin: made(call) };
}

function mapDeep(
  call: Call,
  condition: (value: Thunk) => boolean | Unknown,
  f: Thunk,
  set: Thunk | Value,
  path: readonly string[],
): Value {
  return mapEntries(call, "mapAttrsRecursive", set, (name, value) => {
    const here = [...path, name];
    const mapped = (): Value =>
      apply(
        call,
        f,
        list(
          here.map((part) => nameOf(call, part)),
          made(call),
        ),
        value,
      );
    return later(call, () => {
      const inner = value.force();
      if (inner.type === "unknown") return becauseOf(inner, name, call.at);
      const deeper = inner.type === "attrs" ? condition(value) : false;
      if (isUnknown(deeper)) return deeper;
      return deeper ? mapDeep(call, condition, f, inner, here) : mapped();
    });
  });
}

function listDeep(
  call: Call,
  predicate: (path: Thunk, value: Thunk) => boolean | Unknown,
  f: Thunk,
  set: Thunk | Value,
  path: readonly string[],
): Value {
  const parts = toListOf(call, "mapAttrsToListRecursive", set, (name, value) =>
    later(call, () => {
      const here = ready(
        list(
          [...path, name].map((part) => nameOf(call, part)),
          made(call),
        ),
      );
      const inner = value.force();
      if (inner.type === "unknown") return becauseOf(inner, name, call.at);
      const deeper = inner.type === "attrs" ? predicate(here, value) : false;
      if (isUnknown(deeper)) return deeper;
      return deeper
        ? listDeep(call, predicate, f, inner, [...path, name])
        : list([applyLater(call, f, here, value)], made(call));
    }),
  );
  return parts.type === "list" ? concatItems(call, parts, (x) => x.force()) : parts;
}

function collect(call: Call, predicate: Thunk, value: Thunk): Value {
  const verdict = holds(call, predicate, value);
  if (isUnknown(verdict)) return verdict;
  if (verdict) return list([value], made(call));
  const set = force(value);
  if (set.type === "unknown") return set;
  if (set.type !== "attrs") return list([], made(call));
  const parts = listValue(
    call,
    sortedEntries(set).map(([, entry]) => item(entry.thunk, entry.conditional)),
    set.rest,
    set.origin,
  );
  return concatItems(call, parts, (x) => collect(call, predicate, x));
}

function matches(call: Call, pattern: Thunk | Value, given: Thunk | Value): boolean | Unknown {
  const wanted = needAttrs(call, pattern, "matchAttrs");
  if (wanted.type === "unknown") return wanted;
  let doubt: Unknown | null = wanted.rest;
  for (const [name, entry] of sortedEntries(wanted)) {
    let verdict = has(call, given, name);
    if (verdict === true) {
      const value = later(call, () => select(call, thunkOf(given), name));
      const inner = entry.thunk.force();
      if (inner.type !== "attrs") verdict = equal(call, inner, value);
      else
        verdict =
          value.force().type === "attrs" || value.force().type === "unknown" ? matches(call, inner, value) : false;
    }
    if (verdict === false && !entry.conditional) return false;
    if (isUnknown(verdict)) doubt ??= verdict;
    else if (entry.conditional) doubt ??= entry.conditional;
  }
  return doubt ? becauseOf(doubt, "matchAttrs", call.at, { type: "boolean" }) : true;
}
