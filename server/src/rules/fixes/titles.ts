import { messages, type Text } from "../../base/text.ts";
import { nameList } from "../../base/words.ts";

export const text = messages("fix", {
  forGuests: {
    en: "{title} (changes {count} guests: {guests})",
    "zh-cn": "{title}（会改变 {count} 个虚拟机：{guests}）",
  },
});

/** The title as it is, or with the guests that it changes when there are several. */
export function titleFor(title: Text, guests: readonly string[]): Text {
  return guests.length > 1 ? text.forGuests({ title, count: guests.length, guests: nameList(guests) }) : title;
}
