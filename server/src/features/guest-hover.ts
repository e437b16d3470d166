import type { Span } from "../base/span.ts";
import { messages, render, type Text } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import { notJudgedSentence } from "../engine/engine.ts";
import { outcomeWords } from "../forecast/words/outcome-words.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import { guestStartOf, outcomeOn } from "./next-start.ts";
import { cursorContext } from "./options/cursor.ts";
import { guestBytes } from "./overview-data.ts";
import { declaredAround } from "./session/locate.ts";
import { code, plain } from "./session/markdown.ts";
import type { Question } from "./session/session.ts";
import { wordAround } from "./session/word.ts";

const text = messages("guest-hover", {
  guest: { en: "guest {guest}", "zh-cn": "虚拟机 {guest}" },
  on: { en: "guest {guest} on {host}", "zh-cn": "{host} 上的虚拟机 {guest}" },
  running: { en: "It is running.", "zh-cn": "正在运行。" },
  noVolumes: { en: "It has no volumes.", "zh-cn": "没有卷。" },
  declared: { en: "{size} MiB declared", "zh-cn": "声明 {size} MiB" },
  onDisk: { en: "{size} on disk", "zh-cn": "磁盘上 {size}" },
  next: { en: "next start: {outcome}", "zh-cn": "下次启动：{outcome}" },
  noImage: { en: "no image yet", "zh-cn": "尚无镜像" },
  problems: { en: "Problems:", "zh-cn": "问题：" },
});

/** At most so many volumes and problems are listed. */
const most = 10;

/** The guests whose name stands under the cursor: a key of `microvm.vms`, a configuration, or a string such as `"microvm@web"`. */
export function guestUnder(
  { snapshot, path }: Pick<Question, "snapshot" | "path">,
  offset: number,
): { readonly span: Span; readonly guests: readonly Guest[] } | null {
  const source = snapshot.tree(path)?.text ?? "";
  let { start, end } = wordAround(source, offset, /[\w@.'-]/);
  const quoted = source[start - 1] === '"' && source[end] === '"';
  if (!quoted) {
    // A dot parts names of attributes.
    const around = source.slice(start, end);
    const before = around.slice(0, offset - start).lastIndexOf(".");
    const after = around.indexOf(".", offset - start);
    end = after < 0 ? end : start + after;
    start += before + 1;
  }
  const name = source
    .slice(start, end)
    .replace(/^microvm@/, "")
    .replace(/\.service$/, "");
  const guests = snapshot.declarations.guests.filter((guest) => guest.name === name);
  if (guests.length === 0 || !(quoted || isKey(source, end))) return null;
  const span = { file: path, start, end };
  // Of several guests with this name the ones that are declared here are meant.
  for (const place of declaredAround(snapshot, path, end)) {
    const here = place.kind === "guest" ? place.uses.filter((guest) => guest.name === name) : [];
    if (here.length > 0) return { span, guests: here };
  }
  return { span, guests };
}

/** Whether the name that ends there is one of `microvm.vms` or of the flake's configurations. */
function isKey(source: string, end: number): boolean {
  const cursor = cursorContext(source, end);
  return cursor?.kind === "name" && ["vms", "nixosConfigurations"].includes(cursor.path.at(-1) ?? "");
}

/** A guest with its volumes, what runs, its problems, and what is not known of it. Markdown. */
export function guestWords(question: Question, guest: Guest): string {
  const { snapshot, session } = question;
  const say = (words: Text) => render(words, session.locale);
  const name = code(guest.name);
  const head = guest.host === null ? text.guest({ guest: name }) : text.on({ guest: name, host: code(guest.host) });
  const parts = [`**${say(head)}**`];
  if (isRunning(question, guest)) parts.push(say(text.running()));
  const starts = guestStartOf(question, guest);
  if (starts.length > 0) parts.push(starts.join("  \n"));
  const list = snapshot.notJudged();
  const open = list.ofGuest(guest);
  const rows = guest.volumes.slice(0, most).map((volume) => volumeRow(question, guest, volume, say));
  if (guest.volumes.length > most) rows.push(`- … ${guest.volumes.length - most}`);
  if (rows.length > 0) parts.push(rows.join("\n"));
  else if (open.length === 0) parts.push(say(text.noVolumes()));
  parts.push(...open.map((item) => plain(say(notJudgedSentence(item, "editor")))));
  const problems = snapshot.findings.filter(({ guests }) => guests.includes(guest.name)).slice(0, most);
  if (problems.length > 0)
    parts.push([say(text.problems()), "", ...problems.map(({ message }) => `- ${plain(say(message))}`)].join("\n"));
  return parts.join("\n\n");
}

function volumeRow({ snapshot }: Question, guest: Guest, volume: Volume, say: (words: Text) => string): string {
  const image = known(volume.image);
  const size = known(volume.sizeMiB);
  const mountPoint = known(volume.mountPoint);
  const places = snapshot.context.onDisk(guest, volume);
  const seen = snapshot.context.image(guest, volume);
  const outcome = outcomeOn(snapshot, guest, volume);
  const [reason] = snapshot.notJudged().ofVolume(volume);
  const facts = [
    ...(mountPoint == null ? [] : [code(mountPoint)]),
    ...(size === undefined ? [] : [say(text.declared({ size }))]),
    ...(seen ? [say(text.onDisk({ size: roughSizeWords(guestBytes(seen.seen)) }))] : []),
    ...(places.length > 0 && places.every(({ image: each }) => each.state === "absent") ? [say(text.noImage())] : []),
    ...(outcome === null ? [] : [say(text.next({ outcome: outcomeWords[outcome]() }))]),
    ...(reason ? [plain(say(notJudgedSentence(reason, "editor")))] : []),
  ];
  return `- ${image === undefined ? "?" : code(image)}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`;
}

function isRunning({ snapshot }: Question, guest: Guest): boolean {
  return snapshot.context
    .hostsOf(guest)
    .some(({ guests }) =>
      guests.some(
        ({ name, running }) => guest.directoryNames.includes(name) && running.state === "seen" && running.value,
      ),
    );
}
