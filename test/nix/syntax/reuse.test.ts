import { describe, expect, it } from "vitest";
import { type AttributeSet, type Node, spanOf } from "../../../server/src/nix/syntax/ast.ts";
import type { SyntaxTree } from "../../../server/src/nix/syntax/tree.ts";
import { bindingNamed, descendantsOf } from "../../../server/src/nix/syntax/views.ts";
import { parse, parser, snapshot } from "./support.ts";

const guests = Array.from({ length: 200 }, (_, i) => `  vm${i} = { size = ${i}; image = "vm${i}.img"; };\n`).join("");
const text = `{ lib, ... }:\n{\n${guests}}\n`;
const at = text.indexOf("size = 100") + "size = ".length;

const all = (tree: SyntaxTree): Node[] => [...descendantsOf(tree.root)];
const guest = (tree: SyntaxTree, name: string) => {
  const set = all(tree).find((node) => node.kind === "attrs") as AttributeSet;
  return bindingNamed(set.bindings, [name]);
};
/** How many nodes of a tree are not objects of an earlier one. */
const fresh = (before: ReadonlySet<Node>, tree: SyntaxTree) => all(tree).filter((node) => !before.has(node)).length;

describe("after an edit", () => {
  it("the nodes around it are the same objects, at their new places", () => {
    const tree = parse(text);
    const nodes = new Set(all(tree));
    const last = guest(tree, "vm199");
    const edited = parser.parse("/test.nix", `${text.slice(0, at)}98765${text.slice(at)}`, tree);
    expect(fresh(nodes, edited)).toBeLessThan(12);
    expect(guest(edited, "vm99")).toBe([...nodes].find((node) => node === guest(edited, "vm99")));
    expect(guest(edited, "vm199")).toBe(last);
    const { start, end } = spanOf(last as Node);
    expect(edited.text.slice(start, end)).toBe('vm199 = { size = 199; image = "vm199.img"; };');
    expect(spanOf(last as Node).file).toBe("/test.nix");
  });

  it("so they are when lines are put in or taken out", () => {
    const tree = parse(text);
    const nodes = new Set(all(tree));
    const line = text.indexOf("  vm50 =");
    const more = parser.parse("/test.nix", `${text.slice(0, line)}  new = { };\n${text.slice(line)}`, tree);
    expect(fresh(nodes, more)).toBeLessThan(12);
    const moved = new Set(all(more));
    const less = parser.parse("/test.nix", text, more);
    expect(fresh(moved, less)).toBeLessThan(12);
    expect(snapshot(less.root)).toEqual(snapshot(parse(text).root));
  });

  it("so they are when the parser has forgotten the tree of the text", () => {
    const tree = parse(text);
    const nodes = new Set(all(tree));
    for (let i = 0; i < 40; i++) parser.parse(`/other${i}.nix`, "{ }");
    const edited = parser.parse("/test.nix", `${text.slice(0, at)}9${text.slice(at)}`, tree);
    expect(fresh(nodes, edited)).toBeLessThan(12);
  });

  it("and a broken text, when it is mended, has its old nodes outside the break", () => {
    const tree = parse(text);
    const nodes = new Set(all(tree));
    const broken = parser.parse("/test.nix", `${text.slice(0, at)}[ ${text.slice(at)}`, tree);
    expect(broken.errors.length).toBeGreaterThan(0);
    const mended = parser.parse("/test.nix", text, broken);
    expect(snapshot(mended.root)).toEqual(snapshot(parse(text).root));
    expect(fresh(nodes, mended)).toBeLessThan(nodes.size / 2);
  });

  it("and a text that made no sense for a while has all of its old nodes", () => {
    let tree = parse(text);
    const nodes = new Set(all(tree));
    for (const broken of ["{ a = {", "{ a = { b", "{ a = { b =", "{ a = { b = 1"]) {
      tree = parser.parse("/test.nix", `${text.slice(0, at)}${broken} ${text.slice(at)}`, tree);
      expect(tree.root.body.kind).toBe("hole");
    }
    const mended = parser.parse("/test.nix", `${text.slice(0, at)}9${text.slice(at)}`, tree);
    expect(fresh(nodes, mended)).toBeLessThan(12);
    expect(snapshot(mended.root)).toEqual(snapshot(parse(mended.text).root));
  });

  it("an old tree is used for one new tree only", () => {
    const tree = parse(text);
    const first = parser.parse("/test.nix", `${text}# a`, tree);
    const second = parser.parse("/test.nix", `# b\n${text}`, tree);
    expect(snapshot(first.root)).toEqual(snapshot(parse(first.text).root));
    expect(snapshot(second.root)).toEqual(snapshot(parse(second.text).root));
  });

  it("of nothing the tree is the same", () => {
    const tree = parse(text);
    expect(parser.parse("/test.nix", text, tree)).toBe(tree);
    expect(parser.parse("/other.nix", text, tree)).not.toBe(tree);
  });
});
