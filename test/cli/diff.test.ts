import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "../../server/src/cli/formats/diff.ts";
import { style } from "../../server/src/cli/formats/style.ts";

const plain = style(false);

test("shows a change with three lines of context", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  expect(unifiedDiff("x.nix", before, before.replace("e\n", "E\n"), plain)).toBe(
    "--- a/x.nix\n+++ b/x.nix\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n",
  );
  expect(unifiedDiff("x.nix", before, before, plain)).toBe("");
});

test("is what git applies, whatever changed", () => {
  const folder = mkdtempSync(join(tmpdir(), "microvm-lens-diff-"));
  const lines = fc.array(fc.constantFrom("a", "b", "c", "", "{"), { maxLength: 30 });
  const text = fc.tuple(lines, fc.boolean()).map(([all, end]) => all.join("\n") + (end && all.length > 0 ? "\n" : ""));
  try {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff("x", before, after, plain);
        writeFileSync(join(folder, "x"), before);
        if (diff !== "") {
          const { status, stderr } = spawnSync("git", ["apply", "--whitespace=nowarn", "-"], {
            cwd: folder,
            input: diff,
            encoding: "utf8",
          });
          expect(stderr).toBe("");
          expect(status).toBe(0);
        }
        expect(readFileSync(join(folder, "x"), "utf8")).toBe(after);
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
