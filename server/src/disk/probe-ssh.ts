import type { HostFacts, Probe, ProbeRequest } from "./facts.ts";
import { noFacts } from "./no-facts.ts";

/** Observes a host through the user's own OpenSSH. */
export function createSshProbe({ host, destination }: { host: string; destination: string }): Probe {
  return {
    host,
    async observe(request: ProbeRequest): Promise<HostFacts> {
      const detail = `ssh to ${destination} is not built yet`;
      return noFacts(host, request, { state: "unreadable", reason: "unsupported", detail }, Date.now());
    },
  };
}
