import { messages, type Text } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import type { Sample } from "./samples.ts";
import type { Trend } from "./trend.ts";

const text = messages("history", {
  fills: { en: "fills at {rate} a day", "zh-cn": "每天增长 {rate}" },
  fillsUntil: {
    en: "fills at {rate} a day, full in about {days} ({soonest} to {latest} days)",
    "zh-cn": "每天增长 {rate}，约 {days}后写满（{soonest} 至 {latest} 天）",
  },
  fillsWithin: {
    en: "fills at {rate} a day (full in {soonest} to {latest} days)",
    "zh-cn": "每天增长 {rate}（{soonest} 至 {latest} 天后写满）",
  },
  empties: { en: "gets emptier by {rate} a day", "zh-cn": "每天减少 {rate}" },
  underADay: { en: "less than a day", "zh-cn": "不到一天" },
  oneDay: { en: "1 day", "zh-cn": "1 天" },
  days: { en: "{days} days", "zh-cn": "{days} 天" },
});

/** "fills at 1.2 GiB a day, full in about 12 days (9 to 16 days)". */
export function trendWords({ bytesPerDay, fullIn }: Trend): Text {
  const rate = roughSizeWords(Math.abs(bytesPerDay));
  if (bytesPerDay < 0) return text.empties({ rate });
  if (fullIn === null) return text.fills({ rate });
  const [soonest, latest] = [Math.floor(fullIn.soonest / 86_400), Math.ceil(fullIn.latest / 86_400)];
  return text.fillsUntil({ rate, days: daysWords(fullIn.seconds), soonest, latest });
}

/** As {@link trendWords}, for where {@link daysWords} stand beside it. */
export function rateWords(trend: Trend): Text {
  const { bytesPerDay, fullIn } = trend;
  if (fullIn === null) return trendWords(trend);
  const [soonest, latest] = [Math.floor(fullIn.soonest / 86_400), Math.ceil(fullIn.latest / 86_400)];
  return text.fillsWithin({ rate: roughSizeWords(bytesPerDay), soonest, latest });
}

/** "12 days": how soon, rounded down, because it is better to be early. */
export function daysWords(seconds: number): Text {
  const days = Math.floor(seconds / 86_400);
  if (days < 1) return text.underADay();
  return days === 1 ? text.oneDay() : text.days({ days });
}

const steps = ["\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"];

/**
 * How full a volume was, as a line of blocks from the first look to the last, between nothing and all of it. Parts of the
 * time in which nobody looked show what was seen before. Empty where nothing is known.
 */
export function sparkline(samples: readonly Sample[], width: number): string {
  return shares(samples, width)
    .map((share) => steps[Math.min(steps.length - 1, Math.floor(share * steps.length))])
    .join("");
}

/** {@link sparkline} as numbers from 0 to 1: what was used of what services and users may use. */
export function shares(samples: readonly Sample[], width: number): readonly number[] {
  const known = samples.flatMap(({ at, usedBytes, availableBytes }) =>
    usedBytes + availableBytes === 0 ? [] : [{ at, share: usedBytes / (usedBytes + availableBytes) }],
  );
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || first.at === last.at) return [];
  let next = 0;
  return Array.from({ length: width }, (_, part) => {
    const until = first.at + ((last.at - first.at) * (part + 1)) / width;
    while ((known[next + 1]?.at ?? Number.POSITIVE_INFINITY) <= until) next++;
    return known[next]?.share ?? first.share;
  });
}
