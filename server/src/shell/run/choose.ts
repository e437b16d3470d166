import { expandChunks } from "../expand/expand.ts";
import { patternSource } from "../expand/patterns.ts";
import { knownText, type Value } from "../state/value.ts";
import { type Context, fork, type World } from "../state/world.ts";
import type { CaseItem } from "../syntax/tree.ts";
import type { Runner } from "./runner.ts";

/** `case`: the first item that fits, or several where it is not known which. */
export function choose(
  runner: Runner,
  items: readonly CaseItem[],
  subject: Value,
  world: World,
  context: Context,
  falls = false,
): readonly World[] {
  const [item, ...rest] = items;
  if (!item || world.flow) return [world];
  const hit = (into: World) =>
    runner.run(item.body, into, context).flatMap((after) => {
      if (after.flow || item.end === ";;") return [after];
      return choose(runner, rest, subject, after, context, item.end === ";&");
    });
  if (falls) return hit(world);
  let worlds: { world: World; matches: "yes" | "no" | "maybe" }[] = [{ world, matches: "no" }];
  for (const pattern of item.patterns) {
    worlds = worlds.flatMap((each) => {
      if (each.matches === "yes" || each.world.flow) return [each];
      return expandChunks(pattern, each.world, context, runner).map(({ world, made }) => {
        const source = patternSource(made, false);
        const text = knownText(subject);
        if (source === "[\\s\\S]*") return { world, matches: "yes" as const };
        if (source === null || text === null) return { world, matches: "maybe" as const };
        return { world, matches: new RegExp(`^(?:${source})$`).test(text) ? ("yes" as const) : each.matches };
      });
    });
  }
  return worlds.flatMap(({ world, matches }) => {
    if (matches === "yes") return hit(world);
    if (matches === "no") return choose(runner, rest, subject, world, context);
    const [yes, no] = fork(world, context, item.body);
    return [...hit(yes), ...choose(runner, rest, subject, no, context)];
  });
}
