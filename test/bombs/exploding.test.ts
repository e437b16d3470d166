import { expect, test } from "vitest";
import { createLib } from "../../server/src/nix/eval/builtins/lib/index.ts";
import { createEvaluator, type Interpreter } from "../../server/src/nix/eval/interpreter.ts";
import { rootOf } from "../../server/src/nix/eval/ops.ts";
import { delayed, type Value } from "../../server/src/nix/eval/value.ts";
import { typePartsFor } from "../../server/src/nix/modules/type-parts.ts";
import { memoryFiles, testParser } from "../harness/memory-files.ts";
import { callsOf, definitions, values } from "./exploding.ts";

/**
 * Every function that we model, called with what makes work explode. What is not paid for never ends, or takes all memory:
 * then this test does not end either. `EXPLODE=1` (npm run soak): larger values, all calls, and a line for each that takes
 * long.
 */
const long = process.env["EXPLODE"] !== undefined;
const size = long ? 5000 : 400;
const steps = long ? 200_000 : 20_000;

test("every function spends what it does", { timeout: long ? 3_600_000 : 300_000 }, async () => {
  const wrong: string[] = [];
  let calls = 0;
  let unfinished = 0;
  for (const definition of definitions) {
    for (const call of callsOf(definition, long ? undefined : 5)) {
      calls++;
      const before = process.cpuUsage();
      const value = await evaluate(`let ${values(size)} in builtins.deepSeq (${call}) null`);
      const { user, system } = process.cpuUsage(before);
      const why = value.type === "unknown" ? rootOf(value).why : null;
      if (why?.reason === "budget") unfinished++;
      if (why?.reason === "unsupported" && why.what.startsWith("internal")) wrong.push(`${call}: ${why.what}`);
      if (long && user + system > 500_000)
        process.stderr.write(`${Math.round((user + system) / 1000)} ms ${call} ${why?.reason ?? "known"}\n`);
    }
  }
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(2000);
  // So many are cut short that it shows: the values are large enough.
  expect(unfinished).toBeGreaterThan(100);
});

async function evaluate(text: string): Promise<Value> {
  const file = "/example/test.nix";
  const parser = await testParser();
  const files = await memoryFiles({ [file]: text });
  const evaluator: Interpreter = createEvaluator({
    files,
    budget: { steps },
    lib: (self) => createLib(self, { parse: (name, nix) => parser.parse(name, nix), typeParts: typePartsFor(self) }),
    extraScope: new Map([["lib", delayed(null, () => evaluator.lib.force())]]),
  });
  return evaluator.budget.apart(() => evaluator.evaluateFile(file));
}
