import { columns, padded } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";
import { type Locale, render, type Text } from "../../base/text.ts";
import { sizeWords } from "../../base/words.ts";
import type { GuestPlan, PlanAction, VolumePlan } from "../../rules/plan/index.ts";
import { withoutGuests, words } from "../words.ts";
import type { PlanView } from "./plan-json.ts";
import { type Style, style } from "./style.ts";

export interface TableOptions extends PlanView {
  readonly colour: boolean;
  /** False: there may be guests that were not found. */
  readonly complete: boolean;
  /** Columns of the terminal; null where lines are not wrapped. */
  readonly width: number | null;
}

/** The plan for people: a table, one row a volume, with the reason below where it does not fit beside. */
export function planTable(plans: readonly GuestPlan[], options: TableOptions): string {
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

function row(volume: VolumePlan, locale: Locale): Row {
  const unknown = "?";
  const declared = volume.declaredMiB === null ? unknown : `${volume.declaredMiB} MiB`;
  const actual = volume.actualBytes === null ? "–" : sizeWords(volume.actualBytes);
  return [
    volume.image ?? unknown,
    volume.mountPoint ?? "–",
    render(actionWords[volume.action](), locale) + (volume.conditional ? ` (${render(words.ifAny(), locale)})` : ""),
    `${declared} ${volume.declaredFsType ?? unknown}`,
    volume.actualFsType === null ? actual : `${actual} ${volume.actualFsType}`,
  ].map(printable);
}

function guestBlock(plan: GuestPlan, layout: readonly number[], options: TableOptions, paint: Style): string {
  const where = plan.host === null ? "" : paint.dim(` (${render(words.onHost({ host: plan.host }), options.locale)})`);
  const lines = [paint.bold(printable(plan.guest)) + where];
  for (const volume of plan.volumes) lines.push(...volumeLines(volume, layout, options, paint));
  if (!plan.complete) lines.push(`  ${render(words.moreVolumes(), options.locale)}`);
  else if (plan.volumes.length === 0) lines.push(`  ${render(words.noVolumes(), options.locale)}`);
  return `${lines.join("\n")}\n`;
}

function volumeLines(volume: VolumePlan, layout: readonly number[], options: TableOptions, paint: Style): string[] {
  const cells = row(volume, options.locale);
  const reason =
    printable(render(volume.text, options.locale)) + (volume.rule === null ? "" : ` ${paint.dim(`[${volume.rule}]`)}`);
  const painted = cells.map((cell, index) => {
    const wide = padded(cell, layout[index] ?? 0);
    return index === 2 ? paintAction(volume.action, wide, paint) : wide;
  });
  const text = `  ${painted.join("  ")}`;
  const used = layout.reduce((sum, each) => sum + each + 2, 2);
  if (used + columns(render(volume.text, options.locale)) + 2 <= (options.width ?? 160)) return [`${text}  ${reason}`];
  return [text.trimEnd(), `      ${reason}`];
}

function changesTable(options: TableOptions, paint: Style): string {
  const { locale, changes = [], against = "" } = options;
  const rest = options.notJudged.summary;
  const close = rest === null ? "" : `${render(words.only({ rest }), locale)}\n`;
  if (changes.length === 0) return `${render(words.noChanges({ revision: against }), locale)}\n${close}`;
  const lines = changes.map(({ guest, host, before, after }) => {
    const name = (after ?? before)?.image ?? "?";
    const where = host === null ? "" : ` (${render(words.onHost({ host }), locale)})`;
    return [
      `${paint.bold(`${printable(guest)} ${printable(name)}`)}${paint.dim(where)}`,
      ...(before === null ? [] : [`  - ${changeSide(before, options, paint)}`]),
      ...(after === null ? [`  + ${render(words.noLonger(), locale)}`] : [`  + ${changeSide(after, options, paint)}`]),
    ].join("\n");
  });
  return `${lines.join("\n")}\n${close}`;
}

function changeSide(volume: VolumePlan, { locale }: TableOptions, paint: Style): string {
  const action = paintAction(volume.action, render(actionWords[volume.action](), locale), paint);
  return `${action}: ${printable(render(volume.text, locale))}`;
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

const actionWords: Readonly<Record<PlanAction, () => Text>> = {
  create: words.create,
  reuse: words.reuse,
  recreate: words.recreate,
  "fail-to-create": words.failToCreate,
  blank: words.blank,
  "not-mount": words.notMount,
  shift: words.shift,
  share: words.share,
  unknown: words.unknown,
};

function paintAction(action: PlanAction, text: string, paint: Style): string {
  if (action === "fail-to-create" || action === "not-mount" || action === "blank" || action === "share") {
    return paint.severity("error", text);
  }
  if (action === "shift" || action === "unknown") return paint.severity("warning", text);
  return action === "reuse" ? text : paint.accent(text);
}
