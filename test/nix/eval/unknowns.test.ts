import { describe, expect, it } from "vitest";
import { evaluateText, show } from "../../harness/evaluate.ts";

/** `U` is a value of which nothing is known, `B` an unknown condition. */
const prelude = 'let U = builtins.unheardOf; B = builtins.currentTime == 1; S = builtins.getEnv "S"; in ';

const cases: Record<string, string> = {
  // Logic
  "false && B": "false",
  "B && false": "false",
  "true || B": "true",
  "B || true": "true",
  "B && true": "?external: time of evaluation",
  "B -> true": "true",
  "!B": "?external: time of evaluation",
  'B && throw "x"': "?external: time of evaluation",
  'throw "x" && B': "?throw: x",
  // Branches
  "if B then 1 else 1": "1",
  "if B then 1 else 2": "?(1 | 2)",
  "(if B then 1 else 2) + 1": "?(2 | 3)",
  "(if B then 1 else 2) > 0": "true",
  "if B then [ 1 ] else [ ]": "[ ?1 ]",
  "[ 0 ] ++ (if B then [ 1 ] else [ ])": "[ 0 ?1 ]",
  "if B then { a = 1; b = 1; } else { a = 2; }": "{ a = ?(1 | 2); ?b = 1; }",
  "(if B then { a = 1; } else { }).a": "?(1)",
  "(if B then { a = 1; } else { }).a or 2": "?(1 | 2)",
  "(if B then { a = 1; } else { a = 1; }).a": "1",
  "(if B then { a = 1; } else { }) ? a": "?external: time of evaluation",
  'if B then throw "x" else 5': "5",
  "assert B; 5": "5",
  "if B then x: 1 else x: 2": "?(<function> | <function>)",
  "(if B then (x: x + 1) else (x: x + 2)) 1": "?(2 | 3)",
  "(if B then [ 1 ] else null) == null": "?(false | true)",
  "if (if B then true else true) then 1 else 2": "1",
  // Sets that may have more
  "({ a = 1; } // builtins).a": "1",
  "({ map = 1; } // builtins).map == 1": "false",
  "({ wasm = 1; } // builtins).wasm": "?(?unsupported: builtin of another Nix version | 1)",
  "({ a = 1; } // U).a": "?(?unsupported: builtin of another Nix version | 1)",
  // Lists
  "[ 1 ] ++ U": "[ 1 ... ]",
  "U ++ [ 1 ]": "[ 1 ... ]",
  "map (x: x + 1) ([ 1 ] ++ U)": "[ 2 ... ]",
  "builtins.length ([ 1 ] ++ U)": "?unsupported: builtin of another Nix version",
  "builtins.length (if B then [ 1 ] else [ ])": "?external: time of evaluation",
  "builtins.elem 1 ([ 1 ] ++ U)": "true",
  "builtins.elem 2 ([ 1 ] ++ U)": "?unsupported: builtin of another Nix version",
  "builtins.any (x: x == 1) ([ 1 ] ++ U)": "true",
  "builtins.all (x: x == 1) ([ 2 ] ++ U)": "false",
  "builtins.filter (x: B) [ 1 2 ]": "[ ?1 ?2 ]",
  "builtins.filter (x: x > 1) (U ++ [ 1 2 ])": "[ 2 ... ]",
  "builtins.concatLists [ [ 1 ] U [ 2 ] ]": "[ 1 2 ... ]",
  "builtins.concatMap (x: if B then [ x ] else [ ]) [ 1 2 ]": "[ ?1 ?2 ]",
  "builtins.head (if B then [ 1 ] else [ 2 ])": "?(1 | 2 | ?error: list is empty)",
  "builtins.head ([ 1 ] ++ U)": "?unsupported: builtin of another Nix version",
  "builtins.foldl' (a: b: a + b) 0 (if B then [ 1 ] else [ ])": "?(1 | 0)",
  '[ 1 ] ++ throw "x"': "?throw: x",
  // Sets
  "{ a = 1; } // U": "{ a = ?(?unsupported: builtin of another Nix version | 1); ... }",
  "U // { a = 1; }": "{ a = 1; ... }",
  "(U // { a = 1; }).a": "1",
  "(U // { a = 1; }).b": "?unsupported: builtin of another Nix version",
  "(U // { a = 1; }) ? b": "?unsupported: builtin of another Nix version",
  "(U // { a = 1; }) ? a": "true",
  "{ ${S} = 1; a = 2; }": "{ a = 2; ... }",
  '{ ${if B then "x" else "y"} = 1; }': "{ ?x = 1; ?y = 1; }",
  '{ ${if B then "x" else null} = 1; }': "{ ?x = 1; }",
  "builtins.attrNames (U // { a = 1; })": '[ "a" ... ]',
  "builtins.mapAttrs (n: v: v + 1) (U // { a = 1; })": "{ a = 2; ... }",
  "builtins.removeAttrs { a = 1; } U": "{ ?a = 1; }",
  'builtins.listToAttrs [ { name = "a"; value = 1; } U ]': "{ a = 1; ... }",
  "builtins.intersectAttrs U { a = 1; }": "?unsupported: builtin of another Nix version",
  "({ a, b ? 2, ... }: [ a b ]) ({ a = 1; } // U)":
    "[ ?(?unsupported: builtin of another Nix version | 1) ?(?unsupported: builtin of another Nix version | 2) ]",
  "({ a, ... }: 5) U": "5",
  "with U; unknownName": "?unsupported: builtin of another Nix version",
  "with U; let x = 1; in x": "1",
  // Strings
  '"${S}/data.img" == "x"': "false",
  '"a${if B then "b" else "c"}d"': '?("abd" | "acd")',
  '"/var/${S}" == "/etc"': "false",
  "S == null": "false",
  "null == S": "false",
  "S != [ ]": "true",
  "builtins.currentTime == 1.5": "?external: time of evaluation",
  "builtins.isString S": "true",
  "builtins.isAttrs S": "false",
  "builtins.typeOf S": '"string"',
  "toString S": "?external: environment variable S",
  "U == U": "?unsupported: builtin of another Nix version",
  "1 + U": "?unsupported: builtin of another Nix version",
  "builtins.tryEval U":
    "{ success = ?unsupported: builtin of another Nix version; value = ?unsupported: builtin of another Nix version; }",
  'builtins.tryEval (if B then throw "x" else 5)': "?unsupported: tryEval under an undecided condition",
  "builtins.seq U 1": "1",
  "builtins.deepSeq [ U ] 1": "1",
  // Cycles and budget
  "let x = x + 1; in x": "?cycle",
  "let x = { a = x.b; b = x.a; }; in x.a": "?cycle",
  "let f = x: f x; in f 1": "?budget: steps",
  "let f = x: 1 + f x; in f 1": "?budget: depth",
  "let f = n: if B then [ n ] ++ f (n + 1) else [ ]; in builtins.isList (f 0)": "true",
  "builtins.genList (x: x) 1000000000": "?budget: size",
  "let a = { x = a; }; b = { x = b; }; in a == b": "?budget: depth",
  'let f = s: n: if n == 0 then s else f (s + s) (n - 1); in builtins.stringLength (f "0123456789" 60)':
    "?budget: size",
  "let l = [ l ]; in toString l": "?budget: depth",
  "let l = [ l ]; in builtins.toJSON l": "?budget: depth",
};

describe("what an unknown leaves known", () => {
  for (const [text, expected] of Object.entries(cases)) {
    it(text, async () => {
      expect(show((await evaluateText(prelude + text, {}, { budget: { steps: 300_000 } })).value, 6)).toBe(expected);
    });
  }
});
