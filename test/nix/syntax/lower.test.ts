import { describe, expect, it } from "vitest";
import { spanOf } from "../../../server/src/nix/syntax/ast.ts";
import { descendantsOf } from "../../../server/src/nix/syntax/views.ts";
import { parse, show } from "./support.ts";

/** Nix code, and the tree that it becomes. */
const constructs: readonly (readonly [code: string, tree: string])[] = [
  ["1", "1"],
  ["007", "007"],
  ["1.5", "1.5"],
  [".5", ".5"],
  ["0.5", "0.5"],
  ["1.", "1."],
  ["1.e5", "1.e5"],
  ["1.0e-3", "1.0e-3"],
  ["a", "a"],
  ["a-b'", "a-b'"],
  ["__curPos", "__curPos"],
  ['""', "(string:quoted)"],
  ['"a"', '(string:quoted "a")'],
  ['"a${b}c"', '(string:quoted "a" ${b} "c")'],
  ['"${"x"}"', '(string:quoted ${(string:quoted "x")})'],
  ['"a$${b}"', '(string:quoted "a$${b}")'],
  ['"a$$${b}"', '(string:quoted "a$$" ${b})'],
  ['"a$"', '(string:quoted "a$")'],
  ['"\\${a}"', '(string:quoted "${a}")'],
  ["''a''", '(string:indented "a")'],
  ["''\n  a\n   b\n''", '(string:indented "a\\n b\\n")'],
  ["''\n  ${a}\n''", '(string:indented "" ${a} "\\n")'],
  ["https://example.org/a?b=c", '(string:uri "https://example.org/a?b=c")'],
  ["x:y", '(string:uri "x:y")'],
  ["x: y", "(λ 'x - y)"],
  ["./a", '(path:relative "./a")'],
  ["a/b", '(path:relative "a/b")'],
  ["../a.nix", '(path:relative "../a.nix")'],
  ["/a/b", '(path:absolute "/a/b")'],
  ["~/a", '(path:home "~/a")'],
  ["~/${a}", '(path:home "~/" ${a})'],
  ["./${a}/b", '(path:relative "./" ${a} "/b")'],
  ["a/${b}${c}d", '(path:relative "a/" ${b} ${c} "d")'],
  ["a/b//c${d}//e//f", '(path:relative "a/b//c" ${d} "//e//f")'],
  ["<nixpkgs>", '(path:search "nixpkgs")'],
  ["<nixpkgs/lib>", '(path:search "nixpkgs/lib")'],
  ["[ ]", "[]"],
  [
    "[ a b.c or d (f x) ./a/${b}c d/e ]",
    '[a (select b \'c d) (parenthesized (apply f x)) (path:relative "./a/" ${b} "c") (path:relative "d/e")]',
  ],
  ["{ }", "{}"],
  ["rec { a = 1; }", "rec{('a = 1)}"],
  ['{ a.b."c d".${e}."${f}" = 1; }', "{('a.'b.(string:quoted \"c d\").${e}.(string:quoted ${f}) = 1)}"],
  ["{ or = 1; a.or = 2; }", "{('or = 1) ('a.'or = 2)}"],
  [
    '{ inherit; inherit a "b" or; inherit (c.d) e; }',
    "{(inherit) (inherit 'a (string:quoted \"b\") 'or) (inherit ((select c 'd)) 'e)}",
  ],
  ["let in 1", "(let {} 1)"],
  ["let a = 1; b = a; in b", "(let {('a = 1) ('b = a)} b)"],
  ["let { body = 1; }", "(let {('body = 1)} -)"],
  ["a: b: c", "(λ 'a - (λ 'b - c))"],
  ["{ }: a", "(λ - {} a)"],
  ["{ ... }: a", "(λ - {...} a)".replace("{...}", "{ ...}")],
  ["{ a, b ? 1, }: a", "(λ - {'a ('b ? 1)} a)"],
  ["{ a, ... }@args: a", "(λ 'args {'a ...} a)"],
  ["args@{ a ? { }, b }: a", "(λ 'args {('a ? {}) 'b} a)"],
  ["f x y", "(apply (apply f x) y)"],
  ["f or x", "(apply (apply f or) x)"],
  ["a.or", "(select a 'or)"],
  ["a.b or c.d or e", "(select a 'b (select c 'd e))"],
  ["a.b.c d", "(apply (select a 'b.'c) d)"],
  ["a ? b.c", "(has a 'b.'c)"],
  ["a ? b ? c", "(has (has a 'b) 'c)"],
  ["-a ? b", "(has (- a) 'b)"],
  ["!a ? b", "(! (has a 'b))"],
  ["!a == b", "(== (! a) b)"],
  ["- - 1", "(- (- 1))"],
  ["-1 + 2", "(+ (- 1) 2)"],
  ["a + b * c", "(+ a (* b c))"],
  ["a - b - c", "(- (- a b) c)"],
  ["a ++ b ++ c", "(++ a (++ b c))"],
  ["a // b // c", "(// a (// b c))"],
  ["a//b", "(// a b)"],
  ["a / b", "(/ a b)"],
  ["a && b || c -> d -> e", "(-> (|| (&& a b) c) (-> d e))"],
  ["a < b == c >= d", "(== (< a b) (>= c d))"],
  ["a == b && c != d", "(&& (== a b) (!= c d))"],
  ["a |> f |> g", "(|> (|> a f) g)"],
  ["f <| g <| a", "(<| f (<| g a))"],
  ["a -> b |> f x", "(|> (-> a b) (apply f x))"],
  ["if a then b else if c then d else e", "(if a b (if c d e))"],
  ["assert a; with b; c", "(assert a (with b c))"],
  ["(a)", "(parenthesized a)"],
  ["/* a */ 1 # b", "1"],
  ["{ a = /* x */ 1 # y\n; }", "{('a = 1)}"],
  ["# a\ra", "a"],
  ["a.${b} or c", "(select a ${b} c)"],
  ["{ a = ''x''; }.a", "(select {('a = (string:indented \"x\"))} 'a)"],
  ["\r\n\ta\n", "a"],
];

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
