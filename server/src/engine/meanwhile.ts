import type { Declarations } from "../microvm/model.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import { createContext } from "./context.ts";
import type { Snapshot } from "./engine.ts";

const nothing: Declarations = { hosts: [], guests: [], problems: [], complete: false, microvmInputs: [] };

/**
 * What can be said before a snapshot of now is there: the last one, on the texts that were parsed last. A place that was
 * edited since is none of its nodes any more, so that nothing old is told of it; what other places say may be old. There is
 * nothing to be done about what is known by half.
 */
export function meanwhile(last: Snapshot | null, parsed: (file: string) => SyntaxTree | null): Snapshot {
  const isOurs = (file: string) => parsed(file) !== null;
  const view = last ?? {
    declarations: nothing,
    hosts: [],
    context: createContext(nothing, [], parsed),
    files: [],
    notJudged: () => ({
      items: [],
      counts: { volumes: 0, guests: 0, hosts: 0 },
      ofVolume: () => [],
      ofGuest: () => [],
    }),
  };
  return Object.freeze({
    ...view,
    context: { ...view.context, tree: parsed, isOurs },
    findings: [],
    tree: parsed,
    fixes: () => [],
    outdated: true,
  });
}
