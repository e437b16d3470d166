import { printable } from "../base/printable.ts";
import { messages, type Text, verbatim } from "../base/text.ts";
import type { NotJudged, NotJudgedList } from "./not-judged.ts";

const text = messages("unseen", {
  host: { en: "{host}: images are not looked at", "zh-cn": "{host}：未查看镜像" },
});

/** A host of the configuration whose images nobody looks at; null: of guests that no host declares. */
export interface UnseenHost {
  readonly host: string | null;
  /** Names of its guests with volumes. Untrusted: escape before showing. */
  readonly guests: readonly string[];
  /** One short line: "nuc: images are not looked at". */
  readonly words: Text;
}

/** Why images are not looked at that somebody could have us look at: by naming a host, a snapshot or a folder. */
const offered: ReadonlySet<NotJudged["cause"]> = new Set(["no-state-directory", "no-host"]);

/** The declared hosts whose images nobody looks at, for faces that offer to. Each once, in the order of their guests. */
export function unseenHosts({ items }: Pick<NotJudgedList, "items">): readonly UnseenHost[] {
  const found = new Map<string | null, Set<string>>();
  for (const { cause, volumes } of items) {
    if (!offered.has(cause)) continue;
    for (const { guest } of volumes) {
      const guests = found.get(guest.host);
      if (guests) guests.add(guest.name);
      else found.set(guest.host, new Set([guest.name]));
    }
  }
  return [...found].map(([host, guests]) => {
    const names = host === null ? [...guests].slice(0, mostNames) : [host];
    if (host === null && guests.size > names.length) names.push("…");
    return { host, guests: [...guests], words: text.host({ host: verbatim(names.map(printable).join(", ")) }) };
  });
}

/** So many guests are named where there is no host to name. */
const mostNames = 3;
