import type { TextEdit } from "../../base/edit.ts";
import type { AttributeSet, Binding } from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { attributeNameText, staticPath, stringText } from "../../nix/syntax/views.ts";
import { insertBindings } from "./insert.ts";

/** Where an option of a module can be written: the set, and what is left of its path there. */
export interface OptionPlace {
  readonly attrs: AttributeSet;
  readonly path: readonly string[];
  readonly after: Binding | undefined;
}

/**
 * Finds the innermost written set for an option path: inside `systemd.services = { … }` where there is one, else beside
 * the bindings that begin like it. Null when the option is there already, or when what is there is no written set (Nix
 * would refuse two definitions of one attribute).
 */
export function optionPlace(module: AttributeSet, path: readonly string[]): OptionPlace | null {
  let after: Binding | undefined;
  for (const binding of module.bindings) {
    if (binding.kind === "inherit") {
      if (binding.names.some((name) => staticPath([name])?.[0] === path[0])) return null;
      continue;
    }
    const names = staticPath(binding.path);
    if (!names) continue;
    const shared = commonLength(names, path);
    if (shared === 0) continue;
    if (shared === path.length) return null;
    if (shared < names.length) {
      after = binding;
      continue;
    }
    if (binding.value.kind !== "attrs" || binding.value.recursive) return null;
    return optionPlace(binding.value, path.slice(shared));
  }
  return { attrs: module, path, after };
}

/**
 * Writes `lines` as the option's value, apart by an empty line: the first goes behind `path =`, comments go before. Names
 * in `quoted` are names of the user's, not of options, and are written in quotes.
 */
export function writeOption(
  tree: SyntaxTree,
  place: OptionPlace,
  comments: readonly string[],
  lines: readonly string[],
  quoted: ReadonlySet<string>,
): TextEdit {
  const [first = "", ...rest] = lines;
  const names = place.path.map((name) => (quoted.has(name) ? stringText(name) : attributeNameText(name)));
  const apart = comments.length > 0 ? [""] : [];
  return insertBindings(
    tree,
    place.attrs,
    [...apart, ...comments, `${names.join(".")} = ${first}`, ...rest],
    place.after,
  );
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
