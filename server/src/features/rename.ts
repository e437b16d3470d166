import type { Range, WorkspaceEdit } from "vscode-languageserver";
import { messages, type Text } from "../base/text.ts";
import { known } from "../microvm/model.ts";
import { type StringLiteral, spanOf } from "../nix/syntax/ast.ts";
import { literalText } from "../nix/syntax/views.ts";
import type { Fix } from "../rules/frame/rule.ts";
import { mentionEdits } from "./mentions.ts";
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
});

/** The name of an image, written as one piece in a string, and the volumes that have it from there. */
interface Named {
  readonly literal: StringLiteral;
  readonly name: string;
  readonly uses: readonly VolumeUse[];
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

/** What may be renamed at a place: the name of an image. Null elsewhere, where other servers answer. */
export function prepareRename(question: Question, offset: number): { range: Range; placeholder: string } | null {
  const lines = question.snapshot.tree(question.path)?.lines;
  const named = question.session.settings["navigation.enable"] ? imageAt(question, offset) : null;
  if (!lines || !named) return null;
  const { start, end } = spanOf(named.literal);
  return { range: rangeOf(lines, { start: start + 1, end: end - 1 }), placeholder: named.name };
}

/**
 * Gives an image another name wherever the text says it: in its string and in the scripts of its guests. Returns why that
 * cannot be, or null where there is no image.
 */
export function renameImage(question: Question, offset: number, newName: string): ImageRename | Text | null {
  const { session, snapshot } = question;
  const named = session.settings["navigation.enable"] ? imageAt(question, offset) : null;
  if (!named) return null;
  const problem = problemOf(question, named, newName);
  if (problem) return problem;
  const span = spanOf(named.literal);
  const inside = { ...span, start: span.start + 1, end: span.end - 1 };
  const edits = [{ span: inside, newText: newName }, ...mentionEdits(snapshot, named, newName)];
  const guests = named.uses.map(({ guest }) => guest.name);
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
  return edit && { edit, moves: movesOf(question, named, newName) };
}

/** The image whose string is at the offset; only strings that hold nothing but the name, as it is. */
function imageAt({ snapshot, path }: Question, offset: number): Named | null {
  const tree = snapshot.tree(path);
  if (!tree) return null;
  for (const place of declaredAround(snapshot, path, offset)) {
    if (place.kind !== "field" || place.field !== "image") continue;
    const [first] = place.uses;
    const image = first?.volume.image;
    const at = image?.state === "set" ? image.origin.at : null;
    if (at === null || !("kind" in at) || at.kind !== "string" || at.style !== "quoted") return null;
    const span = spanOf(at);
    const name = literalText(at);
    const isHere = span.file === path && span.start <= offset && offset <= span.end;
    if (!isHere || !name || tree.text.slice(span.start + 1, span.end - 1) !== name) return null;
    const uses = snapshot.declarations.guests.flatMap((guest) =>
      guest.volumes
        .filter((volume) => volume.image.state === "set" && volume.image.origin.at === at)
        .map((volume) => ({ guest, volume })),
    );
    // An expression may make another name of the string, by a prefix for example.
    return uses.every(({ volume }) => known(volume.image) === name) ? { literal: at, name, uses } : null;
  }
  return null;
}

function problemOf(question: Question, { name, uses }: Named, newName: string): Text | null {
  if (name.startsWith("/dev/") || newName.startsWith("/dev/")) return text.device();
  if (!/^[\w.+/-]+$/.test(newName) || newName.endsWith("/") || newName.split("/").includes("..")) return text.name();
  for (const { guest, volume } of uses) {
    if (guest.volumes.some((other) => other !== volume && known(other.image) === newName))
      return text.declared({ guest: guest.name });
  }
  for (const { facts, path: from } of places(question, uses)) {
    const to = moved(from, name, newName);
    const there = to === null ? undefined : facts.images.get(to);
    const isListed = facts.guests.some(({ images }) => to !== null && to !== from && images.includes(to));
    if (isListed || there?.state === "seen") return text.exists({ path: to ?? "" });
  }
  return null;
}

function places({ snapshot }: Question, uses: readonly VolumeUse[]) {
  return uses.flatMap(({ guest, volume }) =>
    snapshot.context.onDisk(guest, volume).map((place) => ({ ...place, guest })),
  );
}

/** The images that are there under the old name, each once. */
function movesOf(question: Question, { name, uses }: Named, newName: string): ImageMove[] {
  const found = new Map<string, ImageMove>();
  for (const { facts, path: from, image, guest } of places(question, uses)) {
    const to = image.state === "seen" ? moved(from, name, newName) : null;
    if (to === null) continue;
    const command = argvOn(question.session, facts.host, ["image", "adopt", from, "--to", to]);
    found.set(`${facts.host} ${from}`, { guest: guest.name, host: facts.host, from, to, command });
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
