import type { AttributesValue, Unknown, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import type { World } from "../world.ts";
import { nixosSystem } from "./nixos-system.ts";

/**
 * What a machine may be whose builder is a function that is not known, as of a library of another flake: it was given
 * `modules`, and those are the machine's, with whatever the builder adds. Null where it was given none, or where that
 * cannot be read.
 */
export function possibleSystem(world: World, system: Unknown): Value | null {
  const given = world.evaluator.argumentBehind(system)?.force();
  if (given?.type !== "attrs") return null;
  const modules = given.entries.get("modules")?.thunk.force();
  if (modules?.type !== "list") return null;
  const entries = new Map(given.entries);
  entries.set("modules", { thunk: ready({ ...modules, rest: modules.rest ?? system }), at: null });
  const args: AttributesValue = { ...given, entries };
  return nixosSystem(world, args);
}
