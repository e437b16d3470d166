import type { Node } from "../syntax/ast.ts";
import { unknown, wrongType } from "./make.ts";
import { branch, forward, fromRest, mapUndecided, pass } from "./ops.ts";
import type { With } from "./scope.ts";
import type { Unknown, Value } from "./value.ts";

/** A name that no scope binds, looked up in the `with`s from the inside out. An unknown environment hides those around it. */
export function lookUpWith(start: With | null, name: string, at: Node): Value {
  if (start === null) return unknown({ reason: "unresolved-name", name }, at);
  return mapUndecided(
    start.environment.force(),
    (environment) => {
      if (environment.type === "unknown") return pass(environment, name, at);
      if (environment.type !== "attrs") return wrongType("set", environment.type, at);
      const entry = environment.entries.get(name);
      if (entry?.conditional) {
        return branch(
          entry.conditional,
          () => entry.thunk.force(),
          () => lookUpWith(start.outer, name, at),
          at,
        );
      }
      if (entry) {
        const value = entry.thunk.force();
        return value.type === "unknown" ? forward(value, name, at) : value;
      }
      if (environment.rest === null) return lookUpWith(start.outer, name, at);
      if (isModelOfLib(environment.rest)) {
        // `with lib; with types; mkOption`: what lib.types may have beside our model is no name that lib has.
        const outer = lookUpWith(start.outer, name, at);
        if (outer.type !== "unknown") return outer;
      }
      return fromRest(environment.rest, name, name, at);
    },
    at,
  );
}

function isModelOfLib({ why }: Unknown): boolean {
  return why.reason === "unsupported" && why.what.startsWith("a name of lib");
}
