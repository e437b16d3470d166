import type { Text } from "../../base/text.ts";
import type { Field, Volume } from "../../microvm/model.ts";
import { type AttributeSet, spanOf } from "../../nix/syntax/ast.ts";
import { bindingNamed } from "../../nix/syntax/views.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { insertBindings } from "./insert.ts";
import { nodeOf } from "./nodes.ts";
import { reachesOthers, replaceField } from "./replace.ts";
import { titleFor } from "./titles.ts";

/**
 * The fix that gives one attribute of a volume another value (`newText` is Nix): the literal is replaced where there is
 * one; an attribute that only has its default is added to the volume. Null when neither can be edited.
 */
export function setField<T>(
  context: RuleContext,
  subject: Subject,
  what: {
    readonly id: string;
    readonly title: Text;
    readonly attribute: string;
    readonly pick: (volume: Volume) => Field<T>;
    readonly newText: string;
    /** The volumes that are to change; others that have an image must not. Default: only this one. */
    readonly wanted?: readonly Subject[];
    /** True when a guest behaves differently afterwards, so that the edit is never made in bulk. */
    readonly review?: boolean;
  },
): Fix | null {
  const field = what.pick(subject.volume);
  if (field.state === "set") {
    const replacement = replaceField(context, subject, what.pick, what.newText);
    if (!replacement || reachesOthers(context, replacement.users, what.wanted ?? [subject])) return null;
    const { edit, guests, safety } = replacement;
    const title = titleFor(what.title, guests);
    return { kind: "edit", id: what.id, title, safety: what.review ? "review" : safety, edits: [edit], guests };
  }
  if (field.state === "unknown") return null;
  const attrs = volumeSet(subject.volume);
  if (!attrs) return null;
  const tree = context.tree(spanOf(attrs).file);
  if (!tree || bindingNamed(attrs.bindings, [what.attribute])) return null;
  const sharing = eachVolume(context).filter(({ volume }) => volumeSet(volume) === attrs);
  if (reachesOthers(context, sharing, what.wanted ?? [subject])) return null;
  const guests = [...new Set(sharing.map(({ guest }) => guest.name))];
  return {
    kind: "edit",
    id: what.id,
    title: titleFor(what.title, guests),
    safety: what.review || sharing.length > 1 ? "review" : "safe",
    edits: [insertBindings(tree, attrs, [`${what.attribute} = ${what.newText};`], beside(attrs, what.attribute))],
    guests,
  };
}

/** The attribute set that declares the volume, when it is written as one. */
export function volumeSet(volume: Volume): AttributeSet | null {
  for (const place of [volume.at, volume.origin.at]) {
    const node = nodeOf(place);
    if (node?.kind === "attrs") return node;
  }
  return null;
}

/** A new attribute goes after the one that it belongs to. */
function beside(attrs: AttributeSet, attribute: string) {
  const order =
    attribute === "label" || attribute === "imageType" ? ["fsType", "image"] : ["size", "mountPoint", "image"];
  for (const name of order) {
    const binding = bindingNamed(attrs.bindings, [name]);
    if (binding) return binding;
  }
  return undefined;
}
