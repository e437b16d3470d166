import { reasons } from "../reasons.ts";
import type { Place } from "../script.ts";
import type { Context, World } from "../state/world.ts";
import { withStatus } from "./call.ts";
import type { Runner } from "./runner.ts";

/** How many rounds of a loop are followed, and how many that are not decided. */
export const mostRounds = 500;
const mostUndecided = 10;

/** Rounds until every world has left the loop, or comes to where it was before. */
export function loop(
  runner: Runner,
  bounded: (worlds: readonly World[]) => readonly World[],
  world: World,
  context: Context,
  place: Place,
  test: (world: World) => readonly { readonly world: World; readonly goesOn: boolean }[],
  body: (world: World) => readonly World[],
): readonly World[] {
  const done: World[] = [];
  let going: readonly World[] = [withStatus(world, 0)];
  const seen: World[] = [];
  let undecided = 0;
  for (let round = 0; going.length > 0; round++) {
    if (round > mostRounds || undecided > mostUndecided) {
      done.push(...going.map((each) => runner.lost(each, context, place, reasons.tooLong())));
      break;
    }
    const next: World[] = [];
    for (const each of going) {
      if (seen.some((before) => sameState(before, each))) continue;
      if (seen.length < 40) seen.push(each);
      const status = round === 0 ? 0 : each.status;
      const tested = test(each);
      if (tested.length > 1) undecided++;
      for (const one of tested) {
        if (one.world.flow) done.push(leaving(one.world));
        else if (!one.goesOn) done.push(withStatus(one.world, status));
        else {
          for (const after of body(one.world)) {
            const left = afterRound(after);
            if (left.ends) done.push(left.world);
            else next.push(left.world);
          }
        }
      }
    }
    going = bounded(next);
  }
  return bounded(done);
}

function leaving(world: World): World {
  return afterRound(world).world;
}

/** A round of a loop ended: `break` and `continue` are used up, other flow leaves the loop. */
export function afterRound(world: World): { readonly world: World; readonly ends: boolean } {
  const { flow } = world;
  if (!flow) return { world, ends: false };
  if (flow.is === "break" || flow.is === "continue") {
    if (flow.levels > 1) return { world: { ...world, flow: { ...flow, levels: flow.levels - 1 } }, ends: true };
    return { world: { ...world, flow: null }, ends: flow.is === "break" };
  }
  return { world, ends: true };
}

/** Nothing that a further round sees differs. */
function sameState(a: World, b: World): boolean {
  if (a.cwd !== b.cwd || a.out !== b.out || a.input !== b.input || a.functions !== b.functions) return false;
  if (a.args !== b.args || a.exitTrap !== b.exitTrap || a.options !== b.options) return false;
  return sameVariables(a.variables, b.variables) && a.files.same(b.files);
}

function sameVariables(a: World["variables"], b: World["variables"]): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (value !== other && JSON.stringify(value) !== JSON.stringify(other)) return false;
  }
  return true;
}
