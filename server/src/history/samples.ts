/** How full a volume was at one time, in bytes; where that was not known there is no sample. */
export interface Sample {
  /** Seconds since 1970. */
  readonly at: number;
  readonly guest: string;
  /** Path of the image on its host. */
  readonly image: string;
  readonly usedBytes: number;
  /** Left to services and users. */
  readonly availableBytes: number;
}

/** One sample of each volume an hour for a week, and one a day for a year: less than 5 MB for 100 volumes. */
export const kinds = {
  hours: { everySeconds: 3600, keepSeconds: 7 * 86_400 },
  days: { everySeconds: 86_400, keepSeconds: 366 * 86_400 },
} as const;
export type HistoryKind = keyof typeof kinds;

/** Longer histories are not read: nothing that we wrote is. */
export const longestHistory = 64 << 20;
/** Of more samples the oldest go: thousands of volumes have a shorter past, not a file without end. */
export const mostSamples = 200_000;

/**
 * Reads a history: lines `[number, guest, image]` name a volume, lines `[at, number, used, available]` say how full it was.
 * A line that is none of these (a newer version's, a damaged one) is left out, and the samples of a volume without a name.
 */
export function readHistory(text: string): readonly Sample[] {
  const volumes = new Map<number, Pick<Sample, "guest" | "image">>();
  return text.split("\n").flatMap((line) => {
    const fields = fieldsOf(line);
    const [first, second, third] = fields;
    if (fields.length === 3 && typeof second === "string" && typeof third === "string") {
      volumes.set(first as number, { guest: second, image: third });
    }
    const volume = volumes.get(second as number);
    return volume && fields.length === 4 ? (sampleIn(fields, volume) ?? []) : [];
  });
}

function fieldsOf(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function sampleIn(fields: readonly unknown[], volume: Pick<Sample, "guest" | "image">): Sample | null {
  const [at, , usedBytes, availableBytes] = fields;
  const isCount = (each: unknown): each is number => Number.isSafeInteger(each) && (each as number) >= 0;
  if (!isCount(at) || !isCount(usedBytes) || !isCount(availableBytes)) return null;
  return { at, ...volume, usedBytes, availableBytes };
}

/** What {@link readHistory} reads. Each volume is named once: most of a history would be names. */
export function historyText(samples: readonly Sample[]): string {
  const numbers = new Map<string, number>();
  const lines: string[] = [];
  for (const { at, guest, image, usedBytes, availableBytes } of samples) {
    const key = keyOf({ guest, image });
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
      lines.push(JSON.stringify([number, guest, image]));
    }
    lines.push(JSON.stringify([at, number, usedBytes, availableBytes]));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * The history with further samples. What is too old goes; a volume that was looked at in the same full hour or day is not
 * written down again, nor what is older than what is there. Null: nothing changes. A sample from the future (a clock that
 * was wrong) goes, too.
 */
export function withSamples(
  before: readonly Sample[],
  more: readonly Sample[],
  nowSeconds: number,
  kind: HistoryKind,
): readonly Sample[] | null {
  const { everySeconds, keepSeconds } = kinds[kind];
  const isKept = ({ at }: Sample) => at > nowSeconds - keepSeconds && at <= nowSeconds + everySeconds;
  const kept = before.filter(isKept);
  const last = new Map<string, number>();
  for (const each of kept) last.set(keyOf(each), Math.max(each.at, last.get(keyOf(each)) ?? 0));
  const slot = (at: number) => Math.floor(at / everySeconds);
  const added = more.filter((each) => {
    if (!isKept(each) || slot(last.get(keyOf(each)) ?? 0) >= slot(each.at)) return false;
    last.set(keyOf(each), each.at);
    return true;
  });
  if (added.length === 0 && kept.length === before.length) return null;
  return [...kept, ...added].slice(-mostSamples);
}

/** Samples of one volume belong together by this. */
export function keyOf({ guest, image }: Pick<Sample, "guest" | "image">): string {
  return `${guest}\0${image}`;
}
