import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { columns } from "../../server/src/base/columns.ts";
import { locales, render } from "../../server/src/base/text.ts";
import { parseFixture } from "../harness/fixture.ts";
import { openWorkspace } from "../harness/workspace.ts";

const fixtures = join(fileURLToPath(new URL(".", import.meta.url)), "..", "fixtures");
const files = readdirSync(fixtures, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".txt") || name.endsWith(".nix") || name.endsWith(".fixture"),
);

test("titles of fixes are short, and name no place on a disk, in both languages", { timeout: 600_000 }, async () => {
  const wrong = new Set<string>();
  let seen = 0;
  for (const name of files) {
    const fixture = parseFixture(readFileSync(join(fixtures, name), "utf8"));
    const workspace = await openWorkspace(fixture.files, { disk: fixture.disk, settings: fixture.settings });
    try {
      const snapshot = await workspace.snapshot();
      for (const finding of snapshot.findings) {
        for (const { title, id } of snapshot.fixes(finding)) {
          for (const locale of locales) {
            seen++;
            const words = render(title, locale);
            if (columns(words) > 60 || /(^|[\s`'"（])\/\w/.test(words))
              wrong.add(`${finding.rule} ${id} ${columns(words)}: ${words}`);
          }
        }
      }
    } finally {
      workspace.dispose();
    }
  }
  expect(seen).toBeGreaterThan(500);
  expect([...wrong].sort()).toEqual([]);
});
