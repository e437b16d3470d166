import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyEdits, type TextEdit } from "../../server/src/base/edit.ts";
import { render } from "../../server/src/base/text.ts";
import type { Fix } from "../../server/src/rules/rule.ts";
import type { JudgedFinding } from "../../server/src/rules/run.ts";
import type { Chance } from "./chance.ts";
import { type Difference, differences } from "./compare.ts";
import { type Forecast, withForecast } from "./forecast.ts";
import { fromModel, NotPlayable } from "./from-model.ts";
import { happened } from "./observe.ts";
import { fstabOf } from "./play/fstab.ts";
import { coursesFor, type Laid, play, restore } from "./play/player.ts";
import type { Sandbox } from "./play/sandbox.ts";

/** A fix that was applied, and what was wrong with it; nothing: it kept its promise and came true. */
export interface FixResult {
  readonly rule: string;
  readonly id: string;
  readonly title: string;
  readonly wrong: readonly string[];
  /** It was played; otherwise only forecast. */
  readonly played: boolean;
}

interface Offered {
  readonly finding: JudgedFinding;
  readonly fix: Extract<Fix, { kind: "edit" }>;
}

/** What a fix promises of the volume that it is about, by its id: one of these outcomes, in the end. */
const promises: Readonly<Record<string, readonly string[]>> = {
  guard: ["no-start"],
  "move-aside-at-start": ["recreate"],
  "grow-at-start": ["grow"],
  "grow-filesystem": ["grow"],
  "clear-overlay": ["recreate", "create"],
};

/** Edit fixes that are offered for a world, a few of them. */
export function offered({ snapshot }: Forecast, guest: string, chance: Chance, most: number): Offered[] {
  const all = snapshot.findings
    .filter(({ guests }) => guests.includes(guest))
    .flatMap((finding) => snapshot.fixes(finding).flatMap((fix) => (fix.kind === "edit" ? [{ finding, fix }] : [])));
  const chosen: Offered[] = [];
  while (chosen.length < most && all.length > 0) chosen.push(...all.splice(chance.below(all.length), 1));
  return chosen;
}

/** Applies a fix to a copy of the declaration, asks for the forecast of that, and plays it. */
export async function tryFix(
  laid: Laid,
  before: Forecast,
  { finding, fix }: Offered,
  sandbox: Sandbox,
): Promise<FixResult> {
  await restore(laid, sandbox);
  const flake = join(laid.setting.folder, "fixed");
  rmSync(flake, { recursive: true, force: true });
  cpSync(laid.flake, flake, { recursive: true });
  for (const [file, edits] of byFile(fix.edits)) {
    const path = file.replace(laid.flake, flake);
    writeFileSync(path, applyEdits(readFileSync(path, "utf8"), edits));
  }
  const wrong: string[] = [];
  const result = (played: boolean) => ({ rule: finding.rule, id: fix.id, title: render(fix.title), wrong, played });
  return withForecast(laid, flake, async (after) => {
    const still = (forecast: Forecast) => forecast.snapshot.findings.filter(({ rule }) => rule === finding.rule).length;
    if (still(after) >= still(before)) wrong.push(`${finding.rule} is still found`);
    const promised = promises[fix.id];
    const words = after.volumes.map(({ word }) => word);
    if (promised && !words.some((word) => promised.includes(word)))
      wrong.push(`promised ${promised}, forecast ${words}`);
    if (after.model === null) return result(false);
    let differ: readonly Difference[];
    try {
      const host = after.snapshot.declarations.hosts.find(({ name }) => name === after.model?.host) ?? null;
      const { setting, gift } = fromModel(laid.setting, after.model, host);
      const gifts = [gift];
      const fixed: Laid = { ...laid, setting, gifts, courses: coursesFor(laid.world, gifts), flake };
      const played = await play(fixed, sandbox);
      const entries = fstabOf(setting, gift.mounts ?? []);
      differ = differences(
        after,
        played.map((each) => happened(setting, entries, each)),
      );
    } catch (error) {
      if (error instanceof NotPlayable) return result(false);
      throw error;
    }
    for (const { said, came, course, detail } of differ)
      wrong.push(`said ${said}, came ${came} (${course}): ${detail}`);
    return result(true);
  });
}

function byFile(edits: readonly TextEdit[]): Map<string, TextEdit[]> {
  const files = new Map<string, TextEdit[]>();
  for (const edit of edits) files.set(edit.span.file, [...(files.get(edit.span.file) ?? []), edit]);
  return files;
}
