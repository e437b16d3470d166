import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluateReally, here, readCases } from "./support.ts";

/** The `lib` folder of a nixpkgs; with UPDATE=1 the expectations of the tables are written anew from it. */
const folder = process.env["NIXPKGS_LIB"];
const groups = readdirSync(`${here}cases`).map((file) => file.replace(/\.txt$/, ""));

describe.skipIf(!folder)("the tables agree with the real lib", () => {
  for (const group of groups) {
    it(group, () => {
      const cases = readCases(group);
      const real = evaluateReally(
        cases.map((one) => one.expression),
        folder as string,
      );
      if (process.env["UPDATE"]) {
        rewrite(group, real);
        return;
      }
      expect(real).toEqual(cases.map((one) => one.expected));
    });
  }
});

function rewrite(group: string, real: readonly (string | null)[]): void {
  const file = `${here}cases/${group}.txt`;
  let next = 0;
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => (line.startsWith("=>") ? `=> ${real[next++] ?? "!"}` : line));
  writeFileSync(file, lines.join("\n"));
}
