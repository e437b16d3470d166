import { messages, render, type Text } from "../base/text.ts";
import { roughSizeWords, sizeWords } from "../base/words.ts";
import type { FilesystemFacts, ImageFacts } from "../disk/facts.ts";
import { muchToGiveBack, reclaimableBytes, usageOf } from "../disk/images/usage.ts";
import { outcomeWords } from "../forecast/words/outcome-words.ts";
import { sparkline, trendWords } from "../history/words.ts";
import { type Field, known } from "../microvm/model.ts";
import type { VolumeOnDisk } from "../rules/frame/rule.ts";
import { outcomeOn } from "./next-start.ts";
import { guestBytes } from "./overview-data.ts";
import type { VolumeUse } from "./session/locate.ts";
import { code, plain, table } from "./session/markdown.ts";
import { isLocal, type Question } from "./session/session.ts";

const text = messages("comparison", {
  declared: { en: "declared", "zh-cn": "声明" },
  onDisk: { en: "on disk", "zh-cn": "磁盘上" },
  guest: { en: "guest", "zh-cn": "虚拟机" },
  nextStart: { en: "next start", "zh-cn": "下次启动" },
  size: { en: "size", "zh-cn": "大小" },
  filesystem: { en: "filesystem", "zh-cn": "文件系统" },
  label: { en: "label", "zh-cn": "卷标" },
  mountPoint: { en: "mount point", "zh-cn": "挂载点" },
  used: { en: "used", "zh-cn": "已用" },
  trend: { en: "trend", "zh-cn": "趋势" },
  allocated: { en: "allocated on the host", "zh-cn": "主机上已分配" },
  state: { en: "state", "zh-cn": "状态" },
  format: { en: "format", "zh-cn": "格式" },
  default: { en: "{value} (default)", "zh-cn": "{value}（默认）" },
  missing: { en: "not given", "zh-cn": "未给出" },
  unknown: { en: "not known here", "zh-cn": "此处未知" },
  none: { en: "none", "zh-cn": "无" },
  blank: { en: "none: the image is blank", "zh-cn": "无：镜像是空白的" },
  noFilesystem: { en: "none that is known", "zh-cn": "没有可识别的文件系统" },
  unreadable: { en: "cannot be read: {detail}", "zh-cn": "无法读取：{detail}" },
  lastMounted: { en: "last at {path}", "zh-cn": "上次挂载于 {path}" },
  usedOf: {
    en: "{used} of {size} ({percent} %), {left} left",
    "zh-cn": "{size} 中的 {used}（{percent}%），剩余 {left}",
  },
  commit: {
    en: "{words}; as of the last commit, usually at most {seconds} s ago; what waits in the guest's memory is not counted",
    "zh-cn": "{words}；截至上次提交，通常最多在 {seconds} 秒前；虚拟机内存中尚待写入的数据未计入",
  },
  hint: { en: "{words}; the count may be an old one", "zh-cn": "{words}；该计数可能已过时" },
  usedUnknown: { en: "not known: {detail}", "zh-cn": "未知：{detail}" },
  inodes: { en: "inodes (files)", "zh-cn": "inode（文件数）" },
  inodesOf: { en: "{used} of {total} ({percent} %)", "zh-cn": "{total} 中的 {used}（{percent}%）" },
  giveBack: { en: "to give back", "zh-cn": "可归还" },
  giveBackOf: {
    en: "{bytes} are free in the guest and still taken on the host",
    "zh-cn": "{bytes} 在虚拟机中空闲，但仍占用主机空间",
  },
  clean: { en: "clean", "zh-cn": "正常" },
  recovery: { en: "in use, or not cleanly unmounted", "zh-cn": "正在使用，或未正常卸载" },
  errors: { en: "the filesystem has recorded errors", "zh-cn": "文件系统记录了错误" },
  missingImage: { en: "no image", "zh-cn": "没有镜像" },
  several: { en: "Several images may be meant:", "zh-cn": "可能指以下任一镜像：" },
  lookedAt: { en: "looked at {time}", "zh-cn": "查看于 {time}" },
  modified: { en: "modified {time}", "zh-cn": "修改于 {time}" },
});

/** Inodes are seldom what runs out: below this many percent they are not worth a line. */
const inodesWorthTelling = 50;

/** Characters of a sparkline. */
const sparkWidth = 12;

/** What was seen longer ago than this is shown with its time. */
const minuteMs = 60_000;

/** Guests that one table names; the others are only counted. */
const mostRows = 8;

/** Declared beside on-disk values of one volume, then where the image lies. */
export function comparisonTable(question: Question, use: VolumeUse): string {
  const say = (words: Text) => render(words, question.session.locale);
  const places = question.snapshot.context.onDisk(use.guest, use.volume);
  const existing = places.filter((place) => place.image.state === "seen");
  const [only, ...others] = existing;
  const image = only?.image.state === "seen" && others.length === 0 ? only.image.value : null;
  const parts = [volumeTable(question, use, image, only ?? null)];
  if (others.length > 0)
    parts.push([say(text.several()), ...existing.map((place) => `- ${placeWords(question, place, say)}`)].join("\n"));
  else if (only) parts.push(placeWords(question, only, say));
  else if (places[0]) parts.push(absentWords(question, places[0], say));
  return parts.join("\n\n");
}

/** One row per guest: for a declaration that several guests share. */
export function comparisonRows(question: Question, uses: readonly VolumeUse[]): string {
  const say = (words: Text) => render(words, question.session.locale);
  const rows = uses.slice(0, mostRows).map((use) => {
    const image = question.snapshot.context.image(use.guest, use.volume)?.seen ?? null;
    const onDisk = image
      ? [sizeWords(guestBytes(image)), filesystemWords(image, say)].join(", ")
      : say(text.missingImage());
    const outcome = outcomeOn(question.snapshot, use.guest, use.volume);
    const next = outcome === null ? "" : say(outcomeWords[outcome]());
    return [code(use.guest.name), declaredWords(use.volume.sizeMiB, say, sizeOf), onDisk, next];
  });
  if (uses.length > mostRows) rows.push([`… ${uses.length - mostRows}`, "", "", ""]);
  return table([say(text.guest()), say(text.declared()), say(text.onDisk()), say(text.nextStart())], rows);
}

function volumeTable(question: Question, use: VolumeUse, image: ImageFacts | null, place: VolumeOnDisk | null): string {
  const { session } = question;
  const { volume } = use;
  const say = (words: Text) => render(words, session.locale);
  const filesystem = image?.filesystem.state === "seen" ? image.filesystem.value : null;
  const rows: string[][] = [];
  const row = (name: Text, declared: string, onDisk: string | null) => {
    rows.push(image ? [say(name), declared, onDisk ?? ""] : [say(name), declared]);
  };
  row(text.size(), declaredWords(volume.sizeMiB, say, sizeOf), image && sizeWords(guestBytes(image)));
  row(text.filesystem(), declaredWords(volume.fsType, say, code), image && filesystemWords(image, say));
  const label = known(volume.label);
  if (label || filesystem?.label) {
    row(
      text.label(),
      declaredWords(volume.label, say, code),
      filesystem && (filesystem.label === null ? say(text.none()) : code(filesystem.label)),
    );
  }
  const last = filesystem?.lastMounted;
  row(
    text.mountPoint(),
    declaredWords(volume.mountPoint, say, code),
    last ? say(text.lastMounted({ path: code(last) })) : "",
  );
  if (
    image?.container.state === "seen" &&
    (image.container.value.format !== "raw" || known(volume.imageType) !== "raw")
  ) {
    row(text.format(), declaredWords(volume.imageType, say, code), code(image.container.value.format));
  }
  if (image && filesystem) {
    rows.push([say(text.used()), "", usedWords(filesystem, say)]);
    const trend = place && trendOfVolume(question, use, place, say);
    if (trend) rows.push([say(text.trend()), "", trend]);
    const { inodes } = usageOf(filesystem) ?? { inodes: null };
    if (inodes !== null && (inodes.percent ?? 0) >= inodesWorthTelling) {
      const counted = { used: `${inodes.used}`, total: `${inodes.total}`, percent: inodes.percent ?? 0 };
      rows.push([say(text.inodes()), "", say(text.inodesOf(counted))]);
    }
    rows.push([say(text.state()), "", stateWords(filesystem, say)]);
  }
  if (image) rows.push([say(text.allocated()), "", roughSizeWords(image.allocatedBytes)]);
  const giveBack = image && reclaimableBytes(image);
  if (giveBack !== null && giveBack >= muchToGiveBack) {
    rows.push([say(text.giveBack()), "", say(text.giveBackOf({ bytes: roughSizeWords(giveBack) }))]);
  }
  const head = ["", say(text.declared()), ...(image ? [say(text.onDisk())] : [])];
  return table(head, rows);
}

function declaredWords<T>(
  field: Field<T | null>,
  say: (words: Text) => string,
  write: (value: T & {}) => string,
): string {
  if (field.state === "missing") return say(text.missing());
  if (field.state === "unknown") return say(text.unknown());
  const value = field.value === null || field.value === undefined ? say(text.none()) : write(field.value);
  return field.state === "default" ? say(text.default({ value })) : value;
}

/** `2048 MiB (2 GiB)`: the unit of `size` is what people get wrong (issue 404 of microvm.nix). */
function sizeOf(sizeMiB: number): string {
  const rough = roughSizeWords(sizeMiB * 1024 * 1024);
  return rough === `${sizeMiB} MiB` || sizeMiB < 1024 ? `${sizeMiB} MiB` : `${sizeMiB} MiB (${rough})`;
}

function filesystemWords(image: ImageFacts, say: (words: Text) => string): string {
  if (image.filesystem.state === "seen") return code(image.filesystem.value.type);
  if (image.filesystem.state === "unreadable") return say(text.unreadable({ detail: plain(image.filesystem.detail) }));
  return say(image.blank === true ? text.blank() : text.noFilesystem());
}

function usedWords(filesystem: FilesystemFacts, say: (words: Text) => string): string {
  const { space } = filesystem;
  const usage = usageOf(filesystem);
  if (space.state === "unreadable") return say(text.usedUnknown({ detail: plain(space.detail) }));
  if (usage === null || usage.percent === null) return say(text.unknown());
  const words = say(
    text.usedOf({
      used: roughSizeWords(usage.usedBytes),
      size: roughSizeWords(usage.totalBytes),
      percent: usage.percent,
      left: roughSizeWords(usage.availableBytes),
    }),
  );
  if (usage.asOf === "rest") return words;
  return say(usage.asOf === "commit" ? text.commit({ words, seconds: usage.behindSeconds }) : text.hint({ words }));
}

/** "▁▂▃▅ fills at 1.2 GiB a day, full in about 12 days"; null where the looks so far do not say it. */
function trendOfVolume(
  { session }: Question,
  { guest }: VolumeUse,
  { facts, path }: VolumeOnDisk,
  say: (words: Text) => string,
): string | null {
  const past = session.past(facts.host, guest.name, path);
  if (past === null || typeof past.trend === "string") return null;
  return `${sparkline(past.samples, sparkWidth)} ${say(trendWords(past.trend))}`;
}

function stateWords(filesystem: FilesystemFacts, say: (words: Text) => string): string {
  if (filesystem.state === "clean") return say(text.clean());
  if (filesystem.state === "needs-recovery") return say(text.recovery());
  return say(filesystem.state === "errors" ? text.errors() : text.unknown());
}

/** `server1: /var/lib/microvms/web/data.img, modified 2026-03-01 12:00`; where it may be old, also when it was seen. */
function placeWords({ session }: Question, place: VolumeOnDisk, say: (words: Text) => string): string {
  const image = place.image.state === "seen" ? place.image.value : null;
  const target = image && image.realPath !== place.path ? ` → ${code(image.realPath)}` : "";
  const parts = [`${plain(place.facts.host)}: ${code(place.path)}${target}`];
  if (image) parts.push(say(text.modified({ time: minuteOf(image.modifiedMs) })));
  const { host, takenAtMs } = place.facts;
  if (!isLocal(session, host) && Date.now() - takenAtMs > minuteMs)
    parts.push(say(text.lookedAt({ time: minuteOf(takenAtMs) })));
  return parts.join(", ");
}

function absentWords(question: Question, place: VolumeOnDisk, say: (words: Text) => string): string {
  if (place.image.state === "unreadable") {
    return `${placeWords(question, place, say)}: ${say(text.unreadable({ detail: plain(place.image.detail) }))}`;
  }
  // What becomes of it, the forecast says.
  return `${placeWords(question, place, say)}: ${say(text.missingImage())}`;
}

function minuteOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "?" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
