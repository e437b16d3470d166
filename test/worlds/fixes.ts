import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyEdits, type TextEdit } from "../../server/src/base/edit.ts";
import { render } from "../../server/src/base/text.ts";
import type { JudgedFinding } from "../../server/src/rules/frame/judged.ts";
import type { Fix } from "../../server/src/rules/frame/rule.ts";
import { run } from "../cli/run.ts";
import { broken } from "../harness/contradictions.ts";
import type { Chance } from "./chance.ts";
import { type Difference, differences } from "./compare.ts";
import { type Forecast, withForecast } from "./forecast.ts";
import { fromModel, NotPlayable } from "./from-model.ts";
import { happened } from "./observe.ts";
import { fstabOf } from "./play/fstab.ts";
import { coursesFor, keepHost, type Laid, play, restore, touch } from "./play/player.ts";
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
  readonly fix: Extract<Fix, { kind: "edit" | "operation" }>;
}

/** Fixes that can be done, of those that are offered for a world, a few of them. */
export function offered({ snapshot }: Forecast, guest: string, chance: Chance, most: number): Offered[] {
  const all = snapshot.findings
    .filter(({ guests }) => guests.includes(guest))
    .flatMap((finding) => snapshot.fixes(finding).flatMap((fix) => (canBeDone(fix) ? [{ finding, fix }] : [])));
  const chosen: Offered[] = [];
  while (chosen.length < most && all.length > 0) chosen.push(...all.splice(chance.below(all.length), 1));
  return chosen;
}

/** A file can be given to the user microvm only where there is one; mounting on the host is for other tests. */
function canBeDone(fix: Fix): fix is Offered["fix"] {
  if (fix.kind === "operation") return fix.id !== "chown" && !fix.command.includes("--mount");
  return fix.kind === "edit";
}

/** Does what a fix says, asks for the forecast of that, and plays it. */
export async function tryFix(
  laid: Laid,
  before: Forecast,
  { finding, fix }: Offered,
  sandbox: Sandbox,
): Promise<FixResult> {
  await restore(laid, sandbox);
  const wrong: string[] = [];
  const result = (played: boolean) => ({ rule: finding.rule, id: fix.id, title: render(fix.title), wrong, played });
  const done = fix.kind === "edit" ? edited(laid, fix.edits) : await operated(laid, fix.command, sandbox);
  if (typeof done === "string") {
    wrong.push(done);
    return result(false);
  }
  return withForecast(done, done.flake, async (after) => {
    const still = (forecast: Forecast) => forecast.snapshot.findings.filter(({ rule }) => rule === finding.rule).length;
    if (still(after) >= still(before)) wrong.push(`${finding.rule} is still found`);
    const words = after.volumes.map(({ word }) => word);
    const because = after.volumes.map(({ reason }) => reason).join("; ");
    wrong.push(...broken(fix.id, before.guest, words).map((each) => `${each}: ${because}`));
    const played = await playable(done, after, sandbox);
    for (const { said, came, course, detail } of played ?? []) {
      wrong.push(`said ${said}, came ${came} (${course}): ${detail}`);
    }
    return result(played !== null);
  });
}

/** A copy of the declaration with these edits in it. */
function edited(laid: Laid, edits: readonly TextEdit[]): Laid {
  const flake = join(laid.setting.folder, "fixed");
  rmSync(flake, { recursive: true, force: true });
  cpSync(laid.flake, flake, { recursive: true });
  for (const [file, ofFile] of byFile(edits)) {
    const path = file.replace(laid.flake, flake);
    writeFileSync(path, applyEdits(readFileSync(path, "utf8"), ofFile));
  }
  return { ...laid, flake };
}

/** The host after an operation; a complaint where the command that is offered does not do it. */
async function operated(laid: Laid, command: readonly string[], sandbox: Sandbox): Promise<Laid | string> {
  touch(laid);
  const { code, out, err } = await run([...command, "--yes"], { cwd: laid.setting.folder, env: process.env });
  if (code !== 0) return `${command.slice(0, 2).join(" ")} ended with ${code}: ${err || out}`;
  return keepHost(laid, sandbox);
}

/** Where what was read of a declaration can be played: what is not as forecast. Null: it cannot. */
async function playable(laid: Laid, forecast: Forecast, sandbox: Sandbox): Promise<readonly Difference[] | null> {
  const { whole, snapshot } = forecast;
  if (whole === null) return null;
  const model = whole.guest;
  try {
    const host = snapshot.declarations.hosts.find(({ name }) => name === model.host) ?? null;
    const { setting, gift } = fromModel(laid.setting, model, host);
    const fixed: Laid = { ...laid, setting, gifts: [gift], courses: coursesFor(laid.world, [gift]) };
    const played = await play(fixed, sandbox);
    const entries = fstabOf(setting, gift.mounts ?? []);
    return differences(
      forecast,
      played.map((each) => happened(setting, entries, each)),
    );
  } catch (error) {
    if (error instanceof NotPlayable) return null;
    throw error;
  }
}

function byFile(edits: readonly TextEdit[]): Map<string, TextEdit[]> {
  const files = new Map<string, TextEdit[]>();
  for (const edit of edits) files.set(edit.span.file, [...(files.get(edit.span.file) ?? []), edit]);
  return files;
}
