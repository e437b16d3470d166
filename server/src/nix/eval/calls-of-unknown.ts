import type { Node } from "../syntax/ast.ts";
import type { Place, Thunk, Unknown } from "./value.ts";

/**
 * What functions that are not known were called with, as far as it may be the modules of a machine: a set that is written
 * at the call and has `modules`. Nothing else is kept, so that no argument outlives its call without need.
 */
export class CallsOfUnknown {
  readonly #arguments = new WeakMap<Unknown, Thunk>();

  note(result: Unknown, argument: Thunk): void {
    if (givesModules(argument.at)) this.#arguments.set(result, argument);
  }

  /** The argument of the call that an unknown value came out of; null: of none that was noted. */
  argumentBehind(value: Unknown): Thunk | null {
    for (let at = value; ; at = at.why.of) {
      const argument = this.#arguments.get(at);
      if (argument) return argument;
      if (at.why.reason !== "input") return null;
    }
  }
}

function givesModules(place: Place): boolean {
  if (place === null || !("kind" in place)) return false;
  const set: Node = place;
  return (
    set.kind === "attrs" &&
    set.bindings.some((binding) => {
      const names = binding.kind === "inherit" ? binding.names : binding.path.slice(0, 1);
      return names.some((name) => name.kind === "identifier" && name.name === "modules");
    })
  );
}
