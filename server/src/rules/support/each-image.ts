import { printable } from "../../base/printable.ts";
import { messages, render } from "../../base/text.ts";
import type { ImageFacts } from "../../disk/facts.ts";
import { fitted } from "../fixes/titles.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { imageOf, type Subject } from "./finding.ts";

export const text = messages("each-image", {
  more: {
    en: "{count} more images want the same, by hand",
    "zh-cn": "还有 {count} 个镜像需要同样处理（手动）",
  },
  ofGuest: { en: "{title} ({guest})", "zh-cn": "{title}（{guest}）" },
  list: { en: "The others are: {paths}", "zh-cn": "其余镜像：{paths}" },
});

type Operation = Extract<Fix, { readonly kind: "operation" }>;

/** An image that is there, and the host on which it lies. */
export interface ImagePlace {
  readonly path: string;
  readonly host: string;
  readonly image: ImageFacts;
}

/** So many images are offered one by one; a menu with more is not read. */
const most = 8;

/**
 * What is offered on the host for every image of a finding that was merged from several guests, each image once. Ids stay
 * unique: those of all but the first image carry its path. Where images have the same name, the titles name the guests.
 */
export function* forEachImage(
  context: RuleContext,
  subjects: readonly Subject[],
  offer: (subject: Subject, place: ImagePlace) => Iterable<Operation>,
): Iterable<Fix> {
  const seen = new Set<string>();
  const left: string[] = [];
  const offered: { readonly operation: Operation; readonly guest: string }[] = [];
  for (const subject of subjects) {
    const image = imageOf(context, subject);
    if (!image) continue;
    const place = { path: image.path, host: image.facts.host, image: image.seen };
    const key = `${place.host}:${place.path}`;
    if (seen.has(key)) continue;
    const operations = [...offer(subject, place)];
    if (operations.length === 0) continue;
    seen.add(key);
    if (seen.size > most) left.push(key);
    else {
      for (const each of operations) {
        const operation = seen.size === 1 ? each : { ...each, id: `${each.id} ${key}` };
        offered.push({ operation, guest: subject.guest.name });
      }
    }
  }
  yield* distinct(offered);
  if (left.length > 0) {
    const paths = printable(left.slice(0, 50).join(", ")) + (left.length > 50 ? " …" : "");
    yield {
      kind: "manual",
      id: "more-images",
      title: text.more({ count: left.length }),
      advice: text.list({ paths }),
    };
  }
}

function* distinct(offered: readonly { readonly operation: Operation; readonly guest: string }[]): Iterable<Operation> {
  const shown = ({ title }: Operation) => render(title);
  for (const { operation, guest } of offered) {
    const alike = offered.filter((each) => shown(each.operation) === shown(operation));
    if (alike.length < 2) yield operation;
    else {
      const { title } = operation;
      yield { ...operation, title: fitted(printable(guest), (name) => text.ofGuest({ title, guest: name })) };
    }
  }
}
