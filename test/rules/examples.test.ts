import { describe, expect, it } from "vitest";
import { locales, render } from "../../server/src/base/text.ts";
import { rulePageOf } from "../../server/src/rules/frame/documentation.ts";
import { rules } from "../../server/src/rules/frame/registry.ts";
import type { Example } from "../../server/src/rules/frame/rule.ts";
import { openWorkspace } from "../harness/workspace.ts";

/** What a rule says about an example of documentation. */
async function findings(id: string, example: Example): Promise<string[]> {
  const workspace = await openWorkspace(Object.entries(example.files), { disk: example.disk ?? null });
  try {
    const snapshot = await workspace.snapshot();
    expect(snapshot.declarations.problems, "the example evaluates").toEqual([]);
    return snapshot.findings.filter((finding) => finding.rule === id).map((finding) => render(finding.message));
  } finally {
    workspace.dispose();
  }
}

describe("the examples in the documentation do what they say", () => {
  for (const rule of rules) {
    it(`${rule.id}: bad`, async () => expect(await findings(rule.id, rule.docs.bad)).not.toEqual([]));
    it(`${rule.id}: good`, async () => expect(await findings(rule.id, rule.docs.good)).toEqual([]));
  }
  it("and every page says how to fix it", () => {
    for (const rule of rules) {
      for (const locale of locales) {
        const { remedies, byHand, reported, silent } = rulePageOf(rule, locale);
        expect(remedies.length > 0 || byHand !== null, `${rule.id}: neither a fix nor words`).toBe(true);
        for (const { files } of [reported, silent]) {
          for (const { text } of files) {
            expect(text.trim(), rule.id).not.toBe("");
            expect(text.split("\n").length, rule.id).toBeLessThanOrEqual(12);
          }
        }
      }
    }
  });
});
