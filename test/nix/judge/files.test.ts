import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createEvaluator } from "../../../server/src/nix/eval/interpreter.ts";
import { encode } from "../../harness/encode.ts";
import { memoryFiles } from "../../harness/memory-files.ts";
import { judge, nixVersion } from "../../harness/nix.ts";

/** The same files on disk, for Nix, and in memory, for us. */
const files: Readonly<Record<string, string>> = {
  "lib.nix": '{ twice = x: x * 2; name = "lib"; here = ./.; beside = ./data.json; }',
  "folder/default.nix": '{ file = "default"; up = import ../lib.nix; }',
  "folder/other.nix": "x: x + 1",
  "folder/deep/a.nix": "{ ... }: { a = 1; }",
  "folder/deep/b.nix": "{ ... }: { b = 2; }",
  "folder/deep/readme.md": "# text",
  "data.json": '{ "size": 2048, "names": ["a", "b"] }',
  "data.toml": "[disk]\nsize = 512\n",
  "text.txt": "line one\nline two\n",
  empty: "",
  "scoped.nix": "added + 1",
  "recursive.nix": "let self = import ./lib.nix; in self.twice (self.twice 1)",
};

const expressions = [
  "(import ./lib.nix).twice 21",
  "(import ./folder).file",
  "(import ./folder).up.name",
  "import ./folder/other.nix 1",
  'import (./folder + "/other.nix") 2',
  'import ./folder/${"other"}.nix 3',
  'import "${toString ./folder}/other.nix" 4',
  "(import ./lib.nix).here",
  "(import ./lib.nix).beside",
  "import ./recursive.nix",
  "import ./absent.nix",
  "builtins.readFile ./text.txt",
  "builtins.readFile ./empty",
  "builtins.readFile ./absent",
  "builtins.readFile ./folder",
  "builtins.readDir ./folder",
  "builtins.readDir ./folder/deep",
  "builtins.readDir ./text.txt",
  "builtins.pathExists ./text.txt",
  "builtins.pathExists ./absent",
  "builtins.pathExists ./folder",
  'builtins.pathExists (./folder + "/default.nix")',
  "(builtins.fromJSON (builtins.readFile ./data.json)).size",
  "fromTOML (builtins.readFile ./data.toml)",
  'builtins.hashFile "sha256" ./text.txt',
  "baseNameOf ./folder/other.nix",
  "dirOf ./folder/other.nix",
  "toString ./folder/../text.txt",
  './. + "/x"',
  "./.",
  "./folder/deep/..",
  "../.",
  "scopedImport { added = 41; } ./scoped.nix",
  "scopedImport { builtins = 1; added = 1; } ./scoped.nix",
  'let dir = ./folder/deep; in builtins.mapAttrs (n: t: if builtins.match ".*\\\\.nix" n != null then import (dir + "/${n}") { } else t) (builtins.readDir dir)',
  "builtins.attrNames (builtins.readDir ./.)",
  "map (f: import f { }) [ ./folder/deep/a.nix ./folder/deep/b.nix ]",
  "./folder == dirOf ./folder/x",
  "builtins.isPath ./.",
  'builtins.typeOf (./. + "a")',
  "import ./text.txt",
  'builtins.findFile [ { path = ./.; prefix = "q"; } ] "q"',
];

const version = await nixVersion();
const folder = mkdtempSync(join(tmpdir(), "judge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(version === null)("files and imports, judged by real Nix", () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }

  for (const text of expressions) {
    it(text, async () => {
      const table = Object.entries(files).map(([name, content]) => [join(folder, name), content]);
      const source = await memoryFiles(Object.fromEntries([...table, [join(folder, "../judge-expression.nix"), ""]]));
      const evaluator = createEvaluator({ files: source });
      const tree = (await memoryFiles({ [join(folder, "expression.nix")]: text })).tree(join(folder, "expression.nix"));
      if (!tree.ok) throw new Error("no tree");
      const mine = encode(evaluator.run(tree.value.root.body, evaluator.globals));
      const [nix] = await judge([text], { directory: folder });
      // What cannot be read, or is looked up elsewhere, is unknown to us.
      if ("why" in mine)
        expect([nix?.kind, text.includes("findFile")]).toEqual(
          text.includes("findFile") ? ["value", true] : ["error", false],
        );
      else expect({ kind: "value", encoded: mine }).toEqual(nix);
    });
  }
});
