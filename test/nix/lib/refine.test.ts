import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../../../server/src/nix/eval/value.ts";
import { show } from "../../harness/evaluate.ts";
import { calls, type Kind, kinds, name } from "./calls.ts";
import { evaluateWithLib } from "./support.ts";

/** What is not known in the first evaluation, and known in the second. */
const mysteries = ["bool", "int", "text", "ints", "names", "texts", "intSet", "deepSet", "anyList"] as const;
type Mystery = (typeof mysteries)[number];

/** An argument of this kind in which `mystery` may stand where a value of its kind fits. */
function withMystery(kind: string, mystery: Mystery): fc.Arbitrary<string> {
  if (kind === "name'") return name;
  if (!(kind in kinds)) return fc.constant(kind.replace(/;(?=\w)/g, "; "));
  const plain = kinds[kind as Kind];
  const forms = [plain];
  if (kind === mystery) forms.push(fc.constant("mystery"));
  if (mystery === "bool") forms.push(fc.tuple(plain, plain).map(([a, b]) => `(if mystery then ${a} else ${b})`));
  if (/s$|List$/.test(kind) && kind === mystery) {
    forms.push(
      plain.map((xs) => `(${xs} ++ mystery)`),
      fc.tuple(plain, plain).map(([a, b]) => `(${a} ++ mystery ++ ${b})`),
    );
  }
  if (/s$|List$/.test(kind) && mystery === "bool" && !kind.endsWith("Set")) {
    forms.push(fc.tuple(plain, plain).map(([a, b]) => `(${a} ++ lib.optionals mystery ${b} ++ ${a})`));
  }
  if (/Set$/.test(kind) && kind === mystery) {
    forms.push(
      plain.map((s) => `(${s} // mystery)`),
      plain.map((s) => `(mystery // ${s})`),
    );
  }
  if (/Set$/.test(kind) && mystery === "bool") {
    forms.push(fc.tuple(plain, plain).map(([a, b]) => `(${a} // lib.optionalAttrs mystery ${b})`));
  }
  const element = { ints: "int", texts: "text", anyList: "deep" }[kind as "ints"];
  if (element === mystery)
    forms.push(
      fc.tuple(kinds.int, kinds.int).map(() => "[ mystery ]"),
      plain.map((xs) => `(${xs} ++ [ mystery ] ++ ${xs})`),
    );
  if (kind === "intSet" && mystery === "int") forms.push(plain.map((s) => `(${s} // { b = mystery; })`));
  if (kind === "sets" && mystery === "intSet") forms.push(plain.map((xs) => `(${xs} ++ [ mystery ])`));
  return fc.oneof(...forms);
}

/** Products of products of lists take long, and say no more than short ones. */
const quick = calls.filter(([f]) => f !== "crossLists" && f !== "cartesianProduct" && f !== "mapCartesianProduct");

const sample = fc
  .tuple(fc.constantFrom(...quick), fc.constantFrom(...mysteries))
  .chain(([[f, ...args], mystery]) =>
    fc.tuple(
      fc
        .tuple(...args.map((kind) => withMystery(kind, mystery)))
        .map((texts) => `${f?.startsWith("lib.") ? "" : "lib."}${f} ${texts.join(" ")}`),
      fc.array(kinds[mystery], { minLength: 2, maxLength: 3 }),
    ),
  )
  .filter(([expression]) => expression.includes("mystery"));

describe("what is known of a partly unknown result", () => {
  it("stays true whatever the unknown value is", () => {
    const found: string[] = [];
    const seed = Number(process.env["SEED"] ?? 20261122);
    for (const [expression, values] of fc.sample(sample, { numRuns: Number(process.env["RUNS"] ?? 300), seed })) {
      const partial = evaluateWithLib(expression);
      for (const value of values) {
        const full = evaluateWithLib(`let mystery = ${value}; in ${expression}`);
        const problem = contradiction(partial, full, 0);
        if (!problem) continue;
        found.push(
          `${expression}\n  ${show(partial)}\n  with mystery = ${value}: ${show(full)}\n  ${problem} (seed ${seed})`,
        );
      }
    }
    expect(found).toEqual([]);
  });
});

/** Why the full value is none of those that the partial one allows; null when it is one. What fails in the end allows anything. */
function contradiction(partial: Value, full: Value, depth: number): string | null {
  if (depth > 12 || full.type === "unknown") return null;
  if (partial.type === "unknown") {
    const { why, shape } = partial;
    if (shape?.type && shape.type !== full.type) return `not a ${shape.type}`;
    if (why.reason !== "undecided") return null;
    const fits = why.candidates.some((candidate) => contradiction(candidate, full, depth + 1) === null);
    return fits ? null : "none of the candidates";
  }
  if (partial.type !== full.type) return `${partial.type} is ${full.type}`;
  if (partial.type === "list" && full.type === "list") {
    return contradictionOfLists(partial, full, depth);
  }
  if (partial.type === "attrs" && full.type === "attrs") {
    for (const [key, entry] of partial.entries) {
      const other = full.entries.get(key);
      if (!other && !entry.conditional) return `attribute ${key} is missing`;
      // In an open set the name may also come from what is not seen, if not from the conditional entry.
      const hidden = entry.conditional && partial.rest;
      const problem = other && !hidden ? contradiction(entry.thunk.force(), other.thunk.force(), depth + 1) : null;
      if (problem) return `${key}: ${problem}`;
    }
    const extra = [...full.entries.keys()].find((key) => !partial.entries.has(key));
    return extra !== undefined && !partial.rest ? `attribute ${extra} was not expected` : null;
  }
  if ("value" in partial && "value" in full && partial.value !== full.value) return `${partial.value} is ${full.value}`;
  return null;
}

type List = Extract<Value, { type: "list" }>;

/** Can the full list be had by leaving out conditional elements and, of an open list, by adding others anywhere? */
function contradictionOfLists(partial: List, full: List, depth: number): string | null {
  if (partial.items.length * full.items.length > 2000) return null;
  const known = new Map<number, boolean>();
  const reach = (i: number, j: number): boolean => {
    const key = i * (full.items.length + 1) + j;
    const before = known.get(key);
    if (before !== undefined) return before;
    const expected = partial.items[i];
    const actual = full.items[j];
    const fits = () =>
      actual && expected && contradiction(expected.thunk.force(), actual.thunk.force(), depth + 1) === null;
    const result = expected
      ? Boolean(fits() && reach(i + 1, j + 1)) ||
        Boolean(expected.conditional && reach(i + 1, j)) ||
        Boolean(actual && partial.rest && reach(i, j + 1))
      : !actual || (partial.rest !== null && reach(i, j + 1));
    known.set(key, result);
    return result;
  };
  return reach(0, 0) ? null : "the elements are others";
}
