import { known } from "../../microvm/model.ts";
import { type Node, spanOf } from "../../nix/syntax/ast.ts";
import type { RuleContext } from "../rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { nodeOf } from "./nodes.ts";
import { freeNames, resolve } from "./scope.ts";
import { inIndentedString, shellWord } from "./shell.ts";

/**
 * The image as a shell word inside `''…''` at `at`: its name, or its own expression where several guests have different
 * ones. Null when no quoting can hold it, or when the expression means something else there.
 */
export function imageWord(context: RuleContext, subject: Subject, at: Node): string | null {
  const field = subject.volume.image;
  const image = known(field);
  if (image === undefined || field.state !== "set") return null;
  const sharing = [...eachVolume(context)].filter(
    ({ volume }) => volume.image.state === "set" && volume.image.origin.at === field.origin.at,
  );
  if (sharing.every(({ volume }) => known(volume.image) === image)) {
    const word = shellWord(image);
    return word === null ? null : inIndentedString(word);
  }
  const literal = nodeOf(field.origin.at);
  if (literal?.kind !== "string" || literal.style !== "quoted") return null;
  if ([...freeNames(literal)].some((name) => resolve(literal, name) !== resolve(at, name))) return null;
  const span = spanOf(literal);
  const source = context.tree(span.file)?.text.slice(span.start + 1, span.end - 1);
  if (source === undefined) return null;
  return /['\\\n]/.test(source) ? null : `'${source}'`;
}
