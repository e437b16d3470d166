/** How full a volume was at one time. Bytes; null: not known. */
export interface Sample {
  /** Seconds since 1970. */
  readonly at: number;
  readonly guest: string;
  readonly image: string;
  readonly usedBytes: number | null;
  readonly availableBytes: number | null;
}

/** One sample of each volume an hour for a week, and one a day for a year: less than 5 MB for 100 volumes. */
export const kinds = {
  hours: { everySeconds: 3600, keepSeconds: 7 * 86_400 },
  days: { everySeconds: 86_400, keepSeconds: 366 * 86_400 },
} as const;
export type HistoryKind = keyof typeof kinds;

/** Longer histories are not read: nothing that we wrote is. */
export const longestHistory = 64 << 20;

/** Reads the lines of a history. A line that is none (a newer version's, a damaged one) is left out. */
export function readHistory(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => sampleIn(line) ?? []);
}

function sampleIn(line: string): Sample | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(value)) return null;
  const [at, guest, image, usedBytes, availableBytes] = value as unknown[];
  const isSize = (each: unknown): each is number | null => each === null || Number.isSafeInteger(each);
  if (!Number.isSafeInteger(at) || typeof guest !== "string" || typeof image !== "string") return null;
  if (!isSize(usedBytes) || !isSize(availableBytes)) return null;
  return { at: at as number, guest, image, usedBytes, availableBytes };
}

export function historyText(samples: readonly Sample[]): string {
  return samples
    .map((each) => [each.at, each.guest, each.image, each.usedBytes, each.availableBytes])
    .map((each) => `${JSON.stringify(each)}\n`)
    .join("");
}

/**
 * The history with the samples of now. What is too old goes; a volume that was looked at since the last full hour or day is
 * not written down again. Null: nothing changes. A sample from the future (a clock that was wrong) goes, too.
 */
export function withSamples(
  before: readonly Sample[],
  now: readonly Sample[],
  atSeconds: number,
  kind: HistoryKind,
): readonly Sample[] | null {
  const { everySeconds, keepSeconds } = kinds[kind];
  const kept = before.filter(({ at }) => at > atSeconds - keepSeconds && at <= atSeconds + everySeconds);
  const last = new Map<string, number>();
  for (const each of kept) last.set(keyOf(each), Math.max(each.at, last.get(keyOf(each)) ?? 0));
  const slot = (at: number) => Math.floor(at / everySeconds);
  const added = now.filter((each) => slot(last.get(keyOf(each)) ?? 0) < slot(atSeconds));
  return added.length === 0 && kept.length === before.length ? null : [...kept, ...added];
}

/** Samples and days that a straight line needs. */
const fewest = 6;
const shortestSeconds = 2 * 86_400;
/** What was longer ago says little of now. */
const lookBackSeconds = 21 * 86_400;

/**
 * Seconds until a volume is full if it goes on as in the last three weeks (least squares over what was used); null: it does
 * not get fuller, or this cannot be said.
 */
export function fullInSeconds(history: readonly Sample[], now: Sample): number | null {
  const { availableBytes } = now;
  if (availableBytes === null || now.usedBytes === null) return null;
  const own = [...history, now].filter(
    (each) => keyOf(each) === keyOf(now) && each.at > now.at - lookBackSeconds && each.at <= now.at,
  );
  const points = own.flatMap(({ at, usedBytes }) => (usedBytes === null ? [] : [{ x: at - now.at, y: usedBytes }]));
  const first = Math.min(...points.map(({ x }) => x));
  if (points.length < fewest || -first < shortestSeconds) return null;
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const spread = mean((point) => (point.x - x) ** 2);
  const slope = spread === 0 ? 0 : mean((point) => (point.x - x) * (point.y - y)) / spread;
  return slope <= 0 ? null : availableBytes / slope;
}

function keyOf({ guest, image }: Sample): string {
  return `${guest}\0${image}`;
}
