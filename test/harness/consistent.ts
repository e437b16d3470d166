import { isError } from "../../server/src/nix/eval/ops.ts";
import { piecesOf, prefixOf, suffixOf } from "../../server/src/nix/eval/pieces.ts";
import type { Item, Pieces, Thunk, Unknown, Value } from "../../server/src/nix/eval/value.ts";

/**
 * Whether a value found with something unknown agrees with the value found once that is known. Returns where it does
 * not, or null. What fails in truth agrees with everything: "if there is a value at all, it is this".
 */
export function disagreement(partial: Value, full: Value, path = "value", depth = 30): string | null {
  if (depth === 0) return null;
  if (full.type === "unknown") return null;
  if (partial.type === "unknown") return unknownDisagrees(partial, full, path, depth);
  if (partial.type !== full.type) return `${path}: ${partial.type}, in truth ${full.type}`;
  switch (partial.type) {
    case "integer":
    case "float":
    case "boolean":
    case "string":
    case "path":
      return Object.is(partial.value, (full as { value: unknown }).value)
        ? null
        : `${path}: ${partial.value}, in truth ${(full as { value: unknown }).value}`;
    case "list":
      return aligns(partial.items, partial.rest, (full as typeof partial).items, depth)
        ? null
        : `${path}: other elements`;
    case "attrs": {
      const other = full as typeof partial;
      for (const [name, { thunk, conditional }] of partial.entries) {
        const entry = other.entries.get(name);
        if (!entry && !conditional) return `${path}.${name}: not there in truth`;
        const inner = entry && disagreement(thunk.force(), entry.thunk.force(), `${path}.${name}`, depth - 1);
        if (inner) return inner;
      }
      const extra = [...other.entries.keys()].find((name) => !partial.entries.has(name));
      return extra !== undefined && !partial.rest ? `${path}.${extra}: missing` : null;
    }
    default:
      return null;
  }
}

/** Can the text come about by putting something into the holes? */
function fits(pieces: Pieces, text: string): boolean {
  const any = "[\\s\\S]*?";
  const pattern = pieces.map((p) => (typeof p === "string" ? p.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : any)).join("");
  return new RegExp(`^${pattern}$`).test(text);
}

function unknownDisagrees(partial: Unknown, full: Value, path: string, depth: number): string | null {
  if (isError(partial)) return `${path}: an error, in truth ${full.type}`;
  const { shape, why } = partial;
  if (shape?.type !== undefined && shape.type !== full.type)
    return `${path}: of type ${shape.type}, in truth ${full.type}`;
  if (full.type === "string" && shape) {
    if (!full.value.startsWith(prefixOf(partial)) || !full.value.endsWith(suffixOf(partial)))
      return `${path}: other ends`;
    if (!fits(piecesOf(partial), full.value)) return `${path}: other pieces`;
  }
  if (why.reason !== "undecided") return null;
  const agrees = why.candidates.some((candidate) => disagreement(candidate, full, path, depth - 1) === null);
  return agrees ? null : `${path}: no candidate agrees with ${full.type}`;
}

/** True when the elements come about by leaving out conditional items and, in an open list, adding others. */
function aligns(
  items: readonly Item[],
  rest: Unknown | null,
  elements: readonly { thunk: Thunk }[],
  depth: number,
): boolean {
  // reachable[j]: the first items can account for the first j elements.
  let reachable = elements.map(() => false);
  reachable.unshift(true);
  const extend = (row: boolean[]) => {
    if (rest) for (let j = 1; j < row.length; j++) row[j] ||= row[j - 1] as boolean;
  };
  extend(reachable);
  for (const item of items) {
    const next = reachable.map((before) => before && item.conditional !== undefined);
    for (let j = 0; j < elements.length; j++) {
      if (!reachable[j] || next[j + 1]) continue;
      const element = elements[j] as { thunk: Thunk };
      if (disagreement(item.thunk.force(), element.thunk.force(), "", depth - 1) === null) next[j + 1] = true;
    }
    extend(next);
    reachable = next;
  }
  return reachable.at(-1) ?? false;
}
