import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { DocumentLink } from "vscode-languageserver";
import { messages, render } from "../base/text.ts";
import { fieldAt, fieldsIn, writtenAt } from "./session/locate.ts";
import { isLocal, type Question } from "./session/session.ts";
import { rangeOf } from "./session/to-lsp.ts";

const text = messages("document-link", {
  folder: { en: "Open the folder of the image", "zh-cn": "打开镜像所在的文件夹" },
});

/** Command of the extension that shows a folder; other editors get the folder's own URL. */
const revealCommand = "command:microvm-lens.reveal";

/** A link on each image name that exists on this machine: to its folder, because an image is nothing to open as text. */
export function documentLinks(question: Question): DocumentLink[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["documentLinks.enable"]) return [];
  return fieldsIn(snapshot, path, "image").flatMap(({ uses }): DocumentLink[] => {
    const first = uses[0];
    if (uses.length !== 1 || !first || first.volume.image.state !== "set") return [];
    const image = snapshot.context.image(first.guest, first.volume);
    const literal = writtenAt(first.volume.image) ?? fieldAt(first.volume.image);
    if (!image || !isLocal(session, image.facts.host) || !literal || literal.file !== path) return [];
    const target = session.client.extension
      ? `${revealCommand}?${encodeURIComponent(JSON.stringify([image.path]))}`
      : pathToFileURL(dirname(image.path)).href;
    const tooltip = session.client.linkTooltips ? { tooltip: render(text.folder(), session.locale) } : {};
    return [{ range: rangeOf(tree.lines, literal), target, ...tooltip }];
  });
}
