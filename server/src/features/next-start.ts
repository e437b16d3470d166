import { printable } from "../base/printable.ts";
import { messages, render, type Text } from "../base/text.ts";
import type { Snapshot } from "../engine/engine.ts";
import type { Outcome } from "../forecast/outcome.ts";
import { planGuest, whyOf } from "../forecast/plan.ts";
import type { GuestForecast, VolumeForecast } from "../forecast/volume-forecast.ts";
import { outcomeWords, verdictWords } from "../forecast/words/outcome-words.ts";
import type { Guest, Volume } from "../microvm/model.ts";
import { plain } from "./session/markdown.ts";
import type { Question } from "./session/session.ts";

const text = messages("next-start", {
  heading: { en: "Next start:", "zh-cn": "下次启动：" },
  headingOn: { en: "Next start on {host}:", "zh-cn": "在 {host} 上的下次启动：" },
  volume: { en: "{outcome}: {why}", "zh-cn": "{outcome}：{why}" },
});

/** What the next start does with a volume, as `microvm-lens plan` says it. One line for each probed host. Markdown. */
export function nextStartOf(question: Question, guest: Guest, volume: Volume): readonly string[] {
  return seenStarts(question.snapshot, guest).flatMap((plan) => {
    const own = plan.volumes.find((each) => each.volume === volume);
    return own ? [line(question, plan, text.volume({ outcome: outcomeWords[own.outcome](), why: whyOf(own) }))] : [];
  });
}

/** Whether the guest starts. One line for each probed host. Markdown. */
export function guestStartOf(question: Question, guest: Guest): readonly string[] {
  return seenStarts(question.snapshot, guest)
    .filter(({ volumes }) => volumes.length > 0)
    .map((plan) => line(question, plan, verdictWords[plan.verdict]()));
}

/** What becomes of the volume where that is the same on every probed host; null where none was looked at. */
export function outcomeOn(snapshot: Snapshot, guest: Guest, volume: Volume): Outcome | null {
  const own = seenStarts(snapshot, guest).flatMap(({ volumes }) => volumes.filter((each) => each.volume === volume));
  const [first, ...others] = own.map(({ outcome }: VolumeForecast) => outcome);
  return first !== undefined && others.every((each) => each === first) ? first : null;
}

/** Of a host that nobody looked at there is nothing to say. */
function seenStarts(snapshot: Snapshot, guest: Guest): readonly GuestForecast[] {
  return planGuest(snapshot.context, guest).filter(({ facts }) => facts !== null);
}

function line({ snapshot, session }: Question, { guest, facts }: GuestForecast, words: Text): string {
  const several = snapshot.context.hostsOf(guest).length > 1;
  const heading = facts && several ? text.headingOn({ host: printable(facts.host) }) : text.heading();
  return `**${plain(render(heading, session.locale))}** ${plain(printable(render(words, session.locale)))}`;
}
