import { type AttributesValue, type Place, placeSpan, type Thunk } from "../nix/eval/value.ts";
import { type Evaluation, evaluationOf } from "../nix/modules/evaluate.ts";
import { type Guest, known } from "./model.ts";
import { runnerBehind } from "./schema/runner.ts";

/** Something that `nix run` starts or `nix build` makes: an attribute of `packages.<system>` or `apps.<system>`. */
export interface Offer {
  /** `packages` or `apps`. */
  readonly output: string;
  readonly system: string;
  readonly name: string;
  readonly thunk: Thunk;
  readonly at: Place;
}

/** Volumes do not depend on the system, as a rule: of several systems that offer the same name, the first one tells. */
const systems = ["x86_64-linux", "aarch64-linux", "aarch64-darwin", "x86_64-darwin"];
const most = 1000;

/** What the flake offers, each name once, `default` after the names that it repeats. */
export function offersOf(outputs: AttributesValue): Offer[] {
  const offers = new Map<string, Offer>();
  for (const output of ["packages", "apps"]) {
    const bySystem = outputs.entries.get(output)?.thunk.force();
    if (bySystem?.type !== "attrs") continue;
    for (const system of systems) {
      const set = bySystem.entries.get(system)?.thunk.force();
      if (set?.type !== "attrs") continue;
      for (const [name, { thunk, at }] of set.entries) {
        const key = `${output}.${name}`;
        if (!offers.has(key)) offers.set(key, { output, system, name, thunk, at });
      }
    }
  }
  return [...offers.values()]
    .sort((a, b) => Number(a.name === "default") - Number(b.name === "default"))
    .slice(0, most);
}

/**
 * The configuration of the guest that this runs: its `microvm.declaredRunner`, or a program in it. A package that wraps a
 * runner is not looked into.
 */
export function guestOffered({ output, thunk }: Offer): Evaluation | null {
  const value = thunk.force();
  const program = output === "apps" && value.type === "attrs" ? value.entries.get("program")?.thunk.force() : undefined;
  const config = runnerBehind(program ?? value);
  return (config && evaluationOf(config)) ?? null;
}

/** Guests without those that only are offered under a second name, or run as something else, too. */
export function withoutRepetitions(guests: readonly Guest[]): Guest[] {
  if (!guests.some(({ nameFrom }) => nameFrom === "packages")) return [...guests];
  const all = guests.map((guest) => ({ guest, machine: machineOf(guest) }));
  const seen = new Set(all.flatMap(({ guest, machine }) => (guest.nameFrom === "packages" ? [] : [machine])));
  return all.flatMap(({ guest, machine }) => {
    if (guest.nameFrom !== "packages") return [guest];
    if (seen.has(machine)) return [];
    seen.add(machine);
    return [guest];
  });
}

/** The same for two readings of one configuration. */
function machineOf({ hostName, modules, volumes }: Guest): string {
  const places = modules.map((module) => {
    const span = placeSpan(module);
    return span ? `${span.file}:${span.start}` : "";
  });
  return JSON.stringify([known(hostName), places, volumes.map((v) => [known(v.image), known(v.sizeMiB)])]);
}
