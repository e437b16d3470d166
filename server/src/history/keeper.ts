import type { HostFacts } from "../disk/facts.ts";
import { type Located, samplesOn } from "./declared.ts";
import { keyOf, kinds, type Sample } from "./samples.ts";
import { folderOfHost, HistoryProblem, readFolder, record } from "./store.ts";
import { type NoTrend, type Trend, trendOf } from "./trend.ts";

/** What is remembered of one volume, oldest first, and which way it goes. */
export interface Past {
  readonly samples: readonly Sample[];
  readonly trend: Trend | NoTrend;
}

/** Asks for the past of a volume by its host, its guest and the path of its image; null: nothing is remembered. */
export type PastOf = (host: string, guest: string, path: string) => Past | null;

interface HostHistory {
  samples: ReadonlyMap<string, readonly Sample[]>;
  /** What was looked at last, recorded or not. */
  latest: ReadonlyMap<string, Sample>;
  facts: HostFacts | null;
  readonly pasts: Map<string, Past>;
}

/** The histories of the hosts that are looked at: in memory, and in a folder for each host. */
export class HistoryKeeper {
  readonly #folder: string;
  readonly #hosts = new Map<string, HostHistory>();
  /** What is to be written down, by host. */
  readonly #due = new Map<string, readonly Sample[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Takes in what was seen of the declared volumes. True: something is to be written down, which {@link keep} does; once an
   * hour for each host at most. Throws {@link HistoryProblem} where what was remembered cannot be read; what was seen
   * counts all the same.
   */
  note(located: Located): boolean {
    let problem: HistoryProblem | null = null;
    for (const facts of located.hosts) {
      const known = this.#hosts.get(facts.host);
      if (known?.facts === facts) continue;
      const samples = samplesOn(facts, located);
      const host = known ?? { samples: new Map(), latest: new Map(), facts: null, pasts: new Map() };
      this.#hosts.set(facts.host, host);
      host.facts = facts;
      host.latest = new Map(samples.map((each) => [keyOf(each), each]));
      host.pasts.clear();
      try {
        if (known === undefined) host.samples = grouped(this.#read(facts.host));
      } catch (error) {
        if (!(error instanceof HistoryProblem)) throw error;
        problem = error;
      }
      if (samples.some((each) => slotOf(each) > slotOf(lastOf(host, each)))) this.#due.set(facts.host, samples);
    }
    if (problem) throw problem;
    return this.#due.size > 0;
  }

  /** Writes down what is due. Throws {@link HistoryProblem}. */
  keep(): void {
    for (const [name, samples] of this.#due) {
      this.#due.delete(name);
      const folder = folderOfHost(this.#folder, name);
      const host = this.#hosts.get(name);
      if (folder === null || !host) continue;
      host.samples = grouped(record(folder, samples, Math.floor(Date.now() / 1000), "owner"));
      host.pasts.clear();
    }
  }

  readonly past: PastOf = (host, guest, path) => {
    const history = this.#hosts.get(host);
    if (!history) return null;
    const key = keyOf({ guest, image: path });
    const before = history.pasts.get(key);
    if (before) return before;
    const latest = history.latest.get(key);
    const recorded = history.samples.get(key) ?? [];
    const samples = latest === undefined || recorded.at(-1)?.at === latest.at ? recorded : [...recorded, latest];
    if (samples.length === 0) return null;
    const past = { samples, trend: trendOf(samples) };
    history.pasts.set(key, past);
    return past;
  };

  #read(host: string): readonly Sample[] {
    const folder = folderOfHost(this.#folder, host);
    return folder === null ? [] : readFolder(folder);
  }
}

/** Each volume's samples by {@link keyOf}, oldest first, none twice. */
export function grouped(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const found = new Map<string, Map<number, Sample>>();
  for (const each of samples) {
    const key = keyOf(each);
    const own = found.get(key) ?? new Map<number, Sample>();
    found.set(key, own.set(each.at, each));
  }
  return new Map([...found].map(([key, own]) => [key, [...own.values()].sort((a, b) => a.at - b.at)]));
}

function lastOf({ samples }: HostHistory, sample: Sample): Sample | undefined {
  return samples.get(keyOf(sample))?.at(-1);
}

/** Which hour a sample is of; none is before all. */
function slotOf(sample: Sample | undefined): number {
  return sample === undefined ? -1 : Math.floor(sample.at / kinds.hours.everySeconds);
}
