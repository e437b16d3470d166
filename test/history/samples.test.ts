import { describe, expect, test } from "vitest";
import {
  historyText,
  kinds,
  mostSamples,
  readHistory,
  type Sample,
  withSamples,
} from "../../server/src/history/samples.ts";

const GiB = 1024 ** 3;
const start = 1_764_547_200;

function sample(at: number, usedBytes: number, more: Partial<Sample> = {}): Sample {
  return { at, guest: "web", image: "/var/lib/microvms/web/data.img", usedBytes, availableBytes: GiB, ...more };
}

describe("the history", () => {
  test("of a year of 100 volumes, looked at every half an hour, is at most 5 MB", () => {
    const volumes = Array.from({ length: 25 }, (_, i) => ({
      guest: `guest-number-${i}`,
      image: `/var/lib/microvms/guest-number-${i}/nix-store-overlay.img`,
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
    const samples = [sample(start, 1), sample(start + 1, 5, { guest: 'a"\nb' })];
    expect(readHistory(historyText(samples))).toEqual(samples);
    const noise = `[1]\n{"x":2}\nnonsense\n[1,"a","b","c",2]\n[${start},7,1,1]\n[0,"a",1]\n`;
    expect(readHistory(`${noise}${historyText(samples)}[${start},0,-5,2]\n[${start},0`)).toEqual(samples);
    expect(readHistory(historyText(samples).split("\n").slice(1).join("\n"))).toEqual(samples.slice(1));
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

  test("takes an old snapshot for what it is: it removes nothing and goes nowhere before what is newer", () => {
    const before = [sample(start, 1)];
    expect(withSamples(before, [sample(start - 86_400, 2)], start, "hours")).toBeNull();
    const first = withSamples([], [sample(start - 86_400, 2)], start, "hours");
    expect(first?.map(({ at }) => at)).toEqual([start - 86_400]);
  });

  test("never holds more than its most, and keeps the newest", () => {
    const many = Array.from({ length: mostSamples }, (_, i) => sample(start - 1, i, { guest: `vm${i}` }));
    const after = withSamples(many, [sample(start, 7)], start, "hours") ?? [];
    expect(after).toHaveLength(mostSamples);
    expect(after.at(-1)).toMatchObject({ at: start, usedBytes: 7 });
  });
});
