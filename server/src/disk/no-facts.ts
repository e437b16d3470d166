import type { HostFacts, Observed, ProbeRequest } from "./facts.ts";

/** The facts of a host of which nothing could be learned, for one reason. */
export function noFacts(
  host: string,
  request: ProbeRequest,
  why: Extract<Observed<never>, { state: "unreadable" }>,
  nowMs: number,
): HostFacts {
  return {
    host,
    stateDir: request.stateDir,
    takenAtMs: nowMs,
    stateDirectory: why,
    freeBytes: why,
    totalBytes: why,
    guests: [],
    images: new Map(request.paths.map((path) => [path, why])),
    directories: new Map(request.directories.map((path) => [path, why])),
    space: new Map(),
    microvmUser: why,
  };
}
