import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonical, evaluateOurs, here, readCases } from "./support.ts";

const groups = readdirSync(`${here}cases`).map((file) => file.replace(/\.txt$/, ""));

describe("lib gives what the real lib gives, or says that it does not know", () => {
  for (const group of groups) {
    it(group, () => {
      const different: string[] = [];
      const unknown: string[] = [];
      for (const { expression, expected, beyondUs } of readCases(group)) {
        const ours = evaluateOurs(expression);
        if ("unknown" in ours) {
          if (expected !== null && !beyondUs) unknown.push(`${expression}  (${ours.unknown})`);
        } else if (expected === null) different.push(`${expression}\n  fails, not ${ours.json}`);
        else if (ours.json !== canonical(JSON.parse(expected)))
          different.push(`${expression}\n  is ${expected}, not ${ours.json}`);
      }
      expect(different).toEqual([]);
      expect(unknown).toEqual([]);
    });
  }
});
