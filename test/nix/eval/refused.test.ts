import { describe, expect, test } from "vitest";
import { rootCause } from "../../../server/src/nix/eval/make.ts";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { World } from "../../../server/src/nix/flakes/world.ts";
import { testParser } from "../../microvm/workspace.ts";

/** Real Nix (2.8, 2.26) refuses each: `file` has a syntax error, and what stands there has no value. */
const refused: Readonly<Record<string, string>> = {
  "a path that ends in a slash": "baseNameOf ./foo/",
  "one with a piece that is computed": '[ ./a/${"b"}/ ]',
  "an absolute one": "/nix/store/",
  "inherit of a name that is computed": '({ inherit ${"a" + ""}; }).a',
  "inherit from a set": '(let s = { a = 1; }; in { inherit (s) ${"a" + ""}; }).a',
  "a null character in a string": '"a\0b"',
  "a null character beside an interpolation": '"a\0${"b"}"',
  "a null character in an indented string": "''a\0b''",
};

describe("what Nix refuses has no value", () => {
  for (const [name, text] of Object.entries(refused)) {
    test(name, async () => {
      const parser = await testParser();
      const tree = parser.parse("/q.nix", text);
      const world = new World({ files: new DiskFiles(parser, []), parser, models: [] });
      expect(tree.errors.length).toBeGreaterThan(0);
      const value = world.evaluator.evaluate(tree.root.body, null);
      const inner = value.type === "list" ? value.items[0]?.thunk.force() : value;
      expect(inner?.type === "unknown" && rootCause(inner).why.reason).toBe("syntax-error");
    });
  }
  const fine: Readonly<Record<string, string>> = {
    "inherit of a name that is written out": '(let s = { a = 1; }; in { inherit (s) ${"a"}; }).a',
    "a null character in a comment": "# \0\n1",
  };
  for (const [name, text] of Object.entries(fine)) {
    test(name, async () => {
      const parser = await testParser();
      const world = new World({ files: new DiskFiles(parser, []), parser, models: [] });
      expect(world.evaluator.evaluate(parser.parse("/q.nix", text).root.body, null).type).toBe("integer");
    });
  }
});
