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
import { indentationAt, insertBindings } from "./insert.ts";

/** Where an option of a module can be written: the set, and what is left of its path there. */
export interface OptionPlace {
  readonly attrs: AttributeSet;
  readonly path: readonly string[];
  readonly after: Binding | undefined;
  /** So many names of `after` have to be the name of one set, which holds the rest of `after` and what is written; 0: none. */
  readonly shared: number;
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
    if (shared < binding.path.length) {
      // Nix merges `a.b` and `a.c`, but not `${a}.b` and `${a}.c`: those have to become one set.
      if (binding.path.slice(0, shared).some((name) => staticName(name) === null))
        return { attrs: module, path: path.slice(shared), after: binding, shared };
      after = binding;
      continue;
    }
    if (binding.value.kind !== "attrs" || binding.value.recursive) return null;
    return optionPlace(binding.value, path.slice(shared), nameOf);
  }
  return { attrs: module, path, after, shared: 0 };
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
  if (place.shared > 0 && place.after?.kind === "binding") {
    return joined(tree, place.after, place.shared, [...comments, `${names.join(".")} = ${first}`, ...rest]);
  }
  const apart = comments.length > 0 ? [""] : [];
  return insertBindings(
    tree,
    place.attrs,
    [...apart, ...comments, `${names.join(".")} = ${first}`, ...rest],
    place.after,
  );
}

/** `a.b = 1;` becomes `a = { b = 1; … };`. */
function joined(tree: SyntaxTree, binding: AttributeBinding, shared: number, lines: readonly string[]): TextEdit {
  const { file, start, end } = spanOf(binding);
  const head = spanOf(binding.path[shared - 1] as AttributeName).end;
  const own = tree.text.slice(spanOf(binding.path[shared] as AttributeName).start, end);
  const indent = indentationAt(tree.text, start);
  const step = indent.includes("\t") ? "\t" : "  ";
  const newline = tree.text.includes("\r\n") ? "\r\n" : "\n";
  const body = [own.replace(/\n(?=[\t ])/g, `\n${step}`), ...lines].map((line) => `${newline}${indent}${step}${line}`);
  return { span: { file, start: head, end }, newText: ` = {${body.join("")}${newline}${indent}};` };
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
