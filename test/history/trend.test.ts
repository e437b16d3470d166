import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import type { Sample } from "../../server/src/history/samples.ts";
import { type Trend, trendOf } from "../../server/src/history/trend.ts";
import { shares, sparkline, trendWords } from "../../server/src/history/words.ts";

const GiB = 1024 ** 3;
const hour = 3600;
const day = 24 * hour;
const start = 1_764_547_200;

/** Numbers that look like chance and are the same at every run. */
function chance(seed: number): { even(): number; normal(): number } {
  let state = seed >>> 0;
  const even = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { even, normal: () => Math.sqrt(-2 * Math.log(even() + 1e-12)) * Math.cos(2 * Math.PI * even()) };
}

const capacity = 200 * GiB;

/** Looks at a volume whose use at a time (in days) is told, every so many hours of so many days. */
function looks(days: number, everyHours: number, used: (day: number) => number): Sample[] {
  return Array.from({ length: Math.floor((days * 24) / everyHours) + 1 }, (_, index) => {
    const at = start + index * everyHours * hour;
    const usedBytes = Math.max(0, Math.round(used((index * everyHours) / 24)));
    const availableBytes = Math.max(0, capacity - usedBytes);
    return { at, guest: "web", image: "/x/data.img", usedBytes, availableBytes };
  });
}

type Use = (day: number, random: ReturnType<typeof chance>) => number;

/** How volumes fill: what is true at a day, and what a look at that day sees. */
const filling: readonly { name: string; rate: number; seen: Use }[] = [
  { name: "evenly", rate: GiB, seen: (day) => 10 * GiB + day * GiB },
  { name: "slowly", rate: 0.02 * GiB, seen: (day, { normal }) => 10 * GiB + day * 0.02 * GiB + 0.01 * GiB * normal() },
  { name: "with noise", rate: GiB, seen: (day, { normal }) => 10 * GiB + day * GiB + 0.5 * GiB * normal() },
  {
    name: "by day and not by night",
    rate: GiB,
    seen: (day) => 10 * GiB + (Math.floor(day) + Math.min(1, (day % 1) * 2)) * GiB,
  },
  {
    name: "up and down every day",
    rate: GiB,
    seen: (day) => 10 * GiB + day * GiB + 0.4 * GiB * Math.sin(day * 2 * Math.PI),
  },
  {
    name: "with builds that come and go",
    rate: GiB,
    seen: (day, { even }) => 10 * GiB + day * GiB + (even() < 0.07 ? 20 * GiB : 0),
  },
  {
    name: "in steps, as logs are rotated",
    rate: GiB,
    seen: (day) => 10 * GiB + Math.floor(day * 4) * 0.25 * GiB,
  },
];

const times = [
  { days: 14, everyHours: 6 },
  { days: 21, everyHours: 24 },
  { days: 28, everyHours: 3 },
];

describe("the trend of a volume", () => {
  for (const { name, rate, seen } of filling) {
    for (const { days, everyHours } of times) {
      test(`that fills ${name} is told to 25 % of what the next 7 days bring (${days} days, every ${everyHours} h)`, () => {
        const random = chance(days * 100 + everyHours);
        const trend = trendOf(looks(days, everyHours, (each) => seen(each, random))) as Trend;
        expect(trend).not.toBe("few");
        expect(trend).not.toBe("unclear");
        const told = (trend.bytesPerDay * 7) / (rate * 7);
        expect(told).toBeGreaterThan(0.75);
        expect(told).toBeLessThan(1.25);
        expect(trend.lowBytesPerDay).toBeLessThanOrEqual(trend.bytesPerDay);
        expect(trend.highBytesPerDay).toBeGreaterThanOrEqual(trend.bytesPerDay);
      });
    }
  }

  test("that only goes up and down is not told", () => {
    let told = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = chance(seed);
      const noise = [
        looks(21, 6, () => 10 * GiB + GiB * random.normal()),
        looks(14, 3, (each) => 10 * GiB + GiB * Math.sin(each * 2 * Math.PI) + 0.1 * GiB * random.normal()),
        looks(28, 12, (each) => 10 * GiB + (each % 7) * GiB + 0.1 * GiB * random.normal()),
        looks(14, 6, (each) => 10 * GiB + (each > 9 ? 5 * GiB : 0) + 0.1 * GiB * random.normal()),
        looks(14, 6, () => 10 * GiB),
      ];
      told += noise.filter((each) => typeof trendOf(each) !== "string").length;
    }
    expect(told).toBeLessThanOrEqual(1);
  });

  test("that wanders without aim is seldom taken for one that fills", () => {
    let told = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = chance(seed);
      let used = 50 * GiB;
      const trend = trendOf(looks(21, 3, () => (used += 0.1 * GiB * random.normal())));
      if (typeof trend !== "string" && trend.fullIn !== null) told++;
    }
    expect(told).toBeLessThanOrEqual(10);
  });

  test("needs days and looks", () => {
    expect(trendOf([])).toBe("few");
    expect(trendOf(looks(1, 1, (each) => each * GiB))).toBe("few");
    expect(trendOf(looks(6, 24, (each) => each * GiB))).toBe("few");
  });

  test("says how soon, and nothing of a time that is too far away", () => {
    const soon = trendOf(looks(20, 6, (each) => 100 * GiB + each * 4 * GiB)) as Trend;
    expect((soon.fullIn?.seconds ?? 0) / day).toBeCloseTo(5, 5);
    expect(render(trendWords(soon))).toBe("fills at 4 GiB a day, full in about 5 days (5 to 5 days)");
    expect(render(trendWords(soon), "zh-cn")).toContain("约 5 天后写满");
    const far = trendOf(looks(4, 6, (each) => 10 * GiB + each * GiB)) as Trend;
    expect(far.fullIn).toBeNull();
    expect(render(trendWords(far))).toBe("fills at 1 GiB a day");
    const emptier = trendOf(looks(20, 6, (each) => 100 * GiB - each * GiB)) as Trend;
    expect(render(trendWords(emptier))).toBe("gets emptier by 1 GiB a day");
  });

  test("does not depend on the order, and grows with what is multiplied", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 64 }), (seed, factor) => {
        const random = chance(seed);
        const rate = random.normal() * GiB;
        const series = looks(14, 6, (each) => 90 * GiB + each * rate + 0.1 * GiB * random.normal());
        const trend = trendOf(series);
        const mixed = [...series].sort((a, b) => (a.at % 7919) - (b.at % 7919));
        expect(trendOf(mixed)).toEqual(trend);
        const bigger = series.map((each) => ({ ...each, usedBytes: each.usedBytes * factor }));
        const other = trendOf(bigger);
        if (typeof trend === "string") expect(other).toBe(trend);
        else expect((other as Trend).bytesPerDay / trend.bytesPerDay / factor).toBeCloseTo(1, 6);
      }),
      { numRuns: 60 },
    );
  });

  test("of anything is a number or nothing", () => {
    const value = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const one = fc.record({
      at: fc.integer({ min: 0, max: 2 ** 33 }),
      guest: fc.constant("web"),
      image: fc.constant("x"),
      usedBytes: value,
      availableBytes: value,
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), (samples) => {
        const trend = trendOf(samples);
        if (typeof trend === "string") return;
        const { fullIn } = trend;
        const numbers = [trend.bytesPerDay, trend.lowBytesPerDay, trend.highBytesPerDay, trend.overSeconds];
        expect(numbers.every(Number.isFinite)).toBe(true);
        if (fullIn === null) return;
        expect(fullIn.soonest).toBeGreaterThanOrEqual(0);
        expect(fullIn.soonest).toBeLessThanOrEqual(fullIn.seconds);
        expect(fullIn.latest).toBeGreaterThanOrEqual(fullIn.seconds);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the sparkline", () => {
  test("goes from the first look to the last, between nothing and all", () => {
    const rising = looks(10, 24, (each) => (capacity * each) / 10);
    expect(sparkline(rising, 10)).toBe("\u2581\u2582\u2583\u2584\u2585\u2585\u2586\u2587\u2588\u2588");
    expect(sparkline([], 10)).toBe("");
    expect(sparkline(rising.slice(0, 1), 10)).toBe("");
    expect(shares(rising, 40)).toHaveLength(40);
    expect(Math.max(...shares(rising, 40))).toBe(1);
  });
});
