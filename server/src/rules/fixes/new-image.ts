import type { TextEdit } from "../../base/edit.ts";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { creationFaults } from "../../forecast/volume-script.ts";
import { known } from "../../microvm/model.ts";
import { type StringLiteral, spanOf } from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { byHand, text as byHandWords } from "./by-hand.ts";
import { insertion } from "./insert.ts";
import { reachesOthers, replaceField } from "./replace.ts";
import { mayReplace } from "./rights.ts";
import { fitted, titleFor } from "./titles.ts";

export const text = messages("fix.new-image", {
  title: {
    en: 'Use a new image, "{name}" (starts empty)',
    "zh-cn": "使用新的镜像“{name}”（从空卷开始）",
  },
});

/**
 * Gives the image a name that neither the guest's other volumes nor the files on disk have, so that microvm.nix makes a
 * new one. Directory, extension and interpolations stay; only a string literal is edited. Not offered where nothing would
 * make the new image (autoCreate = false).
 */
export function newImage(context: RuleContext, subject: Subject, wanted: readonly Subject[] = [subject]): Fix[] {
  const old = known(subject.volume.image);
  if (old === undefined || known(subject.volume.autoCreate) !== true || old.startsWith("/dev/")) return [];
  // It would be left blank, or could not be made.
  if (creationFaults(subject.volume).length > 0 || !mayReplace(context, subject)) return [];
  const name = freeName(context, subject, old);
  if (name === null) return [];
  const shown = printable(name.image);
  const title = (around: (title: Text) => Text) => fitted(shown, (name) => text.title({ name }), around);
  const replacement = replaceField(context, subject, (volume) => volume.image, "");
  const literal = replacement?.node.kind === "string" ? replacement.node : null;
  const tree = literal && context.tree(spanOf(literal).file);
  const edit = literal && tree && suffixEdit(tree, literal, name.suffix, old);
  if (!replacement || !edit || reachesOthers(context, replacement.users, wanted))
    return byHand(
      context,
      "new-image",
      title((words) => byHandWords.title({ title: words })),
      "image",
      subject.volume.image,
    );
  return [
    {
      kind: "edit",
      id: "new-image",
      title: titleFor(
        title((words) => titleFor(words, replacement.guests)),
        replacement.guests,
      ),
      safety: "review",
      edits: [edit],
      guests: replacement.guests,
    },
  ];
}

/** The first name with a number that nothing has yet. */
function freeName(context: RuleContext, subject: Subject, old: string): { image: string; suffix: string } | null {
  const taken = takenNames(context, subject);
  for (let number = 2; number < 1000; number++) {
    const suffix = `-${number}`;
    const image = withSuffix(old, suffix);
    if (!taken(image)) return { image, suffix };
  }
  return null;
}

/** `data.img` with `-2` is `data-2.img`; the last extension stays last, and a leading dot is none. */
export function withSuffix(image: string, suffix: string): string {
  const at = extensionAt(image);
  return image.slice(0, at) + suffix + image.slice(at);
}

function extensionAt(image: string): number {
  const name = image.lastIndexOf("/") + 1;
  const dot = image.lastIndexOf(".");
  return dot > name ? dot : image.length;
}

/** Inserts into the literal's last piece of text; null when the extension is not written there. */
function suffixEdit(tree: SyntaxTree, literal: StringLiteral, suffix: string, value: string): TextEdit | null {
  const { start, end } = spanOf(literal);
  const extension = value.slice(extensionAt(value));
  const last = literal.parts.at(-1);
  const close = literal.style === "quoted" ? end - 1 : literal.style === "indented" ? end - 2 : end;
  const lastEnd = last ? spanOf(last).end : close;
  if (lastEnd > close || close <= start) return null;
  if (tree.text.slice(close - extension.length, close) !== extension) return null;
  if (extension !== "" && last?.kind !== "text") return null;
  return insertion(tree, close - extension.length, suffix);
}

/** Tells whether some guest that the edit concerns has an image of that name already, declared or on disk. */
function takenNames(context: RuleContext, subject: Subject): (name: string) => boolean {
  const declared = new Set<string>();
  for (const { volume } of eachVolume(context)) {
    const image = known(volume.image);
    if (image !== undefined) declared.add(image);
  }
  const places = context.onDisk(subject.guest, subject.volume);
  // `./data.img` lies at `data.img` of the guest's directory.
  const plain = (image: string) => image.replace(/^(\.\/)+/, "");
  const old = plain(known(subject.volume.image) ?? "");
  return (image) => {
    if (declared.has(image)) return true;
    const name = plain(image);
    return places.some(({ facts, path }) => {
      if (!path.endsWith(old)) return true;
      const there = path.slice(0, path.length - old.length) + name;
      const image = facts.images.get(there);
      return (
        (image !== undefined && image.state !== "absent") || facts.guests.some((guest) => guest.images.includes(there))
      );
    });
  };
}
