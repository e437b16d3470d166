import { grouped, type Past } from "./keeper.ts";
import type { Sample } from "./samples.ts";
import { hostsIn, readFolder } from "./store.ts";
import { trendOf } from "./trend.ts";

/** What is remembered of the volumes of one host; `host` null: the folder does not say which. */
export interface HostPasts {
  readonly host: string | null;
  readonly volumes: readonly { readonly guest: string; readonly image: string; readonly past: Past }[];
}

/**
 * Everything that a folder remembers: of the host that it is about (`metrics --history`), or of all hosts that have a folder
 * in it (the editor's). Volumes that are full soonest come first. Throws `HistoryProblem`.
 */
export function pastsIn(folder: string): readonly HostPasts[] {
  const places = [{ host: null, folder }, ...hostsIn(folder)];
  return places
    .map(({ host, folder: own }) => ({ host, volumes: volumesOf(readFolder(own)) }))
    .filter(({ volumes }) => volumes.length > 0);
}

function volumesOf(samples: readonly Sample[]): HostPasts["volumes"] {
  return [...grouped(samples).values()]
    .flatMap((own) => {
      const [first] = own;
      return first ? [{ guest: first.guest, image: first.image, past: { samples: own, trend: trendOf(own) } }] : [];
    })
    .sort((a, b) => secondsLeft(a.past) - secondsLeft(b.past) || a.guest.localeCompare(b.guest));
}

function secondsLeft({ trend }: Past): number {
  return typeof trend === "string" ? Number.MAX_VALUE : (trend.fullIn?.seconds ?? Number.MAX_VALUE);
}
