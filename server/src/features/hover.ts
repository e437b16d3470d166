import { basename } from "node:path";
import type { Hover } from "vscode-languageserver";
import type { Span } from "../base/span.ts";
import { messages, render, type Text } from "../base/text.ts";
import { notJudgedLines, notJudgedSentence } from "../engine/engine.ts";
import { type Field, known } from "../microvm/model.ts";
import type { OptionFacts } from "../microvm/options/option-facts.ts";
import { optionAt } from "../microvm/options/table.ts";
import { reasonChain } from "../nix/eval/reasons.ts";
import { chainParagraphs } from "./chain-hover.ts";
import { comparisonRows, comparisonTable } from "./comparison.ts";
import { guestUnder, guestWords } from "./guest-hover.ts";
import { nextStartOf } from "./next-start.ts";
import { offerParagraphs } from "./offer.ts";
import { cursorContext } from "./options/cursor.ts";
import { optionMarkdown } from "./options/documentation.ts";
import {
  type FieldPlace,
  fieldAround,
  fieldAt,
  type GuestFieldPlace,
  optionName,
  type VolumeUse,
  writtenAt,
} from "./session/locate.ts";
import { code, link, plain, withoutMarks } from "./session/markdown.ts";
import type { Question } from "./session/session.ts";
import { rangeOf, uriOf } from "./session/to-lsp.ts";
import { wordAround } from "./session/word.ts";

const text = messages("hover", {
  volume: { en: "volume of guest {guest}", "zh-cn": "虚拟机 {guest} 的卷" },
  volumeOfMany: { en: "volume of {count} guests", "zh-cn": "{count} 个虚拟机的卷" },
  conditional: {
    en: "There only under a condition that is not known here.",
    "zh-cn": "仅在某个此处未知的条件成立时存在。",
  },
  from: { en: "value from {place}", "zh-cn": "值来自 {place}" },
  unknown: { en: "The value of {option} is not known here:", "zh-cn": "此处无法得知 {option} 的值：" },
  outdated: { en: "This is being looked at again.", "zh-cn": "正在重新查看。" },
  guest: { en: "guest {guest}", "zh-cn": "虚拟机 {guest}" },
});

/** At most so many guests, or reasons, are told in one hover. */
const mostReasons = 5;

/** What stands under the cursor: declared beside on-disk values, where a value comes from, why it is not known. */
export function hover(question: Question, offset: number): Hover | null {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["hover.enable"]) return null;
  const place = fieldAround(snapshot, path, offset);
  const option = optionUnder(tree.text, offset);
  const named = place === null ? guestUnder(question, offset) : null;
  if (named) {
    const guests = named.guests.slice(0, mostReasons).map((guest) => guestWords(question, guest));
    const offers = offerParagraphs(question, named.guests);
    return answer(question, [guests.join("\n\n---\n\n"), ...offers, ...asOf(question)].join("\n\n"), named.span);
  }
  if (!place)
    return option && answer(question, optionMarkdown(option.facts, session.locale), { file: path, ...option });
  const facts = place.kind === "field" ? volumeText(question, place) : guestText(question, place);
  const known = facts === "" ? "" : [facts, ...asOf(question)].join("\n\n");
  const parts = [known, option ? optionMarkdown(option.facts, session.locale) : ""].filter((part) => part !== "");
  return parts.length > 0 ? answer(question, parts.join("\n\n---\n\n"), place.span) : null;
}

/** What is known of guests may be old. */
function asOf({ session, snapshot }: Question): string[] {
  return snapshot.outdated ? [`*${render(text.outdated(), session.locale)}*`] : [];
}

function answer({ session, snapshot, path }: Question, markdown: string, span: Span): Hover | null {
  const lines = snapshot.tree(path)?.lines;
  if (!lines) return null;
  const contents = session.client.hoverMarkdown
    ? { kind: "markdown" as const, value: markdown }
    : { kind: "plaintext" as const, value: withoutMarks(markdown) };
  return { contents, range: rangeOf(lines, span) };
}

/** The option of microvm.nix whose name is under the cursor, wherever it stands. */
function optionUnder(text: string, offset: number): { facts: OptionFacts; start: number; end: number } | null {
  if (!text.includes("microvm")) return null;
  const { end } = wordAround(text, offset, /[\w'-]/);
  const cursor = cursorContext(text, end);
  if (cursor?.kind !== "name" || cursor.typed === "") return null;
  const facts = optionAt([...cursor.path, cursor.typed]);
  return facts ? { facts, start: cursor.start, end } : null;
}

function volumeText(question: Question, place: FieldPlace): string {
  const say = (words: Text) => render(words, question.session.locale);
  const first = place.uses[0] as VolumeUse;
  const field: Field<unknown> = first.volume[place.field];
  const paragraphs: string[] = [heading(question, place)];
  if (place.uses.length === 1) {
    paragraphs.push(comparisonTable(question, first));
    const starts = nextStartOf(question, first.guest, first.volume);
    if (starts.length > 0) paragraphs.push(starts.join("  \n"));
    if (place.field === "mountPoint") paragraphs.push(...chainParagraphs(question, first.guest, first.volume));
    const notes: string[] = [];
    if (first.volume.conditional) notes.push(say(text.conditional()));
    for (const item of question.snapshot.notJudged().ofVolume(first.volume))
      notes.push(plain(say(notJudgedSentence(item, "editor"))));
    if (notes.length > 0) paragraphs.push(notes.join("  \n"));
  } else {
    paragraphs.push(comparisonRows(question, place.uses));
    const items = place.uses.flatMap(({ volume }) => question.snapshot.notJudged().ofVolume(volume));
    const lines = notJudgedLines([...new Set(items)], question.session.locale, "editor").map(({ line }) => plain(line));
    if (lines.length > 0) paragraphs.push(lines.slice(0, mostReasons).join("  \n"));
  }
  const guests = place.uses.map(({ guest }) => guest);
  paragraphs.push(...offerParagraphs(question, guests));
  paragraphs.push(...whereFrom(question, field, place.span));
  paragraphs.push(...whyUnknown(question, field, optionName(place.field)));
  return paragraphs.join("\n\n");
}

function heading({ session }: Question, { uses }: FieldPlace): string {
  const { guest, volume } = uses[0] as VolumeUse;
  const image = known(volume.image);
  const whose =
    uses.length === 1 ? text.volume({ guest: code(guest.name) }) : text.volumeOfMany({ count: uses.length });
  const name =
    image !== undefined && uses.every((use) => known(use.volume.image) === image) ? `**${plain(image)}** — ` : "";
  return name + render(whose, session.locale);
}

function guestText(question: Question, place: GuestFieldPlace): string {
  const first = place.uses[0];
  if (!first) return "";
  const field: Field<unknown> = first[place.field];
  const option = optionName(place.field);
  const value = known(field);
  const facts = [...whereFrom(question, field, place.span), ...whyUnknown(question, field, option)];
  if (place.field === "writableStoreOverlay" && place.uses.length === 1) {
    facts.push(...chainParagraphs(question, first, null));
  }
  if (facts.length === 0) return "";
  const names =
    place.uses
      .slice(0, 5)
      .map((guest) => code(guest.name))
      .join(", ") + (place.uses.length > 5 ? " …" : "");
  const head = render(text.guest({ guest: names }), question.session.locale);
  const shown = typeof value === "string" && value.length <= 80 && !value.includes("\n") ? `: ${code(value)}` : "";
  return [`**${plain(option)}** — ${head}${shown}`, ...facts].join("\n\n");
}

/** A link to the literal when it does not stand in the place that is hovered over. */
function whereFrom(question: Question, field: Field<unknown>, here: Span): string[] {
  const at = writtenAt(field) ?? fieldAt(field);
  if (!at || (at.file === here.file && at.start >= here.start && at.end <= here.end)) return [];
  const words = placeLink(question, at);
  return words === null ? [] : [render(text.from({ place: words }), question.session.locale)];
}

function whyUnknown(question: Question, field: Field<unknown>, option: string): string[] {
  if (field.state !== "unknown") return [];
  const { locale } = question.session;
  const steps = reasonChain(field.unknown).map(({ text: reason, at }) => {
    const where = at ? placeLink(question, at) : null;
    return `- ${render(reason, locale)}${where === null ? "" : ` (${where})`}`;
  });
  return [`${render(text.unknown({ option: code(option) }), locale)}\n${steps.join("\n")}`];
}

/** `file.nix:12` as a link; null for text that is not a file that we may read. */
function placeLink({ session, snapshot }: Question, at: Span): string | null {
  const lines = snapshot.tree(at.file)?.lines;
  if (!lines) return null;
  const line = lines.position(at.start).line + 1;
  return link(`${basename(at.file)}:${line}`, `${uriOf(at.file, session.documents)}#L${line}`);
}
