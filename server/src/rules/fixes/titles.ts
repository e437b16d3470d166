import { columns } from "../../base/columns.ts";
import { locales, messages, render, type Text } from "../../base/text.ts";

export const text = messages("fix", {
  forGuests: { en: "{title} ({count} guests)", "zh-cn": "{title}（{count} 个虚拟机）" },
});

/** Columns that a title takes at most, in any language: what menus of editors show of it. */
const longest = 60;

/** The title as it is, or with the number of guests that it changes when there are several. */
export function titleFor(title: Text, guests: readonly string[]): Text {
  return guests.length > 1 ? text.forGuests({ title, count: guests.length }) : title;
}

/**
 * A title with the name of an image or label, without the folders before it, shortened until the title is short enough;
 * `around`: what others will add to it.
 */
export function fitted(
  name: string,
  make: (name: string) => Text,
  around: (title: Text) => Text = (title) => title,
): Text {
  const whole = name.slice(name.lastIndexOf("/") + 1);
  let shown = whole;
  for (let left = [...whole].length - 1; left > 0 && isTooLong(around(make(shown))); left--)
    shown = shortened(whole, left);
  return make(shown);
}

function isTooLong(title: Text): boolean {
  return locales.some((locale) => columns(render(title, locale)) > longest);
}

/** The beginning and the end of a name: both tell names of images apart. */
function shortened(name: string, length: number): string {
  const characters = [...name];
  const head = Math.ceil(length / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (length - head)).join("")}`;
}
