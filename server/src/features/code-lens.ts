import type { CodeLens } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import { messages, render } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import { guestBytes } from "./overview-data.ts";
import { guestsIn } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { rangeOf } from "./session/to-lsp.ts";

const text = messages("code-lens", {
  guest: {
    en: "{name}: {volumes} volumes, {images} on disk ({size})",
    "zh-cn": "{name}：{volumes} 个卷，磁盘上有 {images} 个（{size}）",
  },
});

/** Command of the extension that a click runs. */
const overviewCommand = "microvm-lens.showOverview";

/** One line above each guest; off by default because it moves the text. */
export function codeLenses(question: Question): CodeLens[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["codeLens.enable"]) return [];
  return guestsIn(snapshot, path).flatMap(({ span, uses: [guest] }): CodeLens[] => {
    if (!guest || guest.volumes.length === 0) return [];
    const images = guest.volumes.flatMap((volume) => snapshot.context.image(guest, volume)?.seen ?? []);
    const size = roughSizeWords(images.reduce((sum, image) => sum + guestBytes(image), 0));
    const title = render(
      text.guest({ name: printable(guest.name), volumes: guest.volumes.length, images: images.length, size }),
      session.locale,
    );
    const range = rangeOf(tree.lines, { start: span.start, end: span.start });
    // Without our extension there is nothing that a click could open: an empty command shows the title only.
    return [{ range, command: { title, command: session.client.extension ? overviewCommand : "" } }];
  });
}
