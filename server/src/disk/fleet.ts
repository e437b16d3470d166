import type { HostFacts, Probe, ProbeRequest } from "./facts.ts";

/** Each ssh takes a process and some memory here, and none of them computes. */
const defaultAtOnce = 64;

export interface FleetOptions {
  readonly signal?: AbortSignal | undefined;
  /** How many hosts are looked at at the same time. */
  readonly atOnce?: number;
  /** Called for each host when it has answered, in the order of the answers. */
  readonly seen?: (facts: HostFacts) => void;
}

/** Observes many hosts at once; the answers come in the order of the probes. Never rejects, as probes do not. */
export async function observeFleet(
  probes: readonly Probe[],
  requestFor: (probe: Probe) => ProbeRequest,
  { signal, atOnce = defaultAtOnce, seen }: FleetOptions = {},
): Promise<readonly HostFacts[]> {
  const results: HostFacts[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < probes.length) {
      const index = next++;
      const probe = probes[index] as Probe;
      const facts = await probe.observe(requestFor(probe), signal);
      results[index] = facts;
      seen?.(facts);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, probes.length) }, work));
  return results;
}
