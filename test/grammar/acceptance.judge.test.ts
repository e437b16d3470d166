import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadParser } from "../../server/src/grammar/files.ts";
import { judge, nixFiles, type Verdict } from "./judge.ts";

/**
 * We accept what real Nix accepts, and report an error where it does. `CORPUS=/folder` compares every .nix file below a
 * folder instead of the few of this repository, and prints how many fell into which class.
 */
const corpus = process.env["CORPUS"] ?? fileURLToPath(new URL("..", import.meta.url));
const parser = await loadParser(fileURLToPath(new URL(".", import.meta.url)));

describe("what is Nix and what is not", () => {
  it("is the same as for real Nix", { timeout: 3_600_000 }, async () => {
    const files = nixFiles(corpus);
    const verdicts = await judge(files);
    const classes = new Map<Verdict, number>();
    const differences: string[] = [];
    for (const file of files) {
      const { verdict, words } = verdicts.get(file) as { verdict: Verdict; words: string };
      classes.set(verdict, (classes.get(verdict) ?? 0) + 1);
      const { errors } = parser.parse(file, readFileSync(file, "utf8"));
      // This Nix stops at the first attribute that is there twice, and does not know pipe operators: no judge of the rest.
      if (verdict === "duplicate" || verdict === "pipe-operators") continue;
      const weAccept = errors.length === 0;
      const nixAccepts = verdict !== "syntax";
      if (weAccept !== nixAccepts) {
        const ours = errors.map((error) => `${error.kind} at ${error.start}-${error.end}`).join(", ");
        differences.push(`${file}\n  we: ${ours || "no error"}\n  nix: ${words || "no error"}`);
      }
    }
    if (process.env["CORPUS"]) console.info(`${files.length} files:`, Object.fromEntries(classes));
    expect(files.length).toBeGreaterThan(0);
    expect(differences).toEqual([]);
  });
});
