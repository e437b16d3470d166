import { expect, test } from "vitest";
import { contradictions, isUnknown, playCase } from "./compare.ts";
import { shellParser } from "./parser.ts";
import { canSandbox, runCases, withScratch } from "./sandbox.ts";
import { casesOf, scripts } from "./scripts.ts";

test.runIf(canSandbox())(
  "what the interpreter says of each script is what bash does",
  { timeout: 170_000 },
  async () => {
    const parser = await shellParser();
    withScratch((scratch) => {
      const only = process.env["ONLY"];
      const cases = scripts
        .filter(({ script }) => only === undefined || script.includes(only))
        .flatMap((one) => casesOf(scratch, one));
      const results = runCases(scratch, cases);
      const wrong: string[] = [];
      const unknown: string[] = [];
      let images = 0;
      for (const [at, one] of cases.entries()) {
        const result = results[at];
        if (!result) continue;
        const played = playCase(scratch, one, parser);
        const problems = contradictions(scratch, played, result);
        const state = one.entries
          .map(({ path, kind, bytes }) => `${path.slice(scratch.length)}:${kind[0]}${bytes ?? ""}`)
          .join(" ");
        if (problems.length > 0) {
          wrong.push(
            [`── ${one.script}   [${state}] uid ${one.uid}`, ...problems, `stderr: ${result.stderr}`].join("\n   "),
          );
        }
        images++;
        if (isUnknown(played, one.image) || played.exit.is === "either") {
          unknown.push(`${one.script} [${state}] ${played.exit.is} ${played.exit.why?.id ?? ""}`);
        }
      }
      if (process.env["SHOW"]) console.log([...new Set(unknown)].join("\n"));
      console.log(
        `${scripts.length} scripts, ${cases.length} cases, ${unknown.length} unknown (${((100 * unknown.length) / images).toFixed(1)} %)`,
      );
      expect(results).toHaveLength(cases.length);
      expect(wrong.join("\n")).toBe("");
      if (only === undefined) expect(unknown.length / images).toBeLessThanOrEqual(0.1);
    });
  },
);
