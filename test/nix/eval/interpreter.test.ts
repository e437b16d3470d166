import { describe, expect, it } from "vitest";
import { evaluateText, show } from "../../harness/evaluate.ts";

const cases: Record<string, string> = {
  "1 + 2 * 3": "7",
  "let a = b; b = 1; in a": "1",
  "rec { a = b; b = 1; }": "{ a = 1; b = 1; }",
  "{ a.b = 1; a = { c = 2; }; }.a": "{ b = 1; c = 2; }",
  "let f = { a, b ? a + 1, ... }@args: [ a b args.c ]; in f { a = 1; c = 3; }": "[ 1 2 3 ]",
  "with { a = 1; }; let a = 2; in a": "2",
  "with { a = 1; }; with { a = 2; }; a": "2",
  '"x${"y"}z"': '"xyz"',
  "map (x: x * 2) [ 1 2 ]": "[ 2 4 ]",
  "builtins.foldl' (a: b: a + b) 0 [ 1 2 3 ]": "6",
  "{ a = 1; } // { b = 2; }": "{ a = 1; b = 2; }",
  '{ a.b.c = 1; }.a.b.d or "no"': '"no"',
  '{ ${null} = 1; ${"x" + "y"} = 2; }': "{ xy = 2; }",
  "let x = x; in x": "?cycle",
  "if builtins.currentTime == 1 then [ 1 2 ] else [ 1 ]": "[ ?1 ?2 ?1 ]",
  "unknownName.a.b": "?unresolved: unknownName",
  "[ 1 ] ++ unknownName": "[ 1 ... ]",
  "unknownName // { a = 1; }": "{ a = 1; ... }",
  "false && unknownName": "false",
  "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 300": "300",
  "let f = n: acc: if n == 0 then acc else builtins.seq acc (f (n - 1) (acc + 1)); in f 300 0": "300",
  "./a/../b": "/example/b",
  'builtins.tryEval (throw "x")': "{ success = false; value = false; }",
};

describe("the interpreter", () => {
  for (const [text, expected] of Object.entries(cases)) {
    it(text, async () => {
      expect(show((await evaluateText(text)).value)).toBe(expected);
    });
  }
});
