import { type Locale, render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { notJudgedLines } from "../../engine/not-judged-lines.ts";
import type { NotJudgedReport } from "../check/not-judged-report.ts";
import type { Terminal } from "../frame/command.ts";
import { placeWords } from "../frame/place-words.ts";
import { words } from "../frame/words.ts";

/** At most so many reasons are told. */
const most = 12;

/**
 * Says on stderr what could not be judged, why, and what to do. What a command prints on stdout is the same with and
 * without these messages.
 */
export function tellStatus(
  { items }: Pick<NotJudgedReport, "items">,
  snapshot: Pick<Snapshot, "tree">,
  locale: Locale,
  terminal: Terminal,
): void {
  const say = (text: string) => terminal.err(`${render(words.note(), locale)} ${text}\n`);
  const lines = notJudgedLines(items, locale, "terminal");
  for (const { line, first } of lines.slice(0, most)) {
    const place = first.causeAt ?? first.at;
    say(`${line}${place === null ? "" : ` (${placeWords(place, snapshot, terminal.cwd)})`}`);
  }
  if (lines.length > most) say(render(words.moreReasons({ count: lines.length - most }), locale));
}
