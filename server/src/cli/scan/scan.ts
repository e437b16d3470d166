import { printable, printableJson } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import type { HostFacts, Probe } from "../../disk/facts.ts";
import { observeFleet } from "../../disk/fleet.ts";
import { factsToJson } from "../../disk/snapshot/serialize.ts";
import { defaultStateDir } from "../../microvm/schema/host.ts";
import { problems } from "../frame/problems.ts";
import { scanTable } from "./scan-table.ts";

/** Before this, nobody wonders what is going on. */
const silentMs = 1000;

export interface ScanOptions {
  readonly stateDir?: string;
  readonly json: boolean;
  /** Of messages; default: English. */
  readonly locale?: Locale;
  /** The hosts to look at. */
  readonly probes: readonly Probe[];
  readonly signal?: AbortSignal;
}

export interface ScanIo {
  stdout(text: string): void;
  stderr(text: string): void;
  readonly columns?: number;
}

/**
 * `microvm-lens scan`: what is on disk, without any configuration. One host gives one JSON document (the snapshot that
 * `--snapshot` reads), several give one document a line. Exit code 2 when a host could not be read, or has no state
 * directory there.
 */
export async function scan(options: ScanOptions, io: ScanIo): Promise<0 | 2> {
  const { probes } = options;
  const request = { stateDir: options.stateDir ?? defaultStateDir, paths: [], directories: [] };
  const startMs = performance.now();
  let done = 0;
  const progress = (facts: HostFacts): void => {
    done++;
    if (performance.now() - startMs < silentMs || probes.length < 2) return;
    io.stderr(
      `${render(problems.hostsDone({ done, all: probes.length, host: printable(facts.host) }), options.locale)}\n`,
    );
  };
  const hosts = await observeFleet(probes, () => request, { signal: options.signal, seen: progress });
  for (const facts of hosts) report(facts, options.locale, io);
  io.stdout(options.json ? json(hosts) : scanTable(hosts, io.columns ?? null, options.locale));
  return hosts.some((facts) => facts.stateDirectory.state !== "seen") ? 2 : 0;
}

function json(hosts: readonly HostFacts[]): string {
  const [only] = hosts;
  if (only !== undefined && hosts.length === 1) return `${printableJson(factsToJson(only), 2)}\n`;
  return hosts.map((facts) => `${printableJson(factsToJson(facts))}\n`).join("");
}

/** Why a host has nothing to show. */
function report({ host, stateDir, stateDirectory }: HostFacts, locale: Locale | undefined, io: ScanIo): void {
  if (stateDirectory.state === "absent") {
    const problem = problems.noStateDirectory({ path: printable(stateDir) });
    io.stderr(`${render(problems.at({ name: printable(host), problem }), locale)}\n`);
  } else if (stateDirectory.state === "unreadable") {
    io.stderr(`${printable(host)}: ${printable(stateDirectory.detail)}\n`);
  }
}
