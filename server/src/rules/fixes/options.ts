import type { TextEdit } from "../../base/edit.ts";
import {
  type AttributeBinding,
  type AttributeName,
  type AttributeSet,
  type Binding,
  spanOf,
} from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { attributeNameText, staticName, staticPath, stringText } from "../../nix/syntax/views.ts";
import { insertBindings } from "./insert.ts";

/** Where an option of a module can be written: the set, and what is left of its path there. */
export interface OptionPlace {
  readonly attrs: AttributeSet;
  readonly path: readonly string[];
  /** The first names of `path` as `after` has them. */
  readonly written: readonly AttributeName[];
  readonly after: Binding | undefined;
}

/**
 * Finds the innermost written set for an option path: inside `systemd.services = { … }` where there is one, else beside
 * the bindings that begin like it. Null when the option is there already, or when what is there is no written set (Nix
 * would refuse two definitions of one attribute). `nameOf` tells what a name that Nix has to compute (`fileSystems.${dir}`)
 * is known to be there: such a name may be one of the path's.
 */
export function optionPlace(
  module: AttributeSet,
  path: readonly string[],
  nameOf: (binding: AttributeBinding) => string | null = () => null,
): OptionPlace | null {
  let after: Binding | undefined;
  let written: readonly AttributeName[] = [];
  for (const binding of module.bindings) {
    if (binding.kind === "inherit") {
      if (binding.names.some((name) => staticPath([name])?.[0] === path[0])) return null;
      continue;
    }
    const names: string[] = [];
    for (const name of binding.path) {
      const wanted = isPrefix(names, path) ? path[names.length] : undefined;
      const text = staticName(name) ?? (wanted === undefined || !mayBe(name, wanted) ? null : nameOf(binding));
      if (text === null && wanted !== undefined && mayBe(name, wanted)) return null;
      if (text === null) break;
      names.push(text);
    }
    const shared = commonLength(names, path);
    if (shared === 0) continue;
    if (shared === path.length) return null;
    if (shared < names.length) {
      // The one that has more of the path in common; the later of two.
      if (shared >= written.length) {
        after = binding;
        written = binding.path.slice(0, shared);
      }
      continue;
    }
    if (binding.value.kind !== "attrs" || binding.value.recursive) return null;
    return optionPlace(binding.value, path.slice(shared), nameOf);
  }
  return { attrs: module, path, written, after };
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
  const names = place.path.map((name, index) => {
    const written = place.written[index];
    if (written && staticName(written) === null) return tree.text.slice(spanOf(written).start, spanOf(written).end);
    return quoted.has(name) ? stringText(name) : attributeNameText(name);
  });
  const apart = comments.length > 0 ? [""] : [];
  return insertBindings(
    tree,
    place.attrs,
    [...apart, ...comments, `${names.join(".")} = ${first}`, ...rest],
    place.after,
  );
}

/** Whether a name that has to be computed can be this one, by the text around what is computed. */
function mayBe(name: AttributeName, wanted: string): boolean {
  if (name.kind !== "string") return true;
  const first = name.parts[0];
  const last = name.parts.at(-1);
  return (
    (first?.kind !== "text" || wanted.startsWith(first.value)) && (last?.kind !== "text" || wanted.endsWith(last.value))
  );
}

function isPrefix(names: readonly string[], path: readonly string[]): boolean {
  return names.length < path.length && names.every((name, index) => name === path[index]);
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
