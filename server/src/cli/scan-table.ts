import { cells, columns as widthOf } from "../base/columns.ts";
import { printable } from "../base/printable.ts";
import type { GuestFacts, HostFacts, ImageFacts, Observed } from "../disk/facts.ts";

const headings = ["HOST", "GUEST", "IMAGE", "FORMAT", "FS", "VIRTUAL", "ALLOCATED", "USED", "STATE"] as const;
/** Numbers are read from their end. */
const toTheRight = new Set<string>(["VIRTUAL", "ALLOCATED", "USED"]);

/** The facts as a table for people. Text from disk is shown with its control characters escaped. */
export function scanTable(hosts: readonly HostFacts[], columns: number | null): string {
  const rows = hosts.flatMap(rowsOf);
  if (rows.length === 0) return "";
  const table = [[...headings], ...rows];
  // One host needs no column of its own.
  const shown = headings.map((_, i) => i).filter((i) => i !== 0 || hosts.length > 1);
  const widths = shown.map((i) => Math.max(...table.map((row) => widthOf(row[i] ?? ""))));
  const lines = table.map((row) =>
    shown
      .map((i, at) => pad(row[i] ?? "", widths[at] ?? 0, toTheRight.has(headings[i] ?? "")))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => `${columns === null ? line : cut(line, columns)}\n`).join("");
}

function rowsOf(facts: HostFacts): string[][] {
  return facts.guests.flatMap((guest) => {
    const names = [printable(facts.host), printable(guest.name)];
    if (guest.images.length === 0) return [[...names, "", "", "", "", "", "", guestState(guest)]];
    return guest.images.map((path) => [...names, ...imageCells(path, guest, facts.images.get(path))]);
  });
}

function imageCells(path: string, guest: GuestFacts, image: Observed<ImageFacts> | undefined): string[] {
  const name = printable(path.startsWith(`${guest.directory}/`) ? path.slice(guest.directory.length + 1) : path);
  if (image === undefined || image.state === "absent") return [name, "", "", "", "", "", "missing"];
  if (image.state === "unreadable") return [name, "", "", "", "", "", `unreadable: ${printable(image.detail)}`];
  const { container, filesystem, allocatedBytes } = image.value;
  const inside = container.state === "seen" ? container.value : null;
  // A directory or a link that leads nowhere has none of this, which is no riddle.
  const unknown = container.state === "absent" ? "" : "?";
  return [
    name,
    inside?.format ?? unknown,
    filesystem.state === "seen" ? filesystem.value.type : image.value.blank === true ? "-" : unknown,
    inside === null ? unknown : size(inside.virtualBytes),
    container.state === "absent" ? "" : size(allocatedBytes),
    used(image.value),
    states(image.value, guest).join(", "),
  ];
}

/** In percent, by the filesystem's own count; a `?` where that count may be an old one. */
function used({ filesystem }: ImageFacts): string {
  if (filesystem.state !== "seen") return "";
  const { sizeBytes, freeBytes, freeIsCurrent } = filesystem.value;
  if (sizeBytes === null || freeBytes === null || sizeBytes === 0) return "";
  return freeIsCurrent ? `${Math.round((1 - freeBytes / sizeBytes) * 100)} %` : "?";
}

function states(image: ImageFacts, guest: GuestFacts): string[] {
  const words: string[] = [];
  if (image.blank === true) words.push("blank");
  if (image.kind !== "regular" && image.kind !== "block-device")
    words.push(image.kind === "unknown" ? "dangling link" : image.kind);
  for (const observed of [image.container, image.filesystem]) {
    const text = observed.state === "unreadable" ? `unreadable: ${printable(observed.detail)}` : null;
    if (text !== null && !words.includes(text)) words.push(text);
  }
  if (image.filesystem.state === "seen") {
    const { state, label } = image.filesystem.value;
    if (label !== null) words.push(`label ${printable(label)}`);
    if (state === "needs-recovery") words.push("not cleanly unmounted");
    if (state === "errors") words.push("has errors");
  }
  if (image.inUse?.state === "seen" || (guest.running.state === "seen" && guest.running.value)) words.push("in use");
  return words;
}

function guestState(guest: GuestFacts): string {
  if (guest.current.state === "unreadable") return `unreadable: ${printable(guest.current.detail)}`;
  return guest.running.state === "seen" && guest.running.value ? "running, no images" : "no images";
}

/** Three digits and a binary unit, as people compare them: `512 MiB`, `1.50 GiB`. */
function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
}

function cut(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let result = "";
  let width = 1;
  for (const { shown, width: more } of cells(line)) {
    width += more;
    if (width > columns) break;
    result += shown;
  }
  return `${result}…`;
}
