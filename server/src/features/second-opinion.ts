import { basename, dirname } from "node:path";
import { printable } from "../base/printable.ts";
import { messages, render, type Text } from "../base/text.ts";
import type { Snapshot } from "../engine/engine.ts";
import type { AnswerResult, Failure } from "../second-opinion/answer.ts";
import { askNix } from "../second-opinion/ask.ts";
import { type Comparison, compare, type Difference } from "../second-opinion/compare.ts";
import type { Session } from "./session/session.ts";

/** One flake, and what real Nix says of it, in the user's language. */
export interface FlakeOpinion {
  readonly flake: string;
  readonly ok: boolean;
  /** One sentence. */
  readonly summary: string;
  /** Values on which we differ, and those that only Nix knows. */
  readonly details: readonly string[];
}

const text = messages("second-opinion", {
  agrees: {
    en: "Nix and MicroVM Lens agree: {equal} values of {guests} guests.",
    "zh-cn": "Nix 与 MicroVM Lens 一致：{guests} 个虚拟机的 {equal} 个值。",
  },
  differs: {
    en: "{count} values differ between Nix and MicroVM Lens.",
    "zh-cn": "Nix 与 MicroVM Lens 有 {count} 个值不同。",
  },
  difference: {
    en: "{guest}: {what} is {nix} for Nix, {ours} here",
    "zh-cn": "{guest}：{what} 在 Nix 中为 {nix}，此处为 {ours}",
  },
  unknown: { en: "{guest}: {what} is known to Nix only", "zh-cn": "{guest}：{what} 只有 Nix 知道" },
  untrusted: { en: "Nix is run only in a trusted workspace.", "zh-cn": "仅在受信任的工作区中运行 Nix。" },
  never: {
    en: "Running Nix is switched off (`microvmLens.nix.evaluate`).",
    "zh-cn": "已关闭运行 Nix（`microvmLens.nix.evaluate`）。",
  },
  noFlake: { en: "There is no flake in this workspace.", "zh-cn": "此工作区中没有 flake。" },
  "nix-missing": { en: "The program `nix` was not found.", "zh-cn": "未找到程序 `nix`。" },
  timeout: { en: "Nix did not finish in time.", "zh-cn": "Nix 未能按时完成。" },
  "too-much-output": { en: "Nix printed too much.", "zh-cn": "Nix 的输出过多。" },
  failed: { en: "Nix could not evaluate the flake.", "zh-cn": "Nix 无法对该 flake 求值。" },
  malformed: { en: "Nix printed something unexpected.", "zh-cn": "Nix 的输出不符合预期。" },
  cancelled: { en: "Cancelled.", "zh-cn": "已取消。" },
});

/** Longest list of differences that is told. */
const most = 50;

/** Runs real Nix on every flake of the workspace; only in trust, and only when the settings let it. */
export async function secondOpinion(
  session: Session,
  snapshot: Snapshot,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<readonly FlakeOpinion[]> {
  const refuse = (why: Text): FlakeOpinion[] => [
    { flake: "", ok: false, summary: render(why, session.locale), details: [] },
  ];
  if (!session.trusted) return refuse(text.untrusted());
  if (session.settings["nix.evaluate"] === "never") return refuse(text.never());
  const flakes = flakeFolders(snapshot, roots);
  if (flakes.length === 0) return refuse(text.noFlake());
  const opinions: FlakeOpinion[] = [];
  // One after the other: each evaluation may take gigabytes.
  for (const flake of flakes) opinions.push(opinionOf(session, flake, await askNix(flake, { signal }), snapshot));
  return opinions;
}

/** Folders of the workspace whose flake.nix was evaluated. */
export function flakeFolders(snapshot: Snapshot, roots: readonly string[]): string[] {
  const folders = snapshot.files.filter((file) => basename(file) === "flake.nix").map(dirname);
  return [...new Set(folders)].filter((folder) =>
    roots.some((root) => folder === root || folder.startsWith(`${root}/`)),
  );
}

function opinionOf(session: Session, flake: string, result: AnswerResult, snapshot: Snapshot): FlakeOpinion {
  const say = (words: Text) => render(words, session.locale);
  if (!result.ok) {
    const reason: Failure = result.reason;
    const details = result.detail
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(printable);
    return { flake, ok: false, summary: say(text[reason]()), details };
  }
  const comparison: Comparison = compare(snapshot.declarations, result.answer);
  const { differences, unknown, equal, guests } = comparison;
  const summary = differences.length > 0 ? text.differs({ count: differences.length }) : text.agrees({ equal, guests });
  const details = [
    ...differences.map((difference) => text.difference(words(difference))),
    ...unknown.map(({ guest, what }) => text.unknown({ guest: printable(guest), what })),
  ];
  return { flake, ok: differences.length === 0, summary: say(summary), details: details.slice(0, most).map(say) };
}

function words({ guest, what, ours, nix }: Difference): Record<string, string> {
  const json = (value: unknown) => printable(value === undefined ? "–" : JSON.stringify(value));
  return { guest: printable(guest), what, ours: json(ours), nix: json(nix) };
}
