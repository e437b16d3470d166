import fc from "fast-check";
import { expect, it } from "vitest";
import { disagreement } from "../../harness/consistent.ts";
import { evaluateText, show } from "../../harness/evaluate.ts";
import { Generator } from "../judge/generate.ts";
import type { Names, Type } from "../judge/generate-types.ts";

/** Names of which nothing is known, and what they may be in truth. */
const secrets: Readonly<Record<string, { type: Type; unknown: string; truths: readonly string[] }>> = {
  B: { type: "bool", unknown: "builtins.currentTime == 1", truths: ["true", "false"] },
  C: { type: "bool", unknown: 'builtins.getEnv "C" == "c"', truths: ["true", "false"] },
  S: { type: "string", unknown: 'builtins.getEnv "S"', truths: ['"a"', '"data.img"', '""'] },
  I: { type: "int", unknown: "builtins.currentTime", truths: ["0", "3"] },
  L: { type: "ints", unknown: "builtins.unheardOf", truths: ["[ ]", "[ 2 3 ]"] },
  A: { type: "set", unknown: "builtins.unheardOf", truths: ["{ }", '{ a = 1; x = "y"; }'] },
  P: { type: "sets", unknown: "if B then [ { a = 1; } ] else [ ]", truths: ["if B then [ { a = 1; } ] else [ ]"] },
  Q: { type: "set", unknown: "if B then { a = 1; } else { b = 2; }", truths: ["if B then { a = 1; } else { b = 2; }"] },
  T: { type: "string", unknown: 'if C then "x" else "y"', truths: ['if C then "x" else "y"'] },
};

const names: Names = new Map(Object.entries(secrets).map(([name, { type }]) => [name, type]));

const openExpression = fc.gen().map((draw) => {
  const generator = new Generator((below) => draw(fc.nat, { max: below - 1 }));
  const text = generator.any(2 + generator.below(4), names);
  const truth = Object.entries(secrets).map(([name, { truths }]) => `${name} = ${generator.pick(truths)};`);
  return { text, truth: truth.join(" ") };
});

const unknowns = Object.entries(secrets)
  .map(([name, { unknown }]) => `${name} = ${unknown};`)
  .join(" ");

const runs = Number(process.env["SOUNDNESS_RUNS"] ?? 1500);
const seed = Number(process.env["SOUNDNESS_SEED"] ?? 20261122);

it(
  `what is known in spite of unknowns is true, whatever they are (${runs} expressions, seed ${seed})`,
  async () => {
    const wrong: string[] = [];
    let known = 0;
    for (const { text, truth } of fc.sample(openExpression, { numRuns: runs, seed })) {
      const partial = (await evaluateText(`let ${unknowns} in ${text}`)).value;
      const full = (await evaluateText(`let ${truth} in ${text}`)).value;
      if (partial.type !== "unknown") known++;
      const where = disagreement(partial, full);
      if (where) wrong.push(`let ${truth} in ${text}\n  ${where}\n  ${show(partial, 5)}\n  ${show(full, 5)}`);
    }
    process.stdout.write(
      `soundness (seed ${seed}): ${runs} expressions, ${known} known in spite of unknowns, ${wrong.length} wrong\n`,
    );
    expect(wrong.slice(0, 4).join("\n")).toBe("");
  },
  Math.max(120_000, runs * 20),
);

it(
  `a smaller budget only adds unknowns (seed ${seed})`,
  async () => {
    const wrong: string[] = [];
    let cut = 0;
    for (const { text } of fc.sample(openExpression, { numRuns: runs / 3, seed: seed + 1 })) {
      const whole = `let ${unknowns} in ${text}`;
      const { value: full, evaluator } = await evaluateText(whole);
      show(full);
      const { spent } = evaluator.budget;
      for (const part of [3, 2, 1.2]) {
        const { value: partial } = await evaluateText(whole, {}, { budget: { steps: Math.floor(spent / part) } });
        const where = disagreement(partial, full);
        if (partial.type === "unknown") cut++;
        if (where) wrong.push(`${text}\n  ${where}\n  ${show(partial, 5)}\n  ${show(full, 5)}`);
      }
    }
    expect(cut).toBeGreaterThan(0);
    expect(wrong.slice(0, 4).join("\n")).toBe("");
  },
  Math.max(120_000, runs * 20),
);
