import { expect, test } from "vitest";
import { contradictions, isUnknown, playCase } from "./compare.ts";
import { randomScript } from "./grammar.ts";
import { shellParser } from "./parser.ts";
import { canSandbox, runCases, withScratch } from "./sandbox.ts";
import { casesOf, states } from "./scripts.ts";

/** RUNS=20000 SEED=7 for a long run; what fails prints its seed. */
const runs = Number(process.env["RUNS"] ?? 150);
const seed = Number(process.env["SEED"] ?? 1);

test.runIf(canSandbox())(
  "random scripts end as bash ends them",
  { timeout: Math.max(170_000, runs * 400) },
  async () => {
    const parser = await shellParser();
    withScratch((scratch) => {
      const names = Object.keys(states) as (keyof typeof states)[];
      const wrong: string[] = [];
      let unknown = 0;
      let done = 0;
      for (let from = 0; from < runs && wrong.length < 20; from += 500) {
        const cases = Array.from({ length: Math.min(500, runs - from) }, (_, n) => {
          const number = seed * 1_000_000 + from + n;
          const { script, options } = randomScript(number);
          const [one] = casesOf(scratch, {
            script,
            options,
            states: [names[number % names.length] as keyof typeof states],
          });
          return { ...(one as NonNullable<typeof one>), number };
        });
        const results = runCases(scratch, cases);
        for (const [at, one] of cases.entries()) {
          const result = results[at];
          if (!result) continue;
          const played = playCase(scratch, one, parser);
          const problems = contradictions(scratch, played, result);
          done++;
          if (isUnknown(played, one.image) || played.exit.is === "either") unknown++;
          if (problems.length > 0) {
            wrong.push(
              [
                `── ${one.number} ${one.options.join(" ")}\n${one.script}`,
                ...problems,
                `stderr: ${result.stderr}`,
              ].join("\n   "),
            );
          }
        }
      }
      console.log(`${done} random scripts from seed ${seed}, ${((100 * unknown) / done).toFixed(1)} % unknown`);
      expect(wrong.slice(0, 12).join("\n")).toBe("");
    });
  },
);
