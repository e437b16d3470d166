import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttributeBinding, type AttributeSet, spanOf } from "../../../server/src/nix/syntax/ast.ts";
import {
  ancestorsOf,
  attributeNameText,
  attributePathText,
  bindingNamed,
  descendantsOf,
  enclosingBinding,
  nodeAt,
  scopeOf,
  staticName,
  staticPath,
  withoutParentheses,
} from "../../../server/src/nix/syntax/views.ts";
import { parse } from "./support.ts";

/** The kinds of the innermost node at `|` and of those around it. */
function at(code: string): string {
  const tree = parse(code.replace("|", ""));
  const { node, ancestors } = nodeAt(tree, code.indexOf("|"));
  expect([...ancestorsOf(node)]).toEqual(ancestors);
  return [node, ...ancestors].map((one) => one.kind).join(" ");
}

const path = (code: string) => {
  const tree = parse(`{ ${code} = 1; }`);
  const [binding] = (tree.root.body as AttributeSet).bindings;
  return { path: (binding as AttributeBinding).path, text: tree.text, set: tree.root.body as AttributeSet };
};

describe("the node at an offset", () => {
  it.each([
    ["{ a| = 1; }", "identifier binding attrs root"],
    ["{ |a = 1; }", "identifier binding attrs root"],
    ["{ a = |1; }", "integer binding attrs root"],
    ["{ a = 1|; }", "integer binding attrs root"],
    ["{ a = 1;| }", "binding attrs root"],
    ["{ a = 1; | }", "attrs root"],
    ["{ a =| 1; }", "binding attrs root"],
    ["f|(x)", "parenthesized apply root"],
    ["f(|x)", "variable parenthesized apply root"],
    ["[ a|.b ]", "variable select list root"],
    ['"|a${b}"', "text string root"],
    ['"a$|{b}"', "interpolation string root"],
    ['"a${b|}"', "variable interpolation string root"],
    ["| 1", "root"],
    ["1 |", "root"],
    ["{ a =| ; }", "hole binding attrs root"],
  ])("%s", (code, kinds) => expect(at(code)).toBe(kinds));

  it("is the smallest that holds it", () => {
    const tree = parse('{ a.b = [ 1 "x${y}" (z: { inherit z; }) ]; c = if a then b else ./d; }');
    fc.assert(
      fc.property(fc.nat(tree.text.length), (offset) => {
        const { node } = nodeAt(tree, offset);
        const holding = [...descendantsOf(tree.root)].filter((one) => {
          const { start, end } = spanOf(one);
          return start <= offset && offset < end;
        });
        const smallest = Math.min(...holding.map((one) => one.length));
        const { end } = spanOf(node);
        // Behind a node that has just ended, that node.
        expect(node.length === smallest || end === offset).toBe(true);
      }),
    );
  });
});

describe("names and paths", () => {
  it.each([
    ["a", "a"],
    ['"a b"', "a b"],
    ['${"a"}', "a"],
    ['${("a")}', "a"],
    ['""', ""],
    ["or", "or"],
    ["${a}", null],
    ['"${a}"', null],
    ['"a${b}"', null],
  ])("%s says %j", (code, name) => {
    const [first] = path(code).path;
    expect(staticName(first as AttributeBinding["path"][0])).toBe(name);
  });

  it.each([
    ["a.b.c", "a.b.c"],
    ['a."b"."c d"', 'a.b."c d"'],
    ['"if"."1a".x', '"if"."1a".x'],
    ['a.${b}."${c}"', 'a.${b}."${c}"'],
    ['"a\\${b}\\n"', '"a\\${b}\\n"'],
  ])("%s is written %s", (code, written) => {
    const found = path(code);
    expect(attributePathText(found.path, found.text)).toBe(written);
    expect(staticPath(path(written).path)).toEqual(staticPath(found.path));
  });

  it("any name can be written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        fc.pre(!name.includes("\0") && !name.includes("\ufeff"));
        expect(staticPath(path(attributeNameText(name)).path)).toEqual([name]);
      }),
    );
  });

  it("a binding is found by its whole path", () => {
    const { set } = path('a."b".c = 1; a.b');
    expect(bindingNamed(set.bindings, ["a", "b", "c"])).toBe(set.bindings[0]);
    expect(bindingNamed(set.bindings, ["a", "b"])).toBe(set.bindings[1]);
    expect(bindingNamed(set.bindings, ["a"])).toBeNull();
  });
});

it("a node knows the binding and the scope around it", () => {
  const tree = parse("let a = (([ 1 ])); in { inherit a; }");
  const one = [...descendantsOf(tree.root)].find((node) => node.kind === "integer");
  const binding = enclosingBinding(one as NonNullable<typeof one>) as AttributeBinding;
  expect(staticPath(binding.path)).toEqual(["a"]);
  expect(withoutParentheses(binding.value).kind).toBe("list");
  expect(scopeOf(binding)).toBe(tree.root.body);
  expect(enclosingBinding(tree.root)).toBeNull();
});
