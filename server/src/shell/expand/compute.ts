import { reasons } from "../reasons.ts";
import type { Computed, Runner } from "../run/runner.ts";
import { knownText, type Value } from "../state/value.ts";
import type { Variable, World } from "../state/world.ts";
import { arithmetic } from "./arithmetic.ts";
import { read } from "./parameters.ts";

/** `$(( … ))` in a world: the variables that it assigns to have their new values afterwards. */
export function compute(value: Value, world: World, runner: Runner): Computed {
  const text = knownText(value);
  if (text === null) return { world, value: null, ok: true };
  const changes = new Map<string, Variable>();
  const valueOfName = (name: string, depth: number): bigint | null => {
    const variable = changes.get(name) ?? read(name, world, runner);
    if (variable.is === "unset") return 0n;
    const known = variable.is === "text" ? knownText(variable.value) : null;
    if (known === null || depth > 8) return null;
    if (/^\s*$/.test(known)) return 0n;
    const inner = arithmetic(known, { read: (each) => valueOfName(each, depth + 1), write() {} });
    return inner.value;
  };
  const result = arithmetic(text, {
    read: (name) => valueOfName(name, 0),
    write: (name, to) =>
      changes.set(
        name,
        to === null ? { is: "maybe", why: reasons.variable({ name }) } : { is: "text", value: [String(to)] },
      ),
  });
  const variables = changes.size === 0 ? world.variables : new Map([...world.variables, ...changes]);
  return { world: { ...world, variables }, value: result.value, ok: result.ok };
}
