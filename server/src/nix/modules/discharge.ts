import { attributes, string } from "../eval/make.ts";
import { isError } from "../eval/ops.ts";
import type { Place, Thunk, Unknown, Value } from "../eval/value.ts";
import { ready } from "../eval/value.ts";
import { type Definition, type Open, propertyOf, type Wrapper } from "./definition.ts";

/** Priorities of nixpkgs' lib/modules.nix: a smaller number wins. */
export const priorities = { optionDefault: 1500, default: 1000, plain: 100, force: 50 } as const;
const plainOrder = 1000;

/** A definition whose conditions have been looked at. */
export interface Resolved {
  readonly value: Value;
  readonly thunk: Thunk;
  readonly priority: number;
  readonly order: number;
  /** `mkOrder` stands around it: submodules of nixpkgs refuse such a definition. */
  readonly ordered: boolean;
  /** The definition applies only if this unknown condition holds. */
  readonly conditional: Unknown | null;
  readonly file: string;
  readonly at: Place;
}

/**
 * Looks at the conditions of the definitions, in the order and with the limits of `dischargeProperties`,
 * `filterOverrides` and `sortProperties` of lib/modules.nix: `mkIf` and `mkMerge` outside, then at most one override,
 * then at most one order. What cannot be read goes to `opens`.
 */
export function discharge(definitions: readonly Definition[], opens: Open[]): Resolved[] {
  const found: Resolved[] = [];
  for (const definition of definitions) expand(definition, 0, definition.value, null, found, opens);
  return found;
}

/** The conditions under which unseen definitions apply: false when they surely do not. */
export function applies(open: Open): boolean {
  for (const wrapper of open.wrappers) {
    if (wrapper.kind !== "if") continue;
    const condition = wrapper.condition.force();
    if (condition.type === "boolean" && !condition.value) return false;
  }
  return true;
}

/** The definitions that count, in their final order: the best priority only, sorted by `mkOrder` where one is given. */
export function strongest(definitions: readonly Resolved[]): readonly Resolved[] {
  const best = Math.min(...definitions.map((d) => d.priority));
  return ordered(definitions.filter((d) => d.priority === best));
}

export function ordered(definitions: readonly Resolved[]): readonly Resolved[] {
  return definitions.some((d) => d.order !== plainOrder)
    ? [...definitions].sort((a, b) => a.order - b.order)
    : definitions;
}

function expand(
  definition: Definition,
  index: number,
  value: Thunk,
  conditional: Unknown | null,
  found: Resolved[],
  opens: Open[],
): void {
  let unsure = conditional;
  for (let i = index; i < definition.wrappers.length; i++) {
    const wrapper = definition.wrappers[i] as Wrapper;
    if (wrapper.kind === "uncertain") {
      unsure ??= wrapper.because;
    } else if (wrapper.kind === "if") {
      const condition = wrapper.condition.force();
      if (condition.type === "boolean") {
        if (!condition.value) return;
      } else {
        unsure ??= conditionOf(condition);
        failing(condition, opens);
      }
    } else {
      strip(definition, i, value, unsure, found);
      return;
    }
  }
  const inner = value.force();
  const property = propertyOf(inner);
  const wrappers: readonly Wrapper[] = [];
  switch (property.kind) {
    case "merge": {
      const contents = property.contents.force();
      if (contents.type === "list") {
        for (const item of contents.items) {
          expand({ ...definition, wrappers }, 0, item.thunk, item.conditional ?? unsure, found, opens);
        }
        if (contents.rest) opens.push({ because: contents.rest, wrappers, foreign: false });
      } else if (contents.type === "unknown") {
        opens.push({ because: contents, wrappers, foreign: false });
      }
      return;
    }
    case "if": {
      const condition = property.condition.force();
      if (condition.type === "boolean" && !condition.value) return;
      if (condition.type !== "boolean") {
        unsure ??= conditionOf(condition);
        failing(condition, opens);
      }
      expand({ ...definition, wrappers }, 0, property.content, unsure, found, opens);
      return;
    }
    default:
      strip({ ...definition, wrappers }, 0, value, unsure, found);
  }
}

/** A condition that fails makes the whole option fail, even where its content defines nothing. */
function failing(condition: Value, opens: Open[]): void {
  const because = conditionOf(condition);
  if (isError(because)) opens.push({ because, wrappers: [], foreign: false, fails: true });
}

/** Takes off one override and one order; whatever stands inside them stays part of the value, as in real Nix. */
function strip(
  definition: Definition,
  start: number,
  given: Thunk,
  conditional: Unknown | null,
  found: Resolved[],
): void {
  let index = start;
  let value = given;
  let unsure = conditional;
  let file = definition.file;
  let priority: number = priorities.plain;
  let order = plainOrder;
  let ordered = false;
  // `mkDefinition` counts where it stands outside of priorities.
  const outer = definition.wrappers.slice(start).every((wrapper) => wrapper.kind === "uncertain");
  const located = outer ? propertyOf(value.force()) : null;
  if (located?.kind === "definition") {
    const from = located.file?.force();
    if (from?.type === "string" || from?.type === "path") file = from.value;
    value = located.content;
  }
  for (const kind of ["override", "order"] as const) {
    for (;;) {
      const wrapper = definition.wrappers[index];
      if (wrapper?.kind !== "uncertain") break;
      unsure ??= wrapper.because;
      index++;
    }
    const wrapper = definition.wrappers[index];
    if (wrapper) {
      if (wrapper.kind !== kind) continue;
      const number = numberOf(wrapper.priority);
      if (typeof number !== "number") unsure ??= number;
      else if (kind === "override") priority = number;
      else order = number;
      ordered ||= kind === "order";
      index++;
      continue;
    }
    const property = propertyOf(value.force());
    if (property.kind !== kind) continue;
    const number = numberOf(property.priority);
    if (typeof number !== "number") unsure ??= number;
    else if (kind === "override") priority = number;
    else order = number;
    ordered ||= kind === "order";
    value = property.content;
  }
  const thunk = rewrap(definition.wrappers.slice(index), value);
  const at = definition.at;
  found.push({ value: thunk.force(), thunk, priority, order, ordered, conditional: unsure, file, at });
}

function numberOf(thunk: Thunk): number | Unknown {
  const value = thunk.force();
  if (value.type === "integer" || value.type === "float") return Number(value.value);
  return value.type === "unknown"
    ? value
    : { type: "unknown", at: thunk.at, why: { reason: "wrong-type", expected: "integer", found: value.type } };
}

function conditionOf(condition: Value): Unknown {
  if (condition.type === "unknown") return condition;
  return {
    type: "unknown",
    at: condition.origin.at,
    why: { reason: "wrong-type", expected: "boolean", found: condition.type },
  };
}

/** Puts properties around a value as the sets that `mkIf`, `mkOverride` and `mkOrder` make. */
export function rewrap(wrappers: readonly Wrapper[], value: Thunk): Thunk {
  let made = value;
  for (const wrapper of [...wrappers].reverse()) {
    if (wrapper.kind === "uncertain") continue;
    const first: readonly [string, Thunk] =
      wrapper.kind === "if" ? ["condition", wrapper.condition] : ["priority", wrapper.priority];
    made = ready(attributes([["_type", string(wrapper.kind)], first, ["content", made]]));
  }
  return made;
}
