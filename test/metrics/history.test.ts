import { describe, expect, test } from "vitest";
import {
  fullInSeconds,
  historyText,
  kinds,
  readHistory,
  type Sample,
  withSamples,
} from "../../server/src/metrics/history.ts";

const GiB = 1024 ** 3;
const start = 1_764_547_200;

function sample(at: number, usedBytes: number | null, more: Partial<Sample> = {}): Sample {
  return { at, guest: "web", image: "data.img", usedBytes, availableBytes: GiB, ...more };
}

describe("the history", () => {
  test("of a year of 100 volumes, looked at every half an hour, is at most 5 MB", () => {
    const volumes = Array.from({ length: 25 }, (_, i) => ({
      guest: `guest-number-${i}`,
      image: "nix-store-overlay.img",
    }));
    let [hours, days]: (readonly Sample[])[] = [[], []];
    let written = 0;
    // Every half an hour of ten days; then once a day, which changes nothing of what is kept of hours.
    for (let at = start; at < start + 410 * 86_400; at += at < start + 10 * 86_400 ? 1800 : 86_400) {
      const now = volumes.map((each) => sample(at, 123_456_789_012, { ...each, availableBytes: 123_456_789_012 }));
      const more = at < start + 10 * 86_400 ? withSamples(hours ?? [], now, at, "hours") : null;
      if (more !== null) written++;
      hours = more ?? hours;
      days = withSamples(days ?? [], now, at, "days") ?? days;
    }
    const bytes = [hours, days].reduce((sum, each) => sum + Buffer.byteLength(historyText(each ?? [])) * 4, 0);
    expect(bytes).toBeLessThan(5_000_000);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(written).toBe(10 * 24);
    expect([hours?.length, days?.length]).toEqual([7 * 24 * 25, 366 * 25]);
  }, 60_000);

  test("is read as it was written, without lines that are none", () => {
    const samples = [sample(start, 1), sample(start + 1, null, { guest: 'a"\nb' })];
    expect(readHistory(historyText(samples))).toEqual(samples);
    expect(readHistory(`[1]\n{"x":2}\nnonsense\n[1,"a","b","c",2]\n${historyText(samples)}[12,"we`)).toEqual(samples);
  });

  test("forgets what is old, and samples of a clock that was wrong", () => {
    const before = [
      sample(start - kinds.hours.keepSeconds, 1),
      sample(start + 10 * 86_400, 2),
      sample(start - 3600, 3),
    ];
    expect(withSamples(before, [sample(start, 4)], start, "hours")?.map(({ usedBytes }) => usedBytes)).toEqual([3, 4]);
    expect(withSamples([sample(start, 4)], [sample(start + 60, 5)], start + 60, "hours")).toBeNull();
  });

  test("tells how soon a volume is full, where it grows and there is enough to go by", () => {
    const daily = Array.from({ length: 11 }, (_, day) => sample(start + day * 86_400, day * 100_000_000));
    const now = daily.at(-1) as Sample;
    const days = (fullInSeconds(daily.slice(0, -1), now) ?? 0) / 86_400;
    expect(days).toBeCloseTo(GiB / 100_000_000, 5);
    expect(fullInSeconds(daily.slice(8, -1), now)).toBeNull();
    expect(
      fullInSeconds(
        daily.map((each) => ({ ...each, usedBytes: 5 })),
        { ...now, usedBytes: 5 },
      ),
    ).toBeNull();
    expect(fullInSeconds(daily.slice(0, -1), { ...now, usedBytes: null })).toBeNull();
    expect(
      fullInSeconds(
        daily.map((each) => ({ ...each, guest: "other" })),
        now,
      ),
    ).toBeNull();
  });
});
