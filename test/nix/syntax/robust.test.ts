import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childrenOf } from "../../../server/src/nix/syntax/children.ts";
import type { SyntaxTree } from "../../../server/src/nix/syntax/tree.ts";
import { descendantsOf, nodeAt } from "../../../server/src/nix/syntax/views.ts";
import { parse, parser, show } from "./support.ts";

/** Every node lies in its parent, in order, and knows it. */
function sound(tree: SyntaxTree): SyntaxTree {
  expect(tree.root.length).toBe(tree.text.length);
  for (const node of descendantsOf(tree.root)) {
    let at = 0;
    for (const child of childrenOf(node)) {
      if (child.parent !== node || child.offset < at || child.offset + child.length > node.length) {
        throw new Error(`a ${child.kind} lies outside its ${node.kind} or out of order: ${JSON.stringify(tree.text)}`);
      }
      at = child.offset;
    }
  }
  return tree;
}

const fragments = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  '"',
  "''",
  "${",
  "a",
  "=",
  ";",
  ".",
  ":",
  "@",
  "1",
  "./a",
  "#",
  "\n",
  " ",
  "if ",
  "then ",
  "else ",
  "let ",
  "in ",
  "inherit ",
  "with ",
  "rec ",
  "or ",
  "?",
  "!",
  "-",
  "+",
  "//",
  "|>",
  ",",
  "...",
  "/*",
  "*/",
  "\\",
  "\0",
  "\ufeff",
  "\ud800",
  "\u{1F600}",
];

describe("any text has a tree", () => {
  it("of fragments of Nix", () => {
    const text = fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((some) => some.join(""));
    fc.assert(
      fc.property(text, (some) => void sound(parse(some))),
      { numRuns: 1500 },
    );
  });

  it("of any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (some) => void sound(parse(some))),
      { numRuns: 500 },
    );
  });

  it("that is no text", () => {
    const wasm = readFileSync(new URL("../../../server/grammar/tree-sitter-nix.wasm", import.meta.url), "latin1");
    expect(sound(parse(wasm)).errors.length).toBeGreaterThan(0);
  });

  it.each(["[", "(", "{a=", '"${', "''${", "a.${", "x: ", "!", "-", "f (", "let a = ", "if a then ", "{ a ? "])(
    "that opens %j a hundred thousand times",
    (open) => {
      const tree = sound(parse(open.repeat(100_000)));
      expect(tree.errors.length).toBeGreaterThan(0);
      tree.comments();
      nodeAt(tree, 50_000);
    },
  );

  it.each([
    ["[", "1", "]"],
    ["(", "1", ")"],
    ["{ a = ", "1", "; }"],
    ['"${', "a", '}"'],
    ["x: ", "x", ""],
    ["a + ", "a", ""],
    ["", "a", " + a"],
    ["a ++ ", "a", ""],
    ["", "f", " x"],
    ["if a then b else ", "c", ""],
  ])("that nests %j a hundred thousand times, and is Nix", (open, inside, close) => {
    const tree = sound(parse(open.repeat(100_000) + inside + close.repeat(100_000)));
    // Deeper than the limit there is a hole, and an error that says where.
    expect(tree.errors.length).toBeGreaterThan(0);
  });

  it("of two megabytes, twice of what a file may have", { timeout: 120_000 }, () => {
    const line = '  { image = "a${toString 1}.img"; size = 1024; mountPoint = "/a"; }\n';
    const text = `[\n${line.repeat(Math.ceil(2_000_000 / line.length))}]`;
    const tree = parse(text);
    expect(tree.errors).toEqual([]);
    const edited = parser.parse("/test.nix", `${text.slice(0, 1_000_000)} ${text.slice(1_000_000)}`, tree);
    expect(edited.root.length).toBe(text.length + 1);
  });

  it("that is larger than any configuration", () => {
    const tree = sound(parse(" ".repeat(6_000_000)));
    expect(tree.errors).toEqual([{ start: 0, end: 6_000_000, kind: "unexpected" }]);
  });

  it("where the stack has little room, and the next text is parsed as ever", () => {
    const nested = ["{ a = [ (f ".repeat(150), "1", ") ]; }".repeat(150)].join("");
    const atTheEnd = (depth: number): number => {
      let room: number;
      try {
        room = atTheEnd(depth + 1);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return 1;
      }
      // On the way back up, with more and more room.
      if (room < 400) {
        try {
          sound(parse(nested));
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
      }
      return room + 1;
    };
    atTheEnd(0);
    expect(parse(nested).errors).toEqual([]);
    expect(show(parse("{ a = 1; }").root)).toBe("{('a = 1)}");
  });

  it("up to the depth that is read", () => {
    const tree = parse("[".repeat(500) + "]".repeat(500));
    expect(tree.errors).toEqual([]);
  });
});
