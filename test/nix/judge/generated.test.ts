import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, nixVersion } from "../../harness/nix.ts";
import { compare, type Ours, ours } from "./compare.ts";
import { closedExpression } from "./generate.ts";

/** `JUDGE_RUNS=300000 JUDGE_SEED=1` for a long run; a test run takes the same seed each time, so that it never fails by chance. */
const runs = Number(process.env["JUDGE_RUNS"] ?? 5000);
const seed = Number(process.env["JUDGE_SEED"] ?? 20261122);
const version = await nixVersion();
const perRound = 2500;

describe.skipIf(version === null)("generated expressions", () => {
  it(
    `mean to us what they mean to Nix (${runs} of them, seed ${seed})`,
    async () => {
      const counts = { value: 0, caught: 0, error: 0, unknown: 0, different: 0 };
      const unknown = new Map<string, number>();
      const differences: string[] = [];
      for (let done = 0; done < runs; done += perRound) {
        const texts = fc.sample(closedExpression, { numRuns: Math.min(perRound, runs - done), seed: seed + done });
        const mine: Ours[] = [];
        for (const text of texts) mine.push(await ours(text));
        const nix = await judge(texts, { alone: (i) => mine[i]?.kind === "error" });
        for (const [i, text] of texts.entries()) {
          const [one, other] = [mine[i] as Ours, nix[i] as (typeof nix)[number]];
          const verdict = compare(one, other);
          counts[one.kind]++;
          if (one.kind === "unknown") unknown.set(one.reason, (unknown.get(one.reason) ?? 0) + 1);
          if (verdict !== "different") continue;
          counts.different++;
          differences.push(
            `${text}\n  ours ${JSON.stringify(one).slice(0, 300)}\n  Nix  ${JSON.stringify(other).slice(0, 300)}`,
          );
        }
      }
      process.stdout.write(`generated (seed ${seed}, Nix ${version}): ${JSON.stringify(counts)}\n`);
      for (const [reason, count] of unknown) process.stdout.write(`  unknown ${count} × ${reason}\n`);
      expect(differences.slice(0, 5).join("\n")).toBe("");
      expect(counts.unknown / runs).toBeLessThan(0.01);
    },
    Math.max(240_000, runs * 40),
  );
});
