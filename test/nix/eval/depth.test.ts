import { describe, expect, it } from "vitest";
import { stack } from "../../../server/src/nix/eval/budget.ts";
import { rootOf } from "../../../server/src/nix/eval/ops.ts";
import { failure } from "../../../server/src/nix/eval/value.ts";
import { evaluateText, show } from "../../harness/evaluate.ts";

/** Endless recursion through every kind of expression and through builtins. */
const endless: Record<string, string> = {
  operator: "let f = n: 1 + f (n + 1); in f 0",
  accumulator: "let f = n: acc: if n == 0 then acc else f (n - 1) (acc + 1); in f 20000 0",
  map: "let f = n: builtins.head (map (x: f (n + 1)) [ 1 ]); in f 0",
  fold: "let f = n: builtins.foldl' (a: b: f (n + 1) + a) 0 [ 1 2 ]; in f 0",
  with: "let f = n: with { a = f (n + 1); }; { inherit a; }.a; in f 0",
  formals: "let f = { n, m ? f { n = n + 1; } }: m + 1; in f { n = 0; }",
  string: 'let f = n: "${f (n + 1)}"; in f 0',
  json: "let f = n: builtins.toJSON [ (f (n + 1)) ]; in f 0",
  select: "let f = n: { a.b.c = (f (n + 1)).a.b.c; }; in (f 0).a.b.c",
  sort: "let f = n: builtins.head (builtins.sort (a: b: f (n + 1) == 1) [ 1 2 3 ]); in f 0",
  condition: "let f = n: if (f (n + 1)) == 1 then 1 else 2; in f 0",
  equality: "let a = { x = a; }; b = { x = b; }; in a == b",
  functor: "let f = { __functor = self: n: 1 + self (n + 1); }; in f 0",
  and: "let f = n: true && f (n + 1); in f 0",
  less: "let f = n: [ (f (n + 1)) ] < [ 1 ]; in f 0",
  path: "let f = n: ./a + f (n + 1); in f 0",
  assertion: "let f = n: assert f (n + 1) == 1; 2; in f 0",
  mapAttrs: "let f = n: (builtins.mapAttrs (k: v: f (n + 1)) { a = 1; }).a; in f 0",
  tail: "let f = n: f (n + 1); in f 0",
  toString: "let f = n: toString [ { __toString = s: f (n + 1); } ]; in f 0",
  dynamic: "let f = n: { ${f (n + 1)} = 1; }; in f 0",
  or: "let f = n: (f (n + 1)).a or (f n); in f 0",
  inherit: "let f = n: { inherit (f (n + 1)) a; }.a; in f 0",
};

describe("endless recursion ends as unknown(budget), and never by a full stack", () => {
  for (const [name, text] of Object.entries(endless)) {
    it(name, async () => {
      const { value, evaluator } = await evaluateText(text, {}, { budget: { steps: 1_000_000 } });
      if (value.type !== "unknown") throw new Error(`known: ${value.type}`);
      expect(rootOf(value).why.reason).toBe("budget");
      expect(stack.depth).toBe(0);
      expect(evaluator.budget.spent).toBeGreaterThan(0);
    });
  }
});

it("recursion of a thousand levels is no problem", async () => {
  const { value } = await evaluateText("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 1000");
  expect(value).toMatchObject({ value: 1000n });
});

it("a full stack and a bug of ours are told apart", () => {
  expect(failure(new RangeError("Maximum call stack size exceeded"), null).why).toEqual({
    reason: "budget",
    what: "depth",
  });
  expect(failure(new TypeError("x is not a function"), null).why).toEqual({
    reason: "unsupported",
    what: "internal: x is not a function",
  });
});

it("regular expressions and texts of any length end within the stack", async () => {
  const long = (text: string) => `builtins.concatStringsSep "" (builtins.genList (x: "${text}") 20000)`;
  for (const [text, expected] of [
    [`builtins.length (builtins.match "(.*)" (${long("a")}))`, "1"],
    [`builtins.match "(a|b)*" (${long("ab")})`, "?budget: steps"],
    [`builtins.length (builtins.split "," (${long("a,")}))`, "40001"],
    [`builtins.match "(a*)*b" (${long("a")})`, "?budget: steps"],
    [`builtins.fromJSON (${long("[")})`, "?unsupported: JSON: nested too deeply"],
    [`fromTOML ("a = " + ${long("[")})`, "?unsupported: TOML: nested too deeply"],
  ] as const) {
    expect(show((await evaluateText(text)).value), text).toBe(expected);
  }
});
