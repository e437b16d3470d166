import { printable } from "../base/printable.ts";
import { type Locale, render } from "../base/text.ts";
import type { Snapshot } from "../engine.ts";
import { reasonChain } from "../nix/eval/reasons.ts";
import type { Terminal } from "./command.ts";
import { placeWords } from "./place-words.ts";
import { words } from "./words.ts";

/** At most so many roots that gave nothing are told. */
const most = 5;

/**
 * Says on stderr what could not be judged: hosts without a state directory, roots that could not be evaluated. What a
 * command prints on stdout is the same with and without these messages.
 */
export function tellStatus(snapshot: Snapshot, locale: Locale, terminal: Terminal): void {
  const say = (text: string) => terminal.err(`${render(words.note(), locale)} ${text}\n`);
  // Without guests it does not matter what the disks say.
  if (snapshot.declarations.guests.length > 0) {
    for (const text of snapshot.status) say(printable(render(text, locale)));
  }
  const { problems } = snapshot.declarations;
  for (const { what, unknown } of problems.slice(0, most)) {
    const chain = reasonChain(unknown);
    const root = chain.at(-1);
    const reasons = chain.map(({ text }) => printable(render(text, locale))).join(" ← ");
    const at = root?.at ? ` (${placeWords(root.at, snapshot, terminal.cwd)})` : "";
    say(`${printable(what)}: ${reasons}${at}`);
  }
  if (problems.length > most) say(render(words.moreProblems({ count: problems.length - most }), locale));
}
