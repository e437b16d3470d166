import { describe, expect, it } from "vitest";
import { evaluateText, show } from "../../harness/evaluate.ts";
import { judge, nixVersion } from "../../harness/nix.ts";
import { compare, type Ours, ours } from "./compare.ts";
import { readTable, tableNames } from "./read-table.ts";

const version = await nixVersion();
const totals = { judged: 0, unknown: [] as string[], different: 0 };

describe.skipIf(version === null)("every construct and builtin, judged by real Nix", () => {
  for (const name of tableNames()) {
    it(name, async () => {
      const cases = readTable(name).filter((one) => one.expected === undefined);
      const mine: Ours[] = [];
      for (const { text } of cases) mine.push(await ours(text));
      const nix = await judge(
        cases.map((one) => one.text),
        { alone: (i) => mine[i]?.kind === "error" },
      );
      const differences: string[] = [];
      for (const [i, one] of cases.entries()) {
        const verdict = compare(mine[i] as Ours, nix[i] as never);
        totals.judged++;
        if (verdict === "unknown") totals.unknown.push(`${name}:${one.line} ${one.text}`);
        if (verdict === "different") totals.different++;
        if (verdict === "different")
          differences.push(`line ${one.line}: ${one.text}\n  ours ${print(mine[i])}\n  Nix  ${print(nix[i])}`);
      }
      expect(differences.join("\n")).toBe("");
    });
  }

  it("knows all but one in a hundred", () => {
    const { judged, unknown, different } = totals;
    process.stdout.write(
      `tables: ${judged} expressions judged by Nix ${version}, unknown ${unknown.length}, different ${different}\n`,
    );
    for (const one of unknown) process.stdout.write(`  unknown: ${one}\n`);
    expect(unknown.length / judged).toBeLessThan(0.01);
  });
});

describe("what newer versions of Nix say", () => {
  for (const name of tableNames()) {
    for (const { text, line, expected } of readTable(name)) {
      if (expected === undefined) continue;
      it(`${name}:${line} ${text}`, async () => {
        expect(show((await evaluateText(text)).value)).toBe(expected);
      });
    }
  }
});

function print(value: unknown): string {
  return JSON.stringify(value).slice(0, 400);
}
