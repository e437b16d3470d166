import { cells, columns as widthOf } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";
import { type Locale, messages, render, type Text } from "../../base/text.ts";
import type { GuestFacts, HostFacts, ImageFacts, Observed } from "../../disk/facts.ts";
import { usageOf } from "../../disk/images/usage.ts";

const headings = ["host", "guest", "image", "format", "filesystem", "virtual", "allocated", "used", "state"] as const;
/** Numbers are read from their end. */
const toTheRight = new Set<string>(["virtual", "allocated", "used"]);

const text = messages("scan-table", {
  host: { en: "HOST", "zh-cn": "主机" },
  guest: { en: "GUEST", "zh-cn": "虚拟机" },
  image: { en: "IMAGE", "zh-cn": "镜像" },
  format: { en: "FORMAT", "zh-cn": "格式" },
  filesystem: { en: "FS", "zh-cn": "文件系统" },
  virtual: { en: "VIRTUAL", "zh-cn": "虚拟大小" },
  allocated: { en: "ALLOCATED", "zh-cn": "已分配" },
  used: { en: "USED", "zh-cn": "已用" },
  state: { en: "STATE", "zh-cn": "状态" },
  missing: { en: "missing", "zh-cn": "不存在" },
  unreadable: { en: "unreadable: {detail}", "zh-cn": "无法读取：{detail}" },
  blank: { en: "blank", "zh-cn": "空白" },
  dangling: { en: "dangling link", "zh-cn": "悬空链接" },
  label: { en: "label {label}", "zh-cn": "卷标 {label}" },
  dirty: { en: "not cleanly unmounted", "zh-cn": "未正常卸载" },
  errors: { en: "has errors", "zh-cn": "有错误" },
  inUse: { en: "in use", "zh-cn": "使用中" },
  noImages: { en: "no images", "zh-cn": "没有镜像" },
  running: { en: "running, no images", "zh-cn": "运行中，没有镜像" },
  total: {
    en: "{host}: {stateDir}, guests: {guests}, images: {images}",
    "zh-cn": "{host}：{stateDir}，虚拟机：{guests}，镜像：{images}",
  },
  space: { en: "{total}, {free} of {size} free", "zh-cn": "{total}，共 {size}，剩余 {free}" },
});

type Say = (words: Text) => string;

/** The facts as a table for people. Text from disk is shown with its control characters escaped. */
export function scanTable(hosts: readonly HostFacts[], columns: number | null, locale?: Locale): string {
  const say: Say = (words) => render(words, locale);
  const rows = hosts.flatMap((facts) => rowsOf(facts, say));
  const totals = hosts.filter((facts) => facts.stateDirectory.state === "seen").map((facts) => total(facts, say));
  if (rows.length === 0) return totals.map((line) => `${line}\n`).join("");
  const table = [headings.map((heading) => say(text[heading]())), ...rows];
  // One host needs no column of its own.
  const shown = headings.map((_, i) => i).filter((i) => i !== 0 || hosts.length > 1);
  const widths = shown.map((i) => Math.max(...table.map((row) => widthOf(row[i] ?? ""))));
  const lines = table.map((row) =>
    shown
      .map((i, at) => pad(row[i] ?? "", widths[at] ?? 0, toTheRight.has(headings[i] ?? "")))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, ...totals].map((line) => `${columns === null ? line : cut(line, columns)}\n`).join("");
}

/** One line about a host: where was looked, and how much room is left. */
function total({ host, stateDir, guests, freeBytes, totalBytes }: HostFacts, say: Say): string {
  const images = guests.reduce((sum, guest) => sum + guest.images.length, 0);
  const names = { host: printable(host), stateDir: printable(stateDir) };
  const words = text.total({ ...names, guests: guests.length, images });
  if (freeBytes.state !== "seen" || totalBytes.state !== "seen") return say(words);
  return say(text.space({ total: words, free: size(freeBytes.value), size: size(totalBytes.value) }));
}

function rowsOf(facts: HostFacts, say: Say): string[][] {
  return facts.guests.flatMap((guest) => {
    const names = [printable(facts.host), printable(guest.name)];
    if (guest.images.length === 0) return [[...names, "", "", "", "", "", "", guestState(guest, say)]];
    return guest.images.map((path) => [...names, ...imageCells(path, guest, facts.images.get(path), say)]);
  });
}

function imageCells(path: string, guest: GuestFacts, image: Observed<ImageFacts> | undefined, say: Say): string[] {
  const name = printable(path.startsWith(`${guest.directory}/`) ? path.slice(guest.directory.length + 1) : path);
  if (image === undefined || image.state === "absent") return [name, "", "", "", "", "", say(text.missing())];
  if (image.state === "unreadable") return [name, "", "", "", "", "", unreadable(image.detail, say)];
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
    states(image.value, guest, say).join(", "),
  ];
}

/** In percent, as `df` in the guest; a `?` where it is not known. */
function used({ filesystem }: ImageFacts): string {
  if (filesystem.state !== "seen" || filesystem.value.space.state === "absent") return "";
  const usage = usageOf(filesystem.value);
  return usage === null || usage.percent === null ? "?" : `${usage.percent} %`;
}

function unreadable(detail: string, say: Say): string {
  return say(text.unreadable({ detail: printable(detail) }));
}

function states(image: ImageFacts, guest: GuestFacts, say: Say): string[] {
  const words: string[] = [];
  if (image.blank === true) words.push(say(text.blank()));
  if (image.kind !== "regular" && image.kind !== "block-device")
    words.push(image.kind === "unknown" ? say(text.dangling()) : image.kind);
  for (const observed of [image.container, image.filesystem]) {
    const why = observed.state === "unreadable" ? unreadable(observed.detail, say) : null;
    if (why !== null && !words.includes(why)) words.push(why);
  }
  if (image.filesystem.state === "seen") {
    const { state, label } = image.filesystem.value;
    if (label !== null) words.push(say(text.label({ label: printable(label) })));
    if (state === "needs-recovery") words.push(say(text.dirty()));
    if (state === "errors") words.push(say(text.errors()));
  }
  if (image.inUse?.state === "seen" || (guest.running.state === "seen" && guest.running.value))
    words.push(say(text.inUse()));
  return words;
}

function guestState(guest: GuestFacts, say: Say): string {
  if (guest.current.state === "unreadable") return unreadable(guest.current.detail, say);
  return say(guest.running.state === "seen" && guest.running.value ? text.running() : text.noImages());
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
