import { basename } from "node:path";
import type { Range, WorkspaceEdit } from "vscode-languageserver";
import { messages, type Text } from "../base/text.ts";
import { known, type Volume } from "../microvm/model.ts";
import { type Place, placeSpan } from "../nix/eval/value.ts";
import { type StringLiteral, spanOf } from "../nix/syntax/ast.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import { descendantsOf, nodeAt } from "../nix/syntax/views.ts";
import type { Fix } from "../rules/frame/rule.ts";
import { mentionEdits } from "./mentions.ts";
import { filled, type NameTemplate, renamedTexts, templateOf, valuesIn, writtenAs } from "./name-template.ts";
import { argvOn } from "./operation.ts";
import { declaredAround, type VolumeUse } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { rangeOf, workspaceEdit } from "./session/to-lsp.ts";

const text = messages("rename", {
  title: { en: "Rename the image", "zh-cn": "重命名镜像" },
  name: {
    en: 'an image name consists of letters, digits and . _ - + /, without ".." and without a "/" at its end',
    "zh-cn": "镜像名称由字母、数字和 . _ - + / 组成，不含“..”，也不以“/”结尾",
  },
  device: { en: "devices are not renamed", "zh-cn": "不能重命名设备" },
  declared: { en: "{guest} has another volume of that name", "zh-cn": "{guest} 已有同名的卷" },
  exists: { en: "{path} already exists", "zh-cn": "{path} 已经存在" },
  unknownName: {
    en: "what this name is in {guest} is not known: rename it by hand",
    "zh-cn": "不知道该名称在 {guest} 中是什么：请手动重命名",
  },
  severalWays: {
    en: "which part of {name} comes from which ${ } is not clear: rename it by hand",
    "zh-cn": "无法确定 {name} 的哪一部分来自哪个 ${ }：请手动重命名",
  },
  keepHoles: {
    en: "keep {holes} in the new name: only the text around it is changed",
    "zh-cn": "请在新名称中保留 {holes}：只更改其周围的文字",
  },
  alsoWritten: {
    en: "the same name is also put together in {file}, line {line}: rename it by hand",
    "zh-cn": "{file} 第 {line} 行也拼出了同一名称：请手动重命名",
  },
});

/** The name of an image where it is written as one string, and the volumes that have it from there. */
interface Named {
  readonly literal: StringLiteral;
  readonly template: NameTemplate;
  readonly uses: readonly NamedUse[];
}

/** A volume, and its name as it is when everything is put in; null: not known. */
interface NamedUse extends VolumeUse {
  readonly name: string | null;
}

/** A volume, and what its name becomes. */
interface Renaming extends VolumeUse {
  readonly name: string;
  readonly newName: string;
}

/** What a rename changes: texts, and files that then have to be moved so that the next start finds them. */
export interface ImageRename {
  readonly edit: WorkspaceEdit;
  readonly moves: readonly ImageMove[];
}

export interface ImageMove {
  readonly guest: string;
  readonly host: string;
  readonly from: string;
  readonly to: string;
  /** argv of `microvm-lens`; null where only a snapshot was seen. */
  readonly command: readonly string[] | null;
}

/** What may be renamed at a place: the name of an image, as it is written. Null elsewhere, where other servers answer. */
export function prepareRename(question: Question, offset: number): { range: Range; placeholder: string } | null {
  const lines = question.snapshot.tree(question.path)?.lines;
  const named = question.session.settings["navigation.enable"] ? imageAt(question, offset) : null;
  if (!lines || !named) return null;
  return { range: rangeOf(lines, insideOf(named.literal)), placeholder: writtenAs(named.template) };
}

/**
 * Gives an image another name wherever the text says it: in its string and in the scripts of its guests. `newName` is
 * written like the old one, with its `${…}`, or is the name that is to be. Returns why that cannot be, or null where there
 * is no image.
 */
export function renameImage(question: Question, offset: number, newName: string): ImageRename | Text | null {
  const { session, snapshot } = question;
  const named = session.settings["navigation.enable"] ? imageAt(question, offset) : null;
  if (!named) return null;
  const { literal, template } = named;
  const renamed = renamings(question, named, newName);
  if (!("texts" in renamed)) return renamed;
  const { texts, uses } = renamed;
  const problem = problemOf(question, texts, uses);
  if (problem) return problem;
  const span = { ...spanOf(literal), ...insideOf(literal) };
  const edits = [{ span, newText: filled(texts, template.holes) }];
  for (const [name, newName] of new Map(uses.map((use) => [use.name, use.newName]))) {
    const same = uses.filter((use) => use.name === name);
    edits.push(...mentionEdits(snapshot, { literal, name, uses: same }, newName));
  }
  const guests = uses.map(({ guest }) => guest.name);
  const fix: Extract<Fix, { kind: "edit" }> = {
    kind: "edit",
    id: "rename",
    title: text.title(),
    safety: "review",
    edits,
    guests,
  };
  const edit = workspaceEdit(snapshot, fix, {
    documents: session.documents,
    documentChanges: session.client.documentChanges,
    confirm: null,
  });
  return edit && { edit, moves: movesOf(question, uses) };
}

/** The image whose string is at the offset; only strings that are all of the name. */
function imageAt({ snapshot, path }: Question, offset: number): Named | null {
  const tree = snapshot.tree(path);
  if (!tree) return null;
  for (const place of declaredAround(snapshot, path, offset)) {
    if (place.kind !== "field" || place.field !== "image") continue;
    const [first] = place.uses;
    const at = first && writtenAt(first.volume.image, tree, offset);
    if (!at || !("kind" in at) || at.kind !== "string" || at.style !== "quoted") return null;
    const span = spanOf(at);
    const isHere = span.file === path && span.start <= offset && offset <= span.end;
    const template = templateOf(at, tree.text);
    if (!isHere || !template || writtenAs(template) === "" || template.holes.length > mostHoles) return null;
    const uses = snapshot.declarations.guests.flatMap((guest) =>
      guest.volumes
        .filter(({ image }) => writtenAt(image, tree, offset) === at)
        .map((volume) => ({ guest, volume, name: known(volume.image) ?? null })),
    );
    // An expression may make another name of the string, by a prefix for example.
    const isAll = uses.every(({ name }) => name === null || valuesIn(template, name).length > 0);
    return isAll ? { literal: at, template, uses } : null;
  }
  return null;
}

/** Names with more parts are not taken apart: it would take long to see that they can be in several ways. */
const mostHoles = 4;

/** The string that a name comes from; of a name that is not known, the string at the offset, where it is all of the value. */
function writtenAt(image: Volume["image"], tree: SyntaxTree, offset: number): Place | null {
  if (image.state === "set") return image.origin.at;
  const { node, ancestors } = nodeAt(tree, offset);
  const literal = [node, ...ancestors].find(({ kind }) => kind === "string");
  const span = image.state === "unknown" && literal ? placeSpan(image.at) : null;
  return literal &&
    span &&
    span.file === tree.file &&
    literal.parent?.kind === "binding" &&
    isWithin(spanOf(literal), span)
    ? literal
    : null;
}

function isWithin(inner: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Without the quotes. */
function insideOf(literal: StringLiteral): { start: number; end: number } {
  const { start, end } = spanOf(literal);
  return { start: start + 1, end: end - 1 };
}

/** What each volume's name becomes, or why that is not clear. */
function renamings(
  { snapshot }: Question,
  { literal, template, uses }: Named,
  newName: string,
): { readonly texts: readonly string[]; readonly uses: readonly Renaming[] } | Text {
  const { holes } = template;
  const found: (VolumeUse & { readonly name: string; readonly values: readonly string[] })[] = [];
  for (const { guest, volume, name } of uses) {
    if (name === null) return text.unknownName({ guest: guest.name });
    const [values, ...others] = valuesIn(template, name);
    if (values === undefined || others.length > 0) return text.severalWays({ name });
    found.push({ guest, volume, name, values });
  }
  if (holes.length > 0) {
    const also = alsoWritten(snapshot, literal, writtenAs(template));
    if (also) return also;
  }
  const isOne = new Set(found.map(({ name }) => name)).size === 1;
  const texts = renamedTexts(template, isOne ? (found[0]?.values ?? null) : null, newName);
  if (texts === null) return text.keepHoles({ holes: holes.join(", ") });
  return { texts, uses: found.map(({ values, ...use }) => ({ ...use, newName: filled(texts, values) })) };
}

/** Another string that puts the same name together: whether it means this image is not known. */
function alsoWritten(snapshot: Question["snapshot"], literal: StringLiteral, written: string): Text | null {
  for (const file of snapshot.files) {
    const tree = snapshot.tree(file);
    if (!tree || !snapshot.context.isOurs(file) || !tree.text.includes(written)) continue;
    for (const node of descendantsOf(tree.root)) {
      if (node.kind !== "string" || node === literal) continue;
      const { start, end } = spanOf(node);
      if (!tree.text.slice(start, end).includes(written)) continue;
      return text.alsoWritten({ file: basename(file), line: tree.lines.position(start).line + 1 });
    }
  }
  return null;
}

function problemOf(question: Question, texts: readonly string[], uses: readonly Renaming[]): Text | null {
  if (uses.some(({ name, newName }) => name.startsWith("/dev/") || newName.startsWith("/dev/"))) return text.device();
  if (!texts.every((each) => /^[\w.+/-]*$/.test(each))) return text.name();
  for (const { guest, volume, name, newName } of uses) {
    if (newName === "" || newName.endsWith("/") || newName.split("/").includes("..")) return text.name();
    if (guest.volumes.some((other) => other !== volume && known(other.image) === newName))
      return text.declared({ guest: guest.name });
    for (const { facts, path: from } of question.snapshot.context.onDisk(guest, volume)) {
      const to = moved(from, name, newName);
      const there = to === null ? undefined : facts.images.get(to);
      const isListed = facts.guests.some(({ images }) => to !== null && to !== from && images.includes(to));
      if (isListed || there?.state === "seen") return text.exists({ path: to ?? "" });
    }
  }
  return null;
}

/** The images that are there under the old name, each once. */
function movesOf({ session, snapshot }: Question, uses: readonly Renaming[]): ImageMove[] {
  const found = new Map<string, ImageMove>();
  for (const { guest, volume, name, newName } of uses) {
    for (const { facts, path: from, image } of snapshot.context.onDisk(guest, volume)) {
      const to = image.state === "seen" ? moved(from, name, newName) : null;
      if (to === null) continue;
      const command = argvOn(session, facts.host, ["image", "adopt", from, "--to", to]);
      found.set(`${facts.host} ${from}`, { guest: guest.name, host: facts.host, from, to, command });
    }
  }
  return [...found.values()];
}

/** Where a file at `from`, which is called `name` from the guest's directory, is looked for under its new name. */
function moved(from: string, name: string, newName: string): string | null {
  if (newName.startsWith("/")) return newName;
  // `./data.img` lies at `data.img`.
  const plain = (each: string) => each.replace(/^(?:\.\/)+/, "");
  if (name.startsWith("/") || !from.endsWith(`/${plain(name)}`)) return null;
  return from.slice(0, from.length - plain(name).length) + plain(newName);
}
