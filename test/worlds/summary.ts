import { kindOf } from "./compare.ts";
import type { Result } from "./run.ts";
import { describe } from "./world.ts";

/** What a run of worlds came to: counts of outcomes, of unknowns by reason, and of disagreements by kind. */
export function summary(results: readonly Result[]): string {
  const words = results.flatMap(({ happened }) => happened.flatMap(({ volumes }) => volumes.map(({ word }) => word)));
  const said = results.flatMap(({ forecast }) => forecast.volumes);
  const unknown = said.filter(({ word }) => word === "unknown");
  const wrong = results.filter(({ differences }) => differences.length > 0);
  return [
    `${results.length} worlds, ${wrong.length} of them not as forecast; ${unknown.length} of ${said.length} volumes unknown (${percent(unknown.length, said.length)})`,
    `came: ${counted(words)}`,
    `guests: ${counted(results.flatMap(({ happened }) => happened.map(({ guest }) => guest)))}`,
    `unknown because:\n${table(unknown.map(({ reason }) => reason))}`,
    `not as forecast:\n${table(wrong.flatMap(({ differences }) => [...new Set(differences.map(kindOf))]))}`,
  ].join("\n");
}

/** One world that did not come true, for people. */
export function complaint({ world, forecast, differences, happened }: Result): string {
  const lines = differences.map(
    ({ volume, said, came, course, detail }) =>
      `  ${volume === null ? "guest" : `volume ${volume}`}: said ${said}, came ${came} (${course}): ${detail}`,
  );
  const said = forecast.volumes.map(({ word }) => word).join(", ");
  const came = happened.map(
    ({ course, guest, volumes }) =>
      `${course}: ${guest} ${volumes.map(({ word, onHost }) => `${word}/${onHost}`).join(", ")}`,
  );
  return `SEED=${world.seed} WORLD=${world.number}\n  ${describe(world)}\n  said ${said}; came ${came.join("; ")}\n${[...new Set(lines)].join("\n")}`;
}

function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([word, count]) => `${word} ${count}`)
    .join(", ");
}

function table(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([word, count]) => `${String(count).padStart(6)}  ${word}`)
    .join("\n");
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;
}
