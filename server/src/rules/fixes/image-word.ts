import { known } from "../../microvm/model.ts";
import { spanOf } from "../../nix/syntax/ast.ts";
import { asUpstream } from "../../shell/quote.ts";
import type { RuleContext } from "../frame/rule.ts";
import type { Subject } from "../support/finding.ts";
import { inIndentedString } from "./nix-text.ts";
import { nodeOf } from "./nodes.ts";
import { type PreStartPlace, usersOf } from "./pre-start.ts";
import { freeNames, resolve } from "./scope.ts";

/**
 * The image as a shell word inside of `''…''` at a place in a module: its name where every guest of the module has a volume
 * of that name; else the expression that makes the name of all of theirs. Null when no quoting can hold it, or when the
 * expression means something else there.
 */
export function imageWord(
  context: RuleContext,
  subject: Subject,
  { at, module }: Pick<PreStartPlace, "at" | "module">,
): string | null {
  const field = subject.volume.image;
  const image = known(field);
  if (image === undefined || field.state !== "set") return null;
  const everywhere = usersOf(context, module).every((guest) =>
    guest.volumes.some((volume) => known(volume.image) === image),
  );
  if (everywhere) {
    const word = asUpstream(image);
    return word === null ? null : inIndentedString(word);
  }
  const literal = nodeOf(field.origin.at);
  if (literal?.kind !== "string" || literal.style !== "quoted") return null;
  const isMadeThere = usersOf(context, module).every((guest) =>
    guest.volumes.some((volume) => volume.image.state === "set" && volume.image.origin.at === field.origin.at),
  );
  if (!isMadeThere) return null;
  if ([...freeNames(literal)].some((name) => resolve(literal, name) !== resolve(at, name))) return null;
  const span = spanOf(literal);
  const source = context.tree(span.file)?.text.slice(span.start + 1, span.end - 1);
  if (source === undefined) return null;
  return /['\\\n]/.test(source) ? null : `'${source}'`;
}
