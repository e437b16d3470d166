import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { printable } from "../base/printable.ts";
import type { HostSetting } from "../engine.ts";
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

/** The hosts to look at; none is this machine. */
export function hostSettings(args: Arguments, terminal: Terminal): HostSetting[] {
  const stateDir = word(args, "state-dir");
  const snapshots = list(args, "snapshot").map((file): HostSetting => {
    const path = resolve(terminal.cwd, file);
    return { name: snapshotHost(path, printable(file)), via: { snapshot: path } };
  });
  const named = list(args, "host").map((destination): HostSetting => {
    if (destination === "local") return { name: hostname(), via: "local" };
    // A word that begins with a dash would be an option of ssh.
    if (destination === "" || destination.startsWith("-")) {
      throw new UsageError(problems.hostName({ value: printable(destination) }));
    }
    const name = destination.replace(/^.*@/, "");
    return { name, via: { ssh: destination }, ...(stateDir === undefined ? {} : { stateDir }) };
  });
  return [...named, ...snapshots];
}

/** The host's name in a snapshot, which is where it says which guests it is about. */
function snapshotHost(path: string, shown: string): string {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const problem = error instanceof SyntaxError ? problems.notJson() : systemWords(error);
    throw new CannotDo(problems.at({ name: shown, problem }));
  }
  const host = typeof document === "object" && document !== null && "host" in document ? document.host : undefined;
  if (typeof host !== "string") throw new CannotDo(problems.at({ name: shown, problem: problems.notSnapshot() }));
  return host;
}
