import type { Declared, DeclaredGuest } from "../declared/file.ts";
import { declarationsOf, hostNameOf, type ScriptReader } from "../declared/guests.ts";
import type { Probe } from "../disk/facts.ts";
import { hasScripts } from "../forecast/host/before-start.ts";
import type { Guest } from "../microvm/model.ts";
import type { ShellParser } from "../shell/syntax/parser.ts";
import { createContext } from "./context.ts";
import type { Snapshot } from "./engine.ts";
import { notJudged } from "./not-judged.ts";
import { requestFor } from "./requests.ts";

/** What a host's configuration declares as real Nix evaluated it, beside what is on that host's disk. */
export interface DeclaredSnapshot extends Pick<Snapshot, "declarations" | "hosts" | "context" | "notJudged" | "tree"> {
  /** The guest as the file has it. */
  declaredOf(guest: Guest): DeclaredGuest;
}

/** What a look at the declared guests of one host needs of its surroundings. */
export interface Surroundings {
  createProbe(host: string): Probe;
  readonly loadShell: () => Promise<ShellParser>;
  readonly scripts: ScriptReader;
}

/** Looks at the disk of the host of the declared guests, once. */
export async function lookAtDeclared(declared: Declared, surroundings: Surroundings): Promise<DeclaredSnapshot> {
  const declarations = declarationsOf(declared, surroundings.scripts);
  const name = hostNameOf(declared);
  const setting = { name, via: "local" } as const;
  const shell = hasScripts(declarations) ? await surroundings.loadShell() : null;
  const request = requestFor(setting, [setting], declarations, declared.stateDir, shell);
  const probe = surroundings.createProbe(name);
  const facts = await probe.observe(request);
  const tree = () => null;
  const context = createContext(declarations, [{ setting, facts }], tree, new WeakMap(), shell);
  const byGuest = new Map(declarations.guests.map((guest, index) => [guest, declared.guests[index] as DeclaredGuest]));
  return {
    declarations,
    hosts: [facts],
    context,
    notJudged: () => notJudged(declarations, context, [{ setting, via: "local", facts }], true),
    tree,
    declaredOf: (guest) => byGuest.get(guest) as DeclaredGuest,
  };
}
