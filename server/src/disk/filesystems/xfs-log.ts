import type { Reading } from "../bytes.ts";
import type { FilesystemFacts } from "../facts.ts";

/** Placeholder until the log is read. */
// biome-ignore lint/correctness/useYield: it will read the log.
export function* refineXfs(_head: Uint8Array, facts: FilesystemFacts, _diskBytes: number): Reading<FilesystemFacts> {
  return facts;
}
