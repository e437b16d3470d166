import type { Probe } from "../disk/facts.ts";
import { createLocalProbe } from "../disk/local/probe-local.ts";
import { createSshProbe } from "../disk/remote/probe-ssh.ts";
import { createSnapshotProbe } from "../disk/snapshot/probe-snapshot.ts";
import type { HostSetting } from "./settings.ts";

/** The way to look at one host of the settings. Makes no contact yet. */
export function createProbe(setting: HostSetting): Probe {
  const { name: host, via } = setting;
  if (via === "local") return createLocalProbe({ host });
  if ("ssh" in via) return createSshProbe({ host, destination: via.ssh });
  return createSnapshotProbe({ host, file: via.snapshot });
}
