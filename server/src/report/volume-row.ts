import type { Text } from "../base/text.ts";
import { roughSizeWords, sizeWords } from "../base/words.ts";
import { muchToGiveBack } from "../disk/images/usage.ts";
import { outcomeWords } from "../forecast/words/outcome-words.ts";
import { daysWords, rateWords, shares } from "../history/words.ts";
import { type Row, secondsLeft } from "./attention.ts";
import { escaped, type Say, share } from "./html.ts";
import type { StorageGuest, StorageVolume } from "./storage.ts";
import { words } from "./words.ts";

/** One row: what it is, its bar, and the two numbers that matter. `linked` makes a link to where a volume is declared. */
export function volumeRow(
  { guest, volume, isUrgent, isTight, place }: Row,
  say: Say,
  linked: (html: string, volume: StorageVolume) => string,
): string {
  const classes = [
    "volume",
    ...(isUrgent ? ["urgent"] : []),
    ...(isTight ? ["tight"] : []),
    ...(guest.running === true ? ["running"] : []),
  ];
  const open = `<li class="${classes.join(" ")}" style="--name:${place.byName};--full:${place.byFullness}">`;
  if (volume === null) return `${open}<p class="what">${guestName(guest, say)}</p></li>`;
  const name = linked(`<code>${escaped(volume.image)}</code>`, volume);
  const mount = volume.mountPoint === null ? "" : ` <span class="quiet">${escaped(volume.mountPoint)}</span>`;
  return `${open}
<p class="what">${guestName(guest, say)} ${name}${mount}</p>
${bar(volume)}
<p class="how">${howFull(volume, say)}</p>
<p class="more">${more(volume, say)}</p>
${numbers(volume, say)}
</li>`;
}

function guestName(guest: StorageGuest, say: Say): string {
  const notes = [...(guest.running === true ? [words.running()] : []), ...(guest.complete ? [] : [words.more()])];
  const quiet = notes.map((text) => ` <span class="quiet">${say(text)}</span>`).join("");
  return `<strong>${escaped(guest.name)}</strong>${quiet}`;
}

/** Its end is the larger of what is declared and what the guest sees. What it shows is told in words beside it. */
function bar(volume: StorageVolume): string {
  const { declaredBytes, virtualBytes, usedBytes, reclaimableBytes } = volume;
  const end = Math.max(declaredBytes ?? 0, virtualBytes ?? 0);
  if (virtualBytes === null) return '<div class="bar none" aria-hidden="true"></div>';
  const disk = `<i class="disk" style="width:${share(virtualBytes, end)}"></i>`;
  const used = usedBytes === null ? "" : `<i class="used" style="width:${share(usedBytes, end)}"></i>`;
  const free =
    usedBytes === null || reclaimableBytes === null || reclaimableBytes === 0
      ? ""
      : `<i class="free" style="left:${share(usedBytes, end)};width:${share(reclaimableBytes, end)}"></i>`;
  const isOther = declaredBytes !== null && declaredBytes !== virtualBytes;
  const declared = isOther ? `<i class="declared" style="left:${share(declaredBytes, end)}"></i>` : "";
  return `<div class="bar" aria-hidden="true">${disk}${used}${free}${declared}</div>`;
}

/** "64 %", and how long that goes well. */
function howFull(volume: StorageVolume, say: Say): string {
  if (volume.percent === null) return `<span class="quiet">${say(unseen(volume) ?? words.unknown())}</span>`;
  const seconds = secondsLeft(volume);
  const left = seconds === null ? "" : ` <span class="days">${say(words.left({ days: daysWords(seconds) }))}</span>`;
  const { inodePercent } = volume;
  const inodes =
    inodePercent !== null && inodePercent > volume.percent
      ? ` <span class="days">${say(words.inodes({ percent: inodePercent }))}</span>`
      : "";
  return `<strong>${say(words.percent({ percent: volume.percent }))}</strong>${left}${inodes}`;
}

/** What is wrong, what comes next, and which way it goes; each only where there is something to say. */
function more(volume: StorageVolume, say: Say): string {
  const { worst, outcome, usedBytes, availableBytes, reclaimableBytes, past } = volume;
  const trend = past === null || typeof past.trend === "string" ? null : past.trend;
  const parts = [
    worst === null ? "" : `<a class="severity ${worst}" href="#findings">${say(words[worst]())}</a>`,
    usedBytes === null || availableBytes === null
      ? ""
      : say(words.usedLeft({ used: roughSizeWords(usedBytes), left: roughSizeWords(availableBytes) })),
    reclaimableBytes !== null && reclaimableBytes >= muchToGiveBack
      ? say(words.giveBack({ bytes: roughSizeWords(reclaimableBytes) }))
      : "",
    trend === null ? "" : `${spark(volume)}${say(rateWords(trend))}`,
    outcome === null ? "" : say(words.next({ outcome: outcomeWords[outcome]() })),
    volume.percent === null || unseen(volume) === null ? "" : say(unseen(volume) as Text),
  ];
  return parts
    .filter((part) => part !== "")
    .map((part) => `<span>${part}</span>`)
    .join(" ");
}

/** Why nothing was seen of it; null: it was. */
function unseen({ state }: StorageVolume): Text | null {
  if (state === "absent") return words.absent();
  if (state === "unreadable") return words.unreadable();
  return state === "not looked at" ? words.notLookedAt() : null;
}

const sparkPoints = 24;

/** How full it was, as a small drawing; the words beside it say it. */
function spark({ past }: StorageVolume): string {
  const heights = shares(past?.samples ?? [], sparkPoints);
  if (heights.length === 0) return "";
  const points = heights.map((height, index) => `${index * 2},${(11 - 10 * height).toFixed(1)}`).join(" ");
  return `<svg class="spark" viewBox="0 0 ${2 * sparkPoints - 2} 12" aria-hidden="true"><polyline points="${points}"/></svg>`;
}

/** Every number, folded away. */
function numbers(volume: StorageVolume, say: Say): string {
  const asOf = volume.asOf === "commit" ? words.commit() : volume.asOf === "hint" ? words.oldCount() : null;
  const lines: readonly (readonly [Text, number | null, string])[] = [
    [words.declared(), volume.declaredBytes, ""],
    [words.virtual(), volume.virtualBytes, ""],
    [words.filesystem(), volume.filesystemBytes, escaped(volume.filesystem ?? "")],
    [words.used(), volume.usedBytes, asOf === null ? "" : say(asOf)],
    [words.available(), volume.availableBytes, ""],
    [words.allocated(), volume.allocatedBytes, ""],
    [words.toGiveBack(), volume.reclaimableBytes, ""],
  ];
  const known = lines.filter(([, bytes]) => bytes !== null) as readonly (readonly [Text, number, string])[];
  const items = known.map(([term, bytes, note]) => {
    const exact = sizeWords(bytes);
    const rough = roughSizeWords(bytes);
    const noted = note === "" ? "" : ` <span class="quiet">${note}</span>`;
    return `<dt>${say(term)}</dt><dd>${rough}${exact === rough ? "" : ` (${exact})`}${noted}</dd>`;
  });
  const path = volume.path === null ? "" : `<dt>${say(words.path())}</dt><dd><code>${escaped(volume.path)}</code></dd>`;
  if (items.length === 0 && path === "") return "";
  return `<details><summary>${say(words.numbers())}</summary><dl>${items.join("")}${path}</dl></details>`;
}
