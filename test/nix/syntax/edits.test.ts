import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyEdits, type TextEdit } from "../../../server/src/base/edit.ts";
import type { AttributeSet, Expression, List, Node } from "../../../server/src/nix/syntax/ast.ts";
import { isAtom } from "../../../server/src/nix/syntax/atoms.ts";
import {
  insertBinding,
  insertListElement,
  removeBinding,
  removeListElement,
  replaceExpression,
  setBinding,
  wrapInCall,
} from "../../../server/src/nix/syntax/edits.ts";
import type { SyntaxTree } from "../../../server/src/nix/syntax/tree.ts";
import { bindingNamed, descendantsOf } from "../../../server/src/nix/syntax/views.ts";
import { parse, show } from "./support.ts";

type Edit = (tree: SyntaxTree) => TextEdit[];

/** Applies an edit and parses again: what was Nix is Nix. */
function edited(text: string, edit: Edit): string {
  const tree = parse(text);
  const result = applyEdits(text, edit(tree));
  expect(parse(result).errors, result).toEqual([]);
  return result;
}

const nodes = <K extends Node["kind"]>(tree: SyntaxTree, kind: K) =>
  [...descendantsOf(tree.root)].filter((node): node is Extract<Node, { kind: K }> => node.kind === kind);
const firstSet = (tree: SyntaxTree) => nodes(tree, "attrs")[0] as AttributeSet;
const lastSet = (tree: SyntaxTree) => nodes(tree, "attrs").at(-1) as AttributeSet;
const firstList = (tree: SyntaxTree) => nodes(tree, "list")[0] as List;
const valueNamed = (tree: SyntaxTree, name: string) =>
  nodes(tree, "attrs")
    .map((set) => bindingNamed(set.bindings, [name])?.value)
    .find((value) => value !== undefined) as Expression;

const add: Edit = (tree) => insertBinding(tree, firstSet(tree), "b.c", "2");
const addBlock: Edit = (tree) => insertBinding(tree, firstSet(tree), "b", "{\n  c = 2;\n}");

describe("a binding is added", () => {
  const cases: readonly (readonly [string, Edit, string, string])[] = [
    ["to an empty set", add, "{ }", "{\n  b.c = 2;\n}"],
    ["to a set of nothing", add, "{}", "{\n  b.c = 2;\n}"],
    ["to rec", add, "rec /* { */ { }", "rec /* { */ {\n  b.c = 2;\n}"],
    ["to one line", add, "{ a = 1; }", "{ a = 1; b.c = 2; }"],
    ["to one tight line", add, "{a=1;}", "{a=1; b.c = 2;}"],
    ["after a block comment on its line", add, "{ a = 1; /* one */ }", "{ a = 1; /* one */ b.c = 2; }"],
    ["to lines", add, "{\n  a = 1;\n}\n", "{\n  a = 1;\n  b.c = 2;\n}\n"],
    ["after a comment at the end of the line", add, "{\n  a = 1; # one\n}", "{\n  a = 1; # one\n  b.c = 2;\n}"],
    ["before comments at the end", add, "{\n  a = 1;\n  # rest\n}", "{\n  a = 1;\n  b.c = 2;\n  # rest\n}"],
    ["with tabs", add, "{\n\ta = 1;\n}", "{\n\ta = 1;\n\tb.c = 2;\n}"],
    ["with four spaces", add, "{\n    a = { };\n}", "{\n    a = { };\n    b.c = 2;\n}"],
    ["with CRLF", add, "{\r\n  a = 1; # x\r\n}\r\n", "{\r\n  a = 1; # x\r\n  b.c = 2;\r\n}\r\n"],
    ["to an empty set with CRLF", add, "{ x, ... }:\r\n{ }\r\n", "{ x, ... }:\r\n{\r\n  b.c = 2;\r\n}\r\n"],
    ["where the first stands beside the brace", add, "{ a = 1;\n  x = 2;\n}", "{ a = 1;\n  x = 2;\n  b.c = 2;\n}"],
    ["where the last stands beside the brace", add, "{\n  a = 1;\n  x = 2; }", "{\n  a = 1;\n  x = 2;\n  b.c = 2; }"],
    ["where only the first line has bindings", add, "{ a = 1;\n}", "{ a = 1;\n  b.c = 2;\n}"],
    ["where two share the last line", add, "{\n  a = 1; x = 2;\n}", "{\n  a = 1; x = 2;\n  b.c = 2;\n}"],
    ["after inherit", add, "{\n  inherit x;\n}", "{\n  inherit x;\n  b.c = 2;\n}"],
    ["below a comment only", add, "{\n  # nothing yet\n}", "{\n  # nothing yet\n  b.c = 2;\n}"],
    ["beside a comment only", add, "{ /* nothing yet */ }", "{ /* nothing yet */ b.c = 2; }"],
    ["in a set within a line", (t) => insertBinding(t, lastSet(t), "b", "2"), "[ 1 { } ]", "[ 1 { b = 2; } ]"],
    [
      "in a set within lines",
      (t) => insertBinding(t, lastSet(t), "b", "2"),
      "{\n  a = { };\n}",
      "{\n  a = {\n    b = 2;\n  };\n}",
    ],
    ["of several lines", addBlock, "{\n  a = 1;\n}", "{\n  a = 1;\n  b = {\n    c = 2;\n  };\n}"],
    [
      "of several lines with CRLF",
      addBlock,
      "{\r\n  a = 1;\r\n}",
      "{\r\n  a = 1;\r\n  b = {\r\n    c = 2;\r\n  };\r\n}",
    ],
    [
      "after a binding that is not the last",
      (t) => insertBinding(t, firstSet(t), "b", "2", firstSet(t).bindings[0]),
      "{\n  a = {\n    x = 1;\n  }; # a\n\n  z = 2;\n}",
      "{\n  a = {\n    x = 1;\n  }; # a\n  b = 2;\n\n  z = 2;\n}",
    ],
    [
      "and comments that run on stay",
      add,
      "{\n  a = 1; /* one\n  two */\n}",
      "{\n  a = 1;\n  b.c = 2; /* one\n  two */\n}",
    ],
  ];
  it.each(cases)("%s", (_, edit, before, wanted) => expect(edited(before, edit)).toBe(wanted));

  it("not where the set has a syntax error", () => {
    expect(add(parse("{ a = 1; b }"))).toEqual([]);
  });
});

describe("a path is bound", () => {
  const set = (path: string, code: string) => (tree: SyntaxTree) =>
    setBinding(tree, firstSet(tree), path.split("."), code);
  it.each([
    ["in place", "{ a.b = 1; /* x */ }", "{ a.b = 2; /* x */ }"],
    ["in place, below a set", "{ a = { b = 1; }; }", "{ a = { b = 2; }; }"],
    ["in place, quoted", '{ "a"."b" = 1; }', '{ "a"."b" = 2; }'],
    ["in the set that is there", "{\n  a = {\n    c = 1;\n  };\n}", "{\n  a = {\n    c = 1;\n    b = 2;\n  };\n}"],
    ["in the second half of a set", "{ a.c = { }; a.b = 1; }", "{ a.c = { }; a.b = 2; }"],
    ["anew", "{\n  c = 1;\n}", "{\n  c = 1;\n  a.b = 2;\n}"],
  ])("%s", (_, before, wanted) => expect(edited(before, set("a.b", "2"))).toBe(wanted));

  it.each([["{ a = f x; }"], ["{ inherit a; }"], ["{ a.b.c = 1; }"], ["{ a = { inherit b; }; }"]])(
    "not in %s",
    (code) => {
      expect(set("a.b", "2")(parse(code))).toEqual([]);
    },
  );

  it("with names that need quotes", () => {
    expect(edited("{ x = 1; }", set("a b.if.c-d", "1"))).toBe('{ x = 1; "a b"."if".c-d = 1; }');
  });
});

describe("an expression is replaced", () => {
  const replace = (name: string, code: string) => (tree: SyntaxTree) =>
    replaceExpression(tree, valueNamed(tree, name), code);
  it("and its comments stay", () => {
    expect(edited("{ a = /* x */ 1 /* y */; # z\n}", replace("a", "2"))).toBe("{ a = /* x */ 2 /* y */; # z\n}");
  });
  it("by several lines", () => {
    expect(edited("{\n  a = 1;\n}", replace("a", "[\n  1\n\n  2\n]"))).toBe("{\n  a = [\n    1\n\n    2\n  ];\n}");
  });
  it("with parentheses where they are needed", () => {
    const inList: Edit = (tree) => replaceExpression(tree, firstList(tree).elements[1] as Expression, "f x");
    expect(edited("[ a b c ]", inList)).toBe("[ a (f x) c ]");
    const right: Edit = (tree) => replaceExpression(tree, nodes(tree, "binary")[0]?.right as Expression, "x: x");
    expect(edited("a + b", right)).toBe("a + (x: x)");
    expect(edited("{ a = 1; }", replace("a", "f x"))).toBe("{ a = f x; }");
  });
  it("by a call of it", () => {
    const wrap = (tree: SyntaxTree) => wrapInCall(tree, valueNamed(tree, "a"), "lib.mkForce");
    expect(edited("{ a = 1; }", wrap)).toBe("{ a = lib.mkForce 1; }");
    expect(edited("{ a = 1 + 2; }", wrap)).toBe("{ a = lib.mkForce (1 + 2); }");
    const inList: Edit = (tree) => wrapInCall(tree, firstList(tree).elements[0] as Expression, "f");
    expect(edited("[ a.b ]", inList)).toBe("[ (f a.b) ]");
  });
});

describe("a binding is taken out", () => {
  const drop: Edit = (tree) =>
    removeBinding(tree, bindingNamed(firstSet(tree).bindings, ["b"]) as AttributeSet["bindings"][0]);
  it.each([
    ["{\n  a = 1;\n  b = 2; # two\n  c = 3;\n}", "{\n  a = 1;\n  c = 3;\n}"],
    ["{\n  # two\n  b = {\n    x = 1;\n  };\n}", "{\n  # two\n}"],
    ["{ a = 1; b = 2; c = 3; }", "{ a = 1; c = 3; }"],
    ["{ a = 1; b = 2; }", "{ a = 1; }"],
    ["{a=1;b=2;}", "{a=1;}"],
    ["{\n  a = 1; b = 2; # both\n}", "{\n  a = 1;\n}"],
    ["{\r\n  b = 2;\r\n  c = 3;\r\n}", "{\r\n  c = 3;\r\n}"],
  ])("%j", (before, wanted) => expect(edited(before, drop)).toBe(wanted));
});

describe("a list is changed", () => {
  const push = (code: string) => (tree: SyntaxTree) => insertListElement(tree, firstList(tree), code);
  it.each([
    ["[ ]", "1", "[ 1 ]"],
    ["[]", "f x", "[ (f x) ]"],
    ["[ 1 2 ]", "3", "[ 1 2 3 ]"],
    ["[1(2)]", "3", "[1(2) 3]"],
    ["[\n  1 # one\n]", "2", "[\n  1 # one\n  2\n]"],
    ["[\n  1\n  # rest\n]", "2", "[\n  1\n  2\n  # rest\n]"],
    ["{\n  v = [ ];\n}", "{\n  a = 1;\n}", "{\n  v = [\n    {\n      a = 1;\n    }\n  ];\n}"],
    ["{\n  v = [ {\n    a = 1;\n  } ];\n}", "{\n  a = 2;\n}", "{\n  v = [ {\n    a = 1;\n  } {\n    a = 2;\n  } ];\n}"],
    ["[\n  { a = 1; }\n]", "{ a = 2; }", "[\n  { a = 1; }\n  { a = 2; }\n]"],
    ["[\n\t1 ]", "2", "[\n\t1\n\t2 ]"],
  ])("%j takes %j", (before, code, wanted) => expect(edited(before, push(code))).toBe(wanted));

  it("in the middle, without gluing words together", () => {
    const second: Edit = (tree) => insertListElement(tree, firstList(tree), "x", firstList(tree).elements[1]);
    expect(edited("[a(b)c]", second)).toBe("[a(b) x c]");
  });
  it("and made shorter", () => {
    const second: Edit = (tree) => removeListElement(tree, firstList(tree).elements[1] as Expression);
    expect(edited("[ a b c ]", second)).toBe("[ a c ]");
    expect(edited("[a(b)c]", second)).toBe("[a c]");
    expect(edited("[\n  a\n  b # b\n  c\n]", second)).toBe("[\n  a\n  c\n]");
  });
});

it("one word is told from several", () => {
  const atoms = [
    "a",
    "a.b",
    "1",
    "1.5",
    "./a",
    "a/b",
    "<nixpkgs>",
    '"a ${b "c"} d"',
    "''a ${\"''\"} ''' b''",
    '{ a = "}"; }',
    "[ 1 ]",
    "(f x)",
    "rec { }",
    "( # )\n1)",
  ];
  const several = [
    "f x",
    "-1",
    "a + b",
    "x: x",
    "{ }: x",
    "{ a = 1; }.a",
    "(a) b",
    '"a" + "b"',
    "if a then b else c",
    "let",
    "",
    "[ 1",
    '"a',
    "''a",
    "a.b or c",
    "a.${b}",
  ];
  expect(atoms.filter((code) => !isAtom(code))).toEqual([]);
  expect(several.filter(isAtom)).toEqual([]);
});

describe("in every set and list of a file", () => {
  const sample = readFileSync(new URL("sample.nix", import.meta.url), "utf8");
  const layouts = [
    sample,
    sample.replaceAll("\n", "\r\n"),
    sample.replaceAll("  ", "\t"),
    sample.replaceAll("  ", "    "),
  ];
  const own = (items: readonly Node[]) => items.map((item) => show(item));

  it.each(layouts.map((text, i) => [i, text] as const))(
    "an item is added and taken out again (layout %i)",
    (_, text) => {
      const count = parse(text);
      for (let i = 0; i < nodes(count, "attrs").length; i++) {
        const set = (tree: SyntaxTree) => nodes(tree, "attrs")[i] as AttributeSet;
        const result = edited(text, (tree) => insertBinding(tree, set(tree), "zz", "{\n  y = 1;\n}"));
        const changed = parse(result);
        expect(own(set(changed).bindings)).toEqual([...own(set(count).bindings), "('zz = {('y = 1)})"]);
        expect(changed.comments().length).toBe(count.comments().length);
        const back = edited(result, (tree) =>
          removeBinding(tree, set(tree).bindings.at(-1) as AttributeSet["bindings"][0]),
        );
        expect(show(parse(back).root)).toBe(show(count.root));
      }
      for (let i = 0; i < nodes(count, "list").length; i++) {
        const list = (tree: SyntaxTree) => nodes(tree, "list")[i] as List;
        const result = edited(text, (tree) => insertListElement(tree, list(tree), "f x"));
        expect(own(list(parse(result)).elements)).toEqual([
          ...own(list(count).elements),
          "(parenthesized (apply f x))",
        ]);
        const back = edited(result, (tree) => removeListElement(tree, list(tree).elements.at(-1) as Expression));
        expect(show(parse(back).root)).toBe(show(count.root));
      }
    },
  );
});
