import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { applyEdits } from "../../../server/src/base/edit.ts";
import { render } from "../../../server/src/base/text.ts";
import { evaluateFlake, parseComplaint } from "../../harness/real-nix.ts";
import { openWorkspace } from "../../harness/workspace.ts";
import { configuration } from "./configurations.ts";
import { changes, mayChange } from "./may-change.ts";

let judged = 0;
afterAll(() => console.log(`generated fixes judged by real Nix: ${judged}`));

describe("fixes on generated configurations, judged by real Nix", () => {
  it("change what they name and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(configuration, async ({ files, disk }) => {
        const workspace = await openWorkspace(files, { disk });
        try {
          const snapshot = await workspace.snapshot();
          const before = evaluated(files);
          const seen = new Set<string>();
          for (const finding of snapshot.findings) {
            for (const fix of snapshot.fixes(finding)) {
              if (fix.kind !== "edit" || seen.has(fix.id)) continue;
              seen.add(fix.id);
              const texts = new Map(files);
              for (const [name, text] of files) {
                const edits = fix.edits.filter(({ span }) => workspace.name(span.file) === name);
                texts.set(name, applyEdits(text, edits));
              }
              const label = `${finding.rule}: ${render(fix.title)}\n${[...texts.values()].join("\n----\n")}`;
              const changed = changes(before, evaluated(texts, label));
              expect(changed.length, label).toBeGreaterThan(0);
              expect(
                changed.filter((path) => !mayChange[fix.id]?.test(path)),
                label,
              ).toEqual([]);
              judged++;
            }
          }
        } finally {
          workspace.dispose();
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 8), endOnFailure: true },
    );
    expect(judged).toBeGreaterThan(20);
  });
});

function evaluated(files: ReadonlyMap<string, string>, label = "before"): unknown {
  const folder = mkdtempSync(join(tmpdir(), "lens-generated-"));
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      expect(parseComplaint(join(folder, name), folder), label).toBeNull();
    }
    return evaluateFlake(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
