import type { Forecast } from "./forecast.ts";
import type { Happened, HappenedVolume } from "./observe.ts";

/** One sentence of the forecast that did not come true, or that is not known. */
export interface Difference {
  readonly volume: number | null;
  readonly said: string;
  readonly came: string;
  readonly course: string;
  readonly detail: string;
}

/** Compares word for word; a definite word must come true in every course. */
export function differences(forecast: Pick<Forecast, "guest" | "volumes">, all: readonly Happened[]): Difference[] {
  if (forecast.volumes.some(({ may }) => may)) return [];
  return all.flatMap((happened) => {
    const found: Difference[] = [];
    const { course, why } = happened;
    if (forecast.guest !== null && forecast.guest !== "unknown" && starts(forecast.guest) !== starts(happened.guest)) {
      found.push({ volume: null, said: forecast.guest, came: happened.guest, course, detail: why });
    }
    const isBlamed = (index: number) =>
      forecast.volumes.some(({ word }, at) => at !== index && ["no-start", "share", "unknown"].includes(word));
    for (const [index, volume] of happened.volumes.entries()) {
      const said = forecast.volumes[index];
      if (said === undefined) found.push({ volume: index, said: "nothing", came: volume.word, course, detail: why });
      else if (said.word !== "unknown" && !fits(said.word, volume, isBlamed(index))) {
        found.push({ volume: index, said: said.word, came: volume.word, course, detail: `${said.reason} | ${why}` });
      }
    }
    return found;
  });
}

function starts(word: string): boolean {
  return word !== "does-not-start";
}

/**
 * Whether a word is true of what happened. Where the forecast says that another volume keeps the guest from starting, a
 * volume's word is what would have come of it alone.
 */
function fits(said: string, { word, also, otherwise }: HappenedVolume, blamed: boolean): boolean {
  if (said === word || also.includes(said)) return true;
  if (word === "formatted") return said === "create" || said === "recreate";
  return word === "no-start" && blamed && (otherwise === null || said === otherwise);
}

/** The shape of a disagreement, for counting: `reuse → no-start`. */
export function kindOf({ said, came, volume }: Difference): string {
  return `${volume === null ? "guest " : ""}${said} → ${came}`;
}
