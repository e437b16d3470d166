import { printable } from "../base/printable.ts";
import { messages, render } from "../base/text.ts";
import { chainOf, type Link, type LinkState, linkWords } from "../forecast/chain.ts";
import { planGuest } from "../forecast/plan.ts";
import type { Guest, Volume } from "../microvm/model.ts";
import { code, plain } from "./session/markdown.ts";
import type { Question } from "./session/session.ts";

const text = messages("hover-chain", {
  heading: { en: "From file to mount:", "zh-cn": "从文件到挂载：" },
  headingOn: { en: "From file to mount on {host}:", "zh-cn": "在 {host} 上从文件到挂载：" },
});

const marks: Readonly<Record<LinkState, string>> = { whole: "✓", broken: "✗", open: "?", unreached: "·" };

/**
 * The way of a volume from its file to its mount, with the state of each link; without a volume, that of the one that
 * carries the guest's writable store. One paragraph for each probed host, none where there is no such way.
 */
export function chainParagraphs(question: Question, guest: Guest, volume: Volume | null): readonly string[] {
  const plans = planGuest(question.snapshot.context, guest);
  return plans.flatMap(({ facts, volumes }) => {
    const chains = volumes.map((each) => ({ volume: each.volume, links: chainOf(each) }));
    const found = chains.find((each) =>
      volume === null ? each.links.at(-1)?.name === "mount" : each.volume === volume,
    );
    if (!found) return [];
    const heading = facts === null ? text.heading() : text.headingOn({ host: plain(printable(facts.host)) });
    const { locale } = question.session;
    return [`${render(heading, locale)}\n\n${found.links.map((link) => line(link, question)).join("\n")}`];
  });
}

function line({ name, what, state, words }: Link, { session: { locale } }: Question): string {
  const said = words.map((each) => plain(printable(render(each, locale))));
  const rest = [...(what === null ? [] : [code(what)]), ...said].join(" — ");
  return `- ${marks[state]} ${render(linkWords[name](), locale)}${rest === "" ? "" : `: ${rest}`}`;
}
