import type { DiskWatch, HostFacts, Probe, ProbeRequest } from "../facts.ts";
import { observeMachine } from "../observe.ts";
import { LocalMachine } from "./local-machine.ts";
import { MachineWatch } from "./watch.ts";

/** Observes this machine. What was read is remembered by the probe: keep one for the life of the process. */
export function createLocalProbe({ host, timeLimitMs }: { host: string; timeLimitMs?: number }): Probe {
  const machine = new LocalMachine(timeLimitMs);
  return {
    host,
    async observe(request: ProbeRequest, signal?: AbortSignal): Promise<HostFacts> {
      machine.begin();
      return observeMachine(machine, request, { host, signal, nowMs: Date.now() });
    },
    watch(request: ProbeRequest, changed: () => void): DiskWatch {
      return new MachineWatch(machine, request, changed);
    },
  };
}
