import type { Locale } from "../../base/text.ts";
import { render } from "../../base/text.ts";
import type { Snapshot } from "../../engine.ts";
import type { GuestPlan, VolumePlan } from "../../rules/plan/index.ts";
import { reportedPlace } from "../check-report.ts";
import { pathForTools } from "../display-path.ts";
import { type NotJudgedReport, notJudgedJson } from "../not-judged-report.ts";
import type { PlanChange } from "../plan-against.ts";

export interface PlanView {
  readonly locale: Locale;
  readonly cwd: string;
  readonly roots: readonly string[];
  readonly tree: Snapshot["tree"];
  readonly notJudged: NotJudgedReport;
  /** With `--against`: the revision and what differs from it. */
  readonly against?: string;
  readonly changes?: readonly PlanChange[];
}

/** The plan for tools: docs/schemas/plan.schema.json. */
export function planJson(plans: readonly GuestPlan[], view: PlanView): string {
  const summary: Record<string, number> = {};
  for (const { action } of plans.flatMap(({ volumes }) => volumes)) summary[action] = (summary[action] ?? 0) + 1;
  const document = {
    schema: 1,
    guests: plans.map(({ guest, declaredOn, host, complete, volumes }) => ({
      guest,
      declaredOn,
      host,
      complete,
      volumes: volumes.map((volume) => volumeObject(volume, view)),
    })),
    notJudged: notJudgedJson(view.notJudged, view),
    summary,
    ...(view.changes === undefined
      ? {}
      : {
          against: view.against,
          changes: view.changes.map(({ guest, host, before, after }) => ({
            guest,
            host,
            before: before && volumeObject(before, view),
            after: after && volumeObject(after, view),
          })),
        }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function volumeObject(volume: VolumePlan, { locale, cwd, roots, tree }: PlanView) {
  const place = volume.span === null ? null : reportedPlace(volume.span, { tree });
  return {
    image: volume.image,
    path: volume.path,
    mountPoint: volume.mountPoint,
    action: volume.action,
    reason: render(volume.text, locale),
    rule: volume.rule,
    leaves: volume.leaves,
    declaredMiB: volume.declaredMiB,
    declaredFsType: volume.declaredFsType,
    actualBytes: volume.actualBytes,
    actualFsType: volume.actualFsType,
    sizeIgnored: volume.sizeIgnored,
    conditional: volume.conditional,
    file: place === null ? null : pathForTools(place.file, cwd, roots),
    line: place === null ? null : place.start.line,
    column: place === null ? null : place.start.column,
  };
}
