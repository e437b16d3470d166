import { describe, expect, it } from "vitest";
import { spanOf } from "../../../server/src/nix/syntax/ast.ts";
import { descendantsOf } from "../../../server/src/nix/syntax/views.ts";
import { constructs } from "./constructs.ts";
import { parse, show } from "./support.ts";

/** Code that Nix refuses. The rest of the tree stays. */
const mistakes: readonly (readonly [code: string, tree: string])[] = [
  ["", "_"],
  ["# only a comment", "_"],
  ["{ a = ; b = 2; }", "{('a = _) ('b = 2)}"],
  ["a == b == c", "(== (== a b) c)"],
  ["a < b > c", "(> (< a b) c)"],
  ["{ a = 1; b = 2 c = 3; }", "{('a = 1) ('b = _)}"],
  // Not even the name of the binding is sure, so the set is not complete.
  ["{ a = 1; foo\n b = 2; c = 3; }", "{('a = 1) (${_} = _) ('c = 3)}"],
  ["{ a = [ 1 2; b = 3; }", "{('a = [1 2 _]) ('b = 3)}"],
  ['{ a = "x; b = 3; }', "{(${_} = _) ('b = 3)}"],
  ["{ a, b c }: 1", "(λ - {'a 'b ...} 1)"],
  ["{ a = 1; ) b = 2; }", "{('a = 1) (${_} = _) ('b = 2)}"],
  ["[ 1 ) 2 ]", "[1 _ 2]"],
  ["{ a = f ) x; b = 1; }", "{('a = _) ('b = 1)}"],
  ["{ inherit ) a; }", "{(${_} = _)}"],
  ["{ a = b.; c = 1; }", "{('a = _) ('c = 1)}"],
  ["{ a = 1; b. = 2; }", "{('a = 1) (${_} = _)}"],
  ["a |> f <| g", "_"],
  ["a/b//c", '(path:relative "a/b//c")'],
  ["a/b//c//${d}", '(path:relative "a/b//c//" ${d})'],
  ["./a/", '(path:relative "./a/")'],
  ["let ${a} = 1; in 2", "(let {(${a} = 1)} 2)"],
  ["{ inherit ${a}; }", "{(inherit ${a})}"],
  ["9223372036854775808", "9223372036854775808"],
  ["\ufeff1", "_"],
  ["a\fb", "_"],
];

describe("the tree of", () => {
  it.each(constructs)("%j", (code, tree) => {
    const parsed = parse(code);
    expect(show(parsed.root)).toBe(tree);
    expect(parsed.errors).toEqual([]);
  });

  it.each(mistakes)("%j, which is not Nix", (code, tree) => {
    const parsed = parse(code);
    if (tree !== "_") expect(show(parsed.root)).toBe(tree);
    expect(parsed.errors.length).toBeGreaterThan(0);
  });
});

describe("places", () => {
  it("cover just the code of each node", () => {
    const code = '# x\nargs@{ a ? 1, ... }: rec { b.c = a + "d${e}f"; inherit (g) h; }';
    const parsed = parse(code);
    const slices = [...descendantsOf(parsed.root)].map((node) => {
      const { start, end } = spanOf(node);
      return [node.kind, code.slice(start, end)];
    });
    expect(slices).toEqual([
      ["root", code],
      ["lambda", code.slice(4)],
      ["identifier", "args"],
      ["formals", "{ a ? 1, ... }"],
      ["formal", "a ? 1"],
      ["identifier", "a"],
      ["integer", "1"],
      ["attrs", 'rec { b.c = a + "d${e}f"; inherit (g) h; }'],
      ["binding", 'b.c = a + "d${e}f";'],
      ["identifier", "b"],
      ["identifier", "c"],
      ["binary", 'a + "d${e}f"'],
      ["variable", "a"],
      ["string", '"d${e}f"'],
      ["text", "d"],
      ["interpolation", "${e}"],
      ["variable", "e"],
      ["text", "f"],
      ["inherit", "inherit (g) h;"],
      ["variable", "g"],
      ["identifier", "h"],
    ]);
  });

  it("are counted in UTF-16 code units", () => {
    const parsed = parse('{ a = "\u{1F600}é"; # 中文\n b = 1; }');
    const names = [...descendantsOf(parsed.root)].filter((node) => node.kind === "identifier");
    expect(names.map((node) => spanOf(node).start)).toEqual([2, 19]);
    expect(parsed.comments()).toEqual([{ start: 13, end: 17, text: "# 中文" }]);
  });

  it("of comments skip marks in strings, paths and URIs", () => {
    const parsed = parse("/* a */ [ \"# no\" ''/* no */'' x:/*no*/ ./a${\"#\" /* b */}c ] # d\r\n");
    expect(parsed.comments().map((comment) => comment.text)).toEqual(["/* a */", "/* b */", "# d"]);
  });
});
