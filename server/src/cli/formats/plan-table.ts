import { columns, padded } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import { sizeWords } from "../../base/words.ts";
import { chainOf } from "../../forecast/chain.ts";
import { virtualBytes } from "../../forecast/image/observed.ts";
import { failures, type Outcome, type Verdict } from "../../forecast/outcome.ts";
import { ruleNamed, whyOf } from "../../forecast/plan.ts";
import { reasonOf, ruleOf } from "../../forecast/reasons.ts";
import type { GuestForecast, VolumeForecast } from "../../forecast/volume-forecast.ts";
import { outcomeWords, verdictWords } from "../../forecast/words/outcome-words.ts";
import { wordsOf } from "../../forecast/words/reason-words.ts";
import { known } from "../../microvm/model.ts";
import { withoutGuests, words } from "../frame/words.ts";
import { chainLines } from "./chain-lines.ts";
import { type PlanView, seenIn } from "./plan-json.ts";
import { type Style, style } from "./style.ts";

export interface TableOptions extends PlanView {
  readonly colour: boolean;
  /** False: there may be guests that were not found. */
  readonly complete: boolean;
  /** Columns of the terminal; null where lines are not wrapped. */
  readonly width: number | null;
}

/** The plan for people: a table, one row a volume, with the reason below where it does not fit beside. */
export function planTable(plans: readonly GuestForecast[], options: TableOptions): string {
  const paint = style(options.colour);
  if (options.changes !== undefined) return changesTable(options, paint);
  const rest = options.notJudged.summary;
  if (plans.length === 0)
    return `${render(rest === null ? withoutGuests(options) : words.noGuestsAsFar({ rest }), options.locale)}\n`;
  const rows = plans.flatMap(({ volumes }) => volumes.map((volume) => row(volume, options.locale)));
  const layout = widths([heading(options.locale), ...rows]);
  const blocks = plans.map((plan) => guestBlock(plan, layout, options, paint));
  const table = `${paint.dim(`  ${line(heading(options.locale), layout)}`)}\n${blocks.join("")}`;
  return rest === null ? table : `${table}${render(words.only({ rest }), options.locale)}\n`;
}

/** Of one volume: image, mount point, action, declared, on disk. */
type Row = readonly string[];

function heading(locale: Locale): Row {
  return [words.image(), words.mountPoint(), words.nextStart(), words.declared(), words.onDisk()].map((text) =>
    render(text, locale),
  );
}

function row(forecast: VolumeForecast, locale: Locale): Row {
  const { volume, outcome } = forecast;
  const unknown = "?";
  const sizeMiB = known(volume.sizeMiB);
  const declared = sizeMiB === undefined ? unknown : `${sizeMiB} MiB`;
  const image = seenIn(forecast);
  const bytes = image && virtualBytes(image);
  const actual = bytes === null ? "–" : sizeWords(bytes);
  const conditional = volume.conditional === null ? "" : ` (${render(words.ifAny(), locale)})`;
  return [
    known(volume.image) ?? unknown,
    known(volume.mountPoint) ?? "–",
    render(outcomeWords[outcome](), locale) + conditional,
    `${declared} ${known(volume.fsType) ?? unknown}`,
    image?.filesystem.state === "seen" ? `${actual} ${image.filesystem.value.type}` : actual,
  ].map(printable);
}

function guestBlock(plan: GuestForecast, layout: readonly number[], options: TableOptions, paint: Style): string {
  const { locale } = options;
  const where = plan.facts === null ? "" : paint.dim(` (${render(words.onHost({ host: plan.facts.host }), locale)})`);
  const isSaid = plan.reasons.length > 0 || (plan.facts !== null && plan.volumes.length > 0);
  const verdict = isSaid ? `: ${verdictOf(plan.verdict, locale, paint)}` : "";
  const lines = [paint.bold(printable(plan.guest.name)) + where + verdict];
  for (const each of plan.reasons) {
    if (plan.volumes.some(({ reasons }) => reasonOf(reasons, each.kind))) continue;
    const rule = ruleOf[each.kind];
    lines.push(`  ${printable(render(wordsOf(each), locale))}${rule === null ? "" : ` ${paint.dim(`[${rule}]`)}`}`);
  }
  for (const volume of plan.volumes) lines.push(...volumeLines(volume, layout, options, paint));
  if (plan.guest.volumesOpen !== null) lines.push(`  ${render(words.moreVolumes(), options.locale)}`);
  else if (plan.volumes.length === 0) lines.push(`  ${render(words.noVolumes(), options.locale)}`);
  return `${lines.join("\n")}\n`;
}

function volumeLines(volume: VolumeForecast, layout: readonly number[], options: TableOptions, paint: Style): string[] {
  const cells = row(volume, options.locale);
  const why = render(whyOf(volume), options.locale);
  const rule = ruleNamed(volume);
  const reason = printable(why) + (rule === null ? "" : ` ${paint.dim(`[${rule}]`)}`);
  const painted = cells.map((cell, index) => {
    const wide = padded(cell, layout[index] ?? 0);
    return index === 2 ? paintOutcome(volume.outcome, wide, paint) : wide;
  });
  const text = `  ${painted.join("  ")}`;
  const used = layout.reduce((sum, each) => sum + each + 2, 2);
  if (options.why) return [text.trimEnd(), ...chainLines(chainOf(volume), options.locale, paint)];
  if (used + columns(why) + 2 <= (options.width ?? 160)) return [`${text}  ${reason}`];
  return [text.trimEnd(), `      ${reason}`];
}

function changesTable(options: TableOptions, paint: Style): string {
  const { locale, changes = [], against = "" } = options;
  const rest = options.notJudged.summary;
  const close = rest === null ? "" : `${render(words.only({ rest }), locale)}\n`;
  if (changes.length === 0) return `${render(words.noChanges({ revision: against }), locale)}\n${close}`;
  const lines = changes.map(({ guest, host, before, after }) => {
    const name = known((after ?? before)?.volume.image ?? { state: "missing" }) ?? "?";
    const where = host === null ? "" : ` (${render(words.onHost({ host }), locale)})`;
    return [
      `${paint.bold(`${printable(guest)} ${printable(name)}`)}${paint.dim(where)}`,
      ...(before === null ? [] : [`  - ${changeSide(before, options, paint)}`]),
      ...(after === null ? [`  + ${render(words.noLonger(), locale)}`] : [`  + ${changeSide(after, options, paint)}`]),
    ].join("\n");
  });
  return `${lines.join("\n")}\n${close}`;
}

function changeSide(volume: VolumeForecast, { locale }: TableOptions, paint: Style): string {
  const outcome = paintOutcome(volume.outcome, render(outcomeWords[volume.outcome](), locale), paint);
  return `${outcome}: ${printable(render(whyOf(volume), locale))}`;
}

function verdictOf(verdict: Verdict, locale: Locale, paint: Style): string {
  const said = render(verdictWords[verdict](), locale);
  if (verdict === "does-not-start") return paint.severity("error", said);
  return verdict === "starts" ? said : paint.severity("warning", said);
}

function line(cells: Row, layout: readonly number[]): string {
  return cells
    .map((cell, index) => padded(cell, layout[index] ?? 0))
    .join("  ")
    .trimEnd();
}

function widths(rows: readonly Row[]): number[] {
  return (rows[0] ?? []).map((_, index) => Math.max(...rows.map((cells) => columns(cells[index] ?? ""))));
}

function paintOutcome(outcome: Outcome, text: string, paint: Style): string {
  if (outcome === "blank" || failures.has(outcome)) return paint.severity("error", text);
  if (outcome === "in-ram" || outcome === "unknown") return paint.severity("warning", text);
  return outcome === "reuse" ? text : paint.accent(text);
}
