import type { Probe } from "../disk/facts.ts";
import { createLocalProbe } from "../disk/probe-local.ts";
import { createSnapshotProbe } from "../disk/probe-snapshot.ts";
import { createSshProbe } from "../disk/probe-ssh.ts";
import type { HostSetting } from "../engine.ts";

/** The way to look at one host of the settings. Makes no contact yet. */
export function createProbe(setting: HostSetting): Probe {
  const { name: host, via } = setting;
  if (via === "local") return createLocalProbe({ host });
  if ("ssh" in via) return createSshProbe({ host, destination: via.ssh });
  return createSnapshotProbe({ host, file: via.snapshot });
}
