import { columns, padded } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import { type Link, type LinkState, linkWords } from "../../forecast/chain.ts";
import type { Style } from "./style.ts";

const marks: Readonly<Record<LinkState, string>> = { whole: "✓", broken: "✗", open: "?", unreached: "·" };

/** The way of a volume for people: one line a link, with its state in front and what is known of it behind. */
export function chainLines(links: readonly Link[], locale: Locale, paint: Style): string[] {
  const names = links.map(({ name }) => render(linkWords[name](), locale));
  const width = Math.max(...names.map(columns));
  return links.map(({ what, state, words }, index) => {
    const said = [...(what === null ? [] : [what]), ...words.map((text) => printable(render(text, locale)))].join("; ");
    const line = `    ${marks[state]} ${padded(names[index] ?? "", width)}  ${said}`.trimEnd();
    if (state === "broken") return paint.severity("error", line);
    if (state === "open") return paint.severity("warning", line);
    return state === "unreached" ? paint.dim(line) : line;
  });
}
