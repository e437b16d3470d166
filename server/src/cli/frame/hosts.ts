import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { verbatim } from "../../base/text.ts";
import type { Probe } from "../../disk/facts.ts";
import { factsFromJson } from "../../disk/snapshot/deserialize.ts";
import { createSnapshotProbe } from "../../disk/snapshot/probe-snapshot.ts";
import { createProbe } from "../../engine/probes.ts";
import type { HostSetting } from "../../engine/settings.ts";
import { type Arguments, CannotDo, list, type Terminal, UsageError, word } from "./command.ts";
import { problems } from "./problems.ts";
import { systemWords } from "./system-words.ts";

/** The options of every command that looks at disks. */
export const hostOptions = {
  "state-dir": { type: "string" },
  host: { type: "string", multiple: true },
  snapshot: { type: "string", multiple: true },
} as const;

export const hostHelp = `
  --state-dir DIR     where the images are; default: microvm.stateDir of the host, else /var/lib/microvms
  --host NAME         look at this host over ssh (repeatable); \`local\` is this machine
  --snapshot FILE     look at what \`microvm-lens scan --json\` printed on a host (repeatable)`;

/** The hosts that were named, and how they are looked at. */
export interface NamedHosts {
  readonly settings: readonly HostSetting[];
  /** Answers for snapshots with what was read of them: a pipe can be read once only. */
  createProbe(setting: HostSetting): Probe;
}

/** The hosts to look at; none is this machine. Throws {@link CannotDo} where a snapshot cannot be read. */
export function hostsOf(args: Arguments, terminal: Terminal): NamedHosts {
  const stateDir = word(args, "state-dir");
  const texts = new Map<HostSetting, string>();
  for (const file of list(args, "snapshot")) {
    const path = resolve(terminal.cwd, file);
    for (const { host, text } of snapshotsIn(path, printable(file))) {
      texts.set({ name: host, via: { snapshot: path } }, text);
    }
  }
  const named = list(args, "host").map((destination): HostSetting => {
    if (destination === "local") return { name: hostname(), via: "local" };
    // A word that begins with a dash would be an option of ssh.
    if (destination === "" || destination.startsWith("-")) {
      throw new UsageError(problems.hostName({ value: printable(destination) }));
    }
    const name = destination.replace(/^.*@/, "");
    return { name, via: { ssh: destination }, ...(stateDir === undefined ? {} : { stateDir }) };
  });
  return {
    settings: [...named, ...texts.keys()],
    createProbe: (setting) => {
      const text = texts.get(setting);
      const { name: host, via } = setting;
      if (text === undefined || typeof via !== "object" || !("snapshot" in via)) return createProbe(setting);
      return createSnapshotProbe({ host, file: via.snapshot, text });
    },
  };
}

/** The snapshots in a file, one or, as `scan` prints several hosts, one a line, with their hosts' names. */
function snapshotsIn(path: string, shown: string): { readonly host: string; readonly text: string }[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CannotDo(problems.at({ name: shown, problem: systemWords(error) }));
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const each = lines.length > 1 && lines.every((line) => line.startsWith("{") && isJson(line)) ? lines : [text];
  return each.map((one) => {
    const facts = factsFromJson(one);
    if (typeof facts === "string")
      throw new CannotDo(
        problems.at({ name: shown, problem: problems.notSnapshot({ why: verbatim(printable(facts)) }) }),
      );
    return { host: facts.host, text: one };
  });
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
