import { printable } from "../base/printable.ts";
import { type Locale, messages, render, type Text, verbatim } from "../base/text.ts";
import type { NotJudged, NotJudgedList } from "./not-judged.ts";

const text = messages("not-judged.summary", {
  volumeOne: { en: "1 volume not judged", "zh-cn": "1 个卷未能判断" },
  volumeMany: { en: "{count} volumes not judged", "zh-cn": "{count} 个卷未能判断" },
  guestOne: { en: "volumes of 1 guest not judged", "zh-cn": "1 台虚拟机的卷未能判断" },
  guestMany: { en: "volumes of {count} guests not judged", "zh-cn": "{count} 台虚拟机的卷未能判断" },
  both: {
    en: "{volumes}, and {guests} may have more",
    "zh-cn": "{volumes}，{guests} 可能还有其他卷",
  },
  guestsOne: { en: "1 guest", "zh-cn": "1 台虚拟机" },
  guestsMany: { en: "{count} guests", "zh-cn": "{count} 台虚拟机" },
  hostOne: { en: "1 host not judged", "zh-cn": "1 台主机未能判断" },
  hostMany: { en: "{count} hosts not judged", "zh-cn": "{count} 台主机未能判断" },
  parts: { en: "parts of the configuration not judged", "zh-cn": "部分配置未能判断" },
  line: { en: "{subject}: {reason}; {toDo}", "zh-cn": "{subject}：{reason}；{toDo}" },
  plain: { en: "{reason}; {toDo}", "zh-cn": "{reason}；{toDo}" },
});

/** "3 volumes not judged", for the end of a sentence; null when all was judged. */
export function notJudgedSummary({ items, counts }: Pick<NotJudgedList, "items" | "counts">): Text | null {
  const { volumes, guests, hosts } = counts;
  if (items.length === 0) return null;
  if (volumes > 0 && guests > 0)
    return text.both({ volumes: numbered("volume", volumes), guests: numbered("guests", guests) });
  if (volumes > 0) return numbered("volume", volumes);
  if (guests > 0) return numbered("guest", guests);
  return hosts > 0 ? numbered("host", hosts) : text.parts();
}

function numbered(what: "volume" | "guest" | "guests" | "host", count: number): Text {
  return count === 1 ? text[`${what}One`]() : text[`${what}Many`]({ count });
}

/** Things that are not judged for the same reason are told in one line; so many of them are named. */
const mostNames = 8;

/** A line for each reason: what it is about, why, and what to do. `first`: the item that gives the place. */
export function notJudgedLines(
  items: readonly NotJudged[],
  locale: Locale,
  face: "terminal" | "editor",
): { readonly line: string; readonly first: NotJudged }[] {
  const groups = new Map<string, { readonly first: NotJudged; readonly names: Set<string> }>();
  for (const item of items) {
    const key = JSON.stringify([render(item.reason, locale), render(item.toDo[face], locale)]);
    const group = groups.get(key) ?? { first: item, names: new Set() };
    groups.set(key, group);
    for (const name of subjects(item)) group.names.add(name);
  }
  return [...groups.values()].map(({ first, names }) => {
    const shown = [...names].slice(0, mostNames);
    if (names.size > shown.length) shown.push("…");
    const words = { reason: first.reason, toDo: first.toDo[face] };
    const subject = verbatim(shown.join(locale === "en" ? ", " : "、"));
    return { line: render(shown.length === 0 ? text.plain(words) : text.line({ subject, ...words }), locale), first };
  });
}

/** Whom it concerns: a reason about a host or an image names that itself. */
function subjects({ what, name, volumes }: NotJudged): string[] {
  if (what === "configuration" || what === "guest") return [printable(name)];
  if (what === "volume")
    return volumes.map(({ guest }) => printable(guest.name === name ? name : `${guest.name} ${name}`));
  return volumes.map(({ guest }) => printable(guest.name));
}

/** One item in one sentence, for a place where it is clear what it is about. */
export function notJudgedSentence({ reason, toDo }: NotJudged, face: "terminal" | "editor"): Text {
  return text.plain({ reason, toDo: toDo[face] });
}
