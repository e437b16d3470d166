import { readdirSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { printable } from "../../base/printable.ts";
import type { Text } from "../../base/text.ts";
import { problems } from "./problems.ts";
import { nearest } from "./suggest.ts";

/** At most so many names of a folder are compared. */
const mostNames = 10_000;

/** Why a path leads nowhere: which folder on the way is missing, and what of a similar name there is. */
export function missingWords(path: string): Text {
  let missing = path;
  while (dirname(missing) !== missing && !isThere(dirname(missing))) missing = dirname(missing);
  const folder = dirname(missing);
  const other = nearest(basename(missing), namesIn(folder));
  const place = { name: printable(basename(missing)), folder: printable(folder) };
  const problem = missing === path ? problems.missing() : problems.missingFolder(place);
  return other === null ? problem : problems.didYouMean({ problem, other: printable(other) });
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).slice(0, mostNames);
  } catch {
    return [];
  }
}
