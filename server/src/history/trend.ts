import type { Sample } from "./samples.ts";

/** Which way a volume goes. Bytes and seconds. */
export interface Trend {
  /** More than 0: it gets fuller. */
  readonly bytesPerDay: number;
  /** The rate lies between these with 95 % confidence. */
  readonly lowBytesPerDay: number;
  readonly highBytesPerDay: number;
  /** Until nothing is left to services and users if it goes on like this; null: it gets emptier, or that is too far away. */
  readonly fullIn: { readonly seconds: number; readonly soonest: number; readonly latest: number } | null;
  /** Between the first and the last look that it is told from. */
  readonly overSeconds: number;
}

/** `few`: too few looks, or over too short a time. `unclear`: what was seen follows no line. */
export type NoTrend = "few" | "unclear";

/** What was longer ago says little of now. */
const lookBackSeconds = 28 * 86_400;
const shortestSeconds = 2 * 86_400;
const fewestPoints = 8;
/** Looks in one part of so many are taken together: pairs of points are compared, and an hour or a day has its ups and downs. */
const parts = 56;
/** The rate is told where it is known to 40 % of itself, and each half of the time says the same to this factor. */
const widest = 0.8;
const alike = 1.6;
/** Two days tell of a month, four weeks of a year. */
const farthest = 13;

/**
 * The trend of one volume out of its samples, in any order; the last one is what counts as now. Theil–Sen: the median of
 * the slopes between all points, which a few outliers do not move, with Sen's interval, made wider where what is left over
 * from one point to the next is alike. Pure.
 */
export function trendOf(samples: readonly Sample[]): Trend | NoTrend {
  const now = samples.reduce<Sample | null>((a, b) => (a === null || b.at >= a.at ? b : a), null);
  if (now === null) return "few";
  const recent = samples.filter(({ at }) => at > now.at - lookBackSeconds);
  const points = inParts(recent.map(({ at, usedBytes }) => ({ x: at - now.at, y: usedBytes })));
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < fewestPoints || last.x - first.x < shortestSeconds) return "few";
  const interval = slopeOf(points);
  if (interval === null) return "unclear";
  const { slope, low, high } = interval;
  const isClear = low > 0 || high < 0;
  if (!isClear || high - low > widest * Math.abs(slope) || !isSteady(points, slope)) return "unclear";
  const until = (rate: number) => now.availableBytes / rate;
  const overSeconds = last.x - first.x;
  const isNear = slope > 0 && until(slope) <= farthest * overSeconds;
  return {
    bytesPerDay: slope * 86_400,
    lowBytesPerDay: low * 86_400,
    highBytesPerDay: high * 86_400,
    fullIn: isNear ? { seconds: until(slope), soonest: until(high), latest: until(low) } : null,
    overSeconds,
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The mean of what lies in each part of the time. */
function inParts(points: readonly Point[]): readonly Point[] {
  const first = points.reduce((least, { x }) => Math.min(least, x), 0);
  const width = Math.max(1, -first / parts);
  const found = new Map<number, { x: number; y: number; count: number }>();
  for (const { x, y } of points) {
    const part = Math.floor((x - first) / width);
    const sum = found.get(part) ?? { x: 0, y: 0, count: 0 };
    found.set(part, { x: sum.x + x, y: sum.y + y, count: sum.count + 1 });
  }
  return [...found.values()].map(({ x, y, count }) => ({ x: x / count, y: y / count })).sort((a, b) => a.x - b.x);
}

/** Null: the points say nothing at that confidence. */
function slopeOf(points: readonly Point[]): { slope: number; low: number; high: number } | null {
  const slopes = slopesOf(points);
  const slope = median(slopes);
  const count = points.length;
  const again = Math.min(0.95, Math.max(0, repetition(points, slope)));
  const variance = ((count * (count - 1) * (2 * count + 5)) / 18) * ((1 + again) / (1 - again));
  const reach = 1.96 * Math.sqrt(variance);
  const low = slopes[Math.floor((slopes.length - reach) / 2)];
  const high = slopes[Math.ceil((slopes.length + reach) / 2)];
  return low === undefined || high === undefined ? null : { slope, low, high };
}

/** The slopes between all pairs, ascending. */
function slopesOf(points: readonly Point[]): Float64Array {
  const found = new Float64Array((points.length * (points.length - 1)) / 2);
  let count = 0;
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) found[count++] = (b.y - a.y) / (b.x - a.x);
  }
  return found.sort();
}

/** How alike what is left over from the line is from one point to the next (autocorrelation at lag 1). */
function repetition(points: readonly Point[], slope: number): number {
  const over = points.map(({ x, y }) => y - slope * x);
  const middle = over.reduce((sum, each) => sum + each, 0) / over.length;
  const off = over.map((each) => each - middle);
  const whole = off.reduce((sum, each) => sum + each * each, 0);
  const next = off.slice(1).reduce((sum, each, index) => sum + each * (off[index] ?? 0), 0);
  return whole === 0 ? 0 : next / whole;
}

/** Each half alone goes the same way, about as fast: a single jump is no trend. */
function isSteady(points: readonly Point[], slope: number): boolean {
  const half = Math.ceil(points.length / 2);
  return [points.slice(0, half), points.slice(-half)].every((part) => {
    const ratio = median(slopesOf(part)) / slope;
    return ratio >= 1 / alike && ratio <= alike;
  });
}

function median(sorted: Float64Array): number {
  const [a = 0, b = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (a + b) / 2;
}
