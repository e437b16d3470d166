import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SyntaxTree } from "../../../server/src/nix/syntax/tree.ts";
import { parse, parser, snapshot } from "./support.ts";

const sample = readFileSync(new URL("sample.nix", import.meta.url), "utf8");

/** Pieces that open, close or change what surrounds them, as well as harmless ones. */
const pieces = [
  ...["", "a", "x1", " ", "\n", "\r\n", "0", "{", "}", "[", "]", "(", ")", '"', "''", "${", "$", "'", "\\", ";", ":"],
  ...["=", ".", "/", "./b", "# c\n", "/*", "*/", "@", "?", "or", "let ", " in ", "if ", "inherit ", "rec ", "...", ","],
  ...["a = 1;", "[ 1 2 ]", "{ b = ./c; }", "\0", "\u{1F600}", "\ud800", "é", "//", "==", "-> ", "|> f"],
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  piece: fc.constantFrom(...pieces),
});

function apply(text: string, { at, cut, piece }: { at: number; cut: number; piece: string }): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + piece + text.slice(start + cut);
}

function same(tree: SyntaxTree): void {
  const fresh = parse(tree.text);
  expect(snapshot(tree.root)).toEqual(snapshot(fresh.root));
  expect(tree.errors).toEqual(fresh.errors);
  expect(tree.comments()).toEqual(fresh.comments());
}

describe("parsing after an edit", () => {
  it("gives the tree of a parse from scratch", () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
        let tree = parse(sample);
        for (const one of edits) {
          tree = parser.parse("/test.nix", apply(tree.text, one), tree);
          same(tree);
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 60) },
    );
  });
});
