import { printableJson } from "../../base/printable.ts";
import type { Locale } from "../../base/text.ts";
import { render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { chainOf, type Link } from "../../forecast/chain.ts";
import { virtualBytes } from "../../forecast/image/observed.ts";
import { leftBehind, ruleNamed, whyOf } from "../../forecast/plan.ts";
import { type Reason, ruleOf } from "../../forecast/reasons.ts";
import type { GuestForecast, VolumeForecast } from "../../forecast/volume-forecast.ts";
import { wordsOf } from "../../forecast/words/reason-words.ts";
import { known } from "../../microvm/model.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import { type NotJudgedReport, notJudgedJson } from "../check/not-judged-report.ts";
import { pathForTools } from "../frame/display-path.ts";
import { reportedPlace } from "../frame/reported-place.ts";
import type { PlanChange } from "../plan/plan-against.ts";

export interface PlanView {
  readonly locale: Locale;
  readonly cwd: string;
  readonly roots: readonly string[];
  readonly tree: Snapshot["tree"];
  readonly notJudged: NotJudgedReport;
  /** With `--why`: the way from each file to its mount. */
  readonly why?: boolean;
  /** With `--against`: the revision and what differs from it. */
  readonly against?: string;
  readonly changes?: readonly PlanChange[];
}

/** The plan for tools: docs/schemas/plan.schema.json. */
export function planJson(plans: readonly GuestForecast[], view: PlanView): string {
  const summary: Record<string, number> = {};
  for (const { outcome } of plans.flatMap(({ volumes }) => volumes)) summary[outcome] = (summary[outcome] ?? 0) + 1;
  const document = {
    schema: 2,
    guests: plans.map(({ guest, facts, verdict, reasons, volumes }) => ({
      guest: guest.name,
      declaredOn: guest.host,
      host: facts?.host ?? null,
      outcome: verdict,
      reasons: reasons.map((each) => reasonObject(each, view.locale)),
      complete: guest.volumesOpen === null,
      volumes: volumes.map((volume) => volumeObject(volume, view, true)),
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
            // Places in the folder of a revision mean nothing to anybody.
            before: before && volumeObject(before, view, false),
            after: after && volumeObject(after, view, true),
          })),
        }),
  };
  return `${printableJson(document, 2)}\n`;
}

function reasonObject(each: Reason, locale: Locale) {
  return {
    kind: each.kind,
    step: each.step,
    outcome: each.outcome,
    rule: ruleOf[each.kind],
    text: render(wordsOf(each), locale),
  };
}

function volumeObject(forecast: VolumeForecast, view: PlanView, placed: boolean) {
  const { locale, cwd, roots, tree } = view;
  const { volume, outcome } = forecast;
  const span = placed ? placeSpan(volume.at) : null;
  const place = span === null ? null : reportedPlace(span, { tree });
  const image = seenIn(forecast);
  return {
    image: known(volume.image) ?? null,
    path: forecast.place?.path ?? null,
    mountPoint: known(volume.mountPoint) ?? null,
    outcome,
    reason: render(whyOf(forecast), locale),
    rule: ruleNamed(forecast),
    reasons: forecast.reasons.map((each) => reasonObject(each, locale)),
    ...(view.why ? { chain: chainOf(forecast).map((link) => linkObject(link, locale)) } : {}),
    leaves: leftBehind(forecast),
    declaredMiB: known(volume.sizeMiB) ?? null,
    declaredFsType: known(volume.fsType) ?? null,
    actualBytes: image ? virtualBytes(image) : null,
    actualFsType: image?.filesystem.state === "seen" ? image.filesystem.value.type : null,
    sizeIgnored: forecast.reasons.some(({ kind }) => kind === "size-ignored"),
    conditional: volume.conditional !== null,
    file: place === null ? null : pathForTools(place.file, cwd, roots),
    line: place === null ? null : place.start.line,
    column: place === null ? null : place.start.column,
  };
}

function linkObject({ name, what, state, words }: Link, locale: Locale) {
  return { link: name, what, state, texts: words.map((each) => render(each, locale)) };
}

/** The image that is there now. */
export function seenIn({ place }: VolumeForecast) {
  return place?.image.state === "seen" ? place.image.value : null;
}
