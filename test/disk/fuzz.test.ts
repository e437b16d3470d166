import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

// The long run of the same is test/disk/fuzz-long.ts.
it("20,000 mutated images: nothing thrown, nothing asked beyond limits, no impossible fact", () => {
  const report = fuzz(20_000, 20261122);
  expect(report.images).toBe(20_000);
  // The mutations leave enough standing that the readers are reached at all.
  expect(report.recognised).toBeGreaterThan(4000);
  expect(report.mostRequests).toBeLessThanOrEqual(4096);
  expect(report.mostBytes).toBeLessThanOrEqual(9 << 20);
}, 120_000);
