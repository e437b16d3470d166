import type { Forecast } from "./forecast.ts";
import type { Happened } from "./observe.ts";

/** One sentence of the forecast that did not come true, or that is not known. */
export interface Difference {
  readonly volume: number | null;
  readonly said: string;
  readonly came: string;
  readonly course: string;
  readonly detail: string;
}

/** Compares word for word; a definite word must come true in every course. */
export function differences(forecast: Forecast, all: readonly Happened[]): Difference[] {
  return all.flatMap((happened) => {
    const found: Difference[] = [];
    const { course, why } = happened;
    if (forecast.guest !== null && forecast.guest !== "unknown" && starts(forecast.guest) !== starts(happened.guest)) {
      found.push({ volume: null, said: forecast.guest, came: happened.guest, course, detail: why });
    }
    for (const [index, { word, onHost }] of happened.volumes.entries()) {
      const said = forecast.volumes[index];
      if (said === undefined) found.push({ volume: index, said: "nothing", came: word, course, detail: why });
      else if (said.word !== "unknown" && !fits(said.word, word, onHost)) {
        found.push({ volume: index, said: said.word, came: word, course, detail: `${said.reason} | ${why}` });
      }
    }
    return found;
  });
}

function starts(word: string): boolean {
  return word !== "does-not-start";
}

/**
 * Whether a word is true of what happened. Where another volume, or something else, kept the guest from starting, a
 * volume's word may also be what became of its image on the host.
 */
function fits(said: string, came: string, onHost: string): boolean {
  if (said === came) return true;
  if (came === "formatted") return said === "create" || said === "recreate";
  if (came === "no-start") return said === onHost || (onHost === "absent" && said === "create");
  return false;
}

/** The shape of a disagreement, for counting: `reuse → no-start`. */
export function kindOf({ said, came, volume }: Difference): string {
  return `${volume === null ? "guest " : ""}${said} → ${came}`;
}
