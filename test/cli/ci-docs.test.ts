import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/ci.md has no place holders", () => {
  expect(read("docs/ci.md")).not.toMatch(/\b(OWNER|USER|YOUR|TODO|FIXME)\b|example\.com|<[A-Z]/);
});
