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
    `${results.filter(({ forecast }) => forecast.volumes.some(({ may }) => may)).length} worlds with a "may", which count for nothing`,
    `came: ${counted(words)}`,
    `guests: ${counted(results.flatMap(({ happened }) => happened.map(({ guest }) => guest)))}`,
    `unknown because:\n${table(unknown.map(({ reason }) => reason))}`,
    `${results.flatMap(({ fixes }) => fixes).length} fixes tried, ${results.flatMap(({ fixes }) => fixes).filter(({ played }) => played).length} played; wrong:\n${table(results.flatMap(({ fixes }) => fixes.filter(({ wrong }) => wrong.length > 0).map(({ rule, id, wrong }) => `${rule} ${id}: ${wrong[0]?.slice(0, 40)}`)))}`,
    `contradictions:\n${table(results.flatMap((each) => each.contradictions))}`,
    `not as forecast:\n${table(wrong.flatMap(({ differences }) => [...new Set(differences.map(kindOf))]))}`,
  ].join("\n");
}

/** Whether anything of a world is not as it was said. */
export function isWrong({ differences, contradictions, fixes }: Result): boolean {
  return differences.length + contradictions.length > 0 || fixes.some(({ wrong }) => wrong.length > 0);
}

/** One world that did not come true, for people. */
export function complaint({ world, forecast, differences, happened, contradictions, fixes }: Result): string {
  const lines = differences.map(
    ({ volume, said, came, course, detail }) =>
      `  ${volume === null ? "guest" : `volume ${volume}`}: said ${said}, came ${came} (${course}): ${detail}`,
  );
  const fixed = fixes.flatMap(({ rule, id, title, wrong }) =>
    wrong.map((each) => `  fix ${rule} ${id} (${title}): ${each}`),
  );
  const said = forecast.volumes.map(({ word }) => word).join(", ");
  const came = happened.map(
    ({ course, guest, volumes }) =>
      `${course}: ${guest} ${volumes.map(({ word, onHost }) => `${word}/${onHost}`).join(", ")}`,
  );
  return `SEED=${world.seed} WORLD=${world.number}\n  ${describe(world)}\n  said ${said}; came ${came.join("; ")}\n${[...new Set(lines), ...contradictions.map((each) => `  ${each}`), ...fixed].join("\n")}`;
}

/** The volumes whose outcome is unknown, with the reason and all that their world consists of. */
export function unknowns({ world, forecast }: Result): string[] {
  return forecast.volumes.flatMap(({ word, reason }, index) =>
    word === "unknown"
      ? [`SEED=${world.seed} WORLD=${world.number} volume ${index}: ${reason}\n  ${describe(world)}`]
      : [],
  );
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
