import { giveWay } from "../../base/giving-way.ts";
import type { GuestForecast } from "../../forecast/volume-forecast.ts";
import type { Guest } from "../../microvm/model.ts";
import { moved } from "../support/places.ts";
import type { Finding, GuestContext, Note, Rule, RuleContext } from "./rule.ts";

/** A rule that looks at each guest alone. */
export type GuestRule = Extract<Rule, { readonly scope: "guest" }>;

/** What one rule found. */
export interface Found {
  readonly rule: Rule;
  readonly finding: Finding;
  /** The guest that the rule was asked about, where it was asked about one alone. */
  readonly guest?: Guest;
}

interface Kept {
  readonly rules: string;
  readonly forecasts: readonly GuestForecast[];
  readonly found: readonly Found[];
}

/**
 * What rules about single guests found at the last run. A guest whose start is the same as before is not asked about again: what was found only moves with the text around it.
 */
export class FindingsMemory {
  readonly #kept = new WeakMap<Guest, Kept>();

  /** Findings about all guests, guest by guest; `run` asks one rule, and never throws. */
  *find(
    context: RuleContext,
    rules: readonly GuestRule[],
    run: (rule: GuestRule, context: GuestContext) => readonly Finding[],
  ): Generator<Found> {
    const ids = rules.map(({ id }) => id).join(" ");
    for (const guest of context.declarations.guests) {
      giveWay();
      const forecasts = context.forecasts(guest);
      const before = this.#kept.get(guest);
      const still = before?.rules === ids && before.forecasts === forecasts ? movedAll(before.found) : null;
      const found = still ?? ask(context, guest, rules, run);
      if (found !== before?.found) this.#kept.set(guest, { rules: ids, forecasts, found });
      yield* found;
    }
  }
}

function ask(
  context: RuleContext,
  guest: Guest,
  rules: readonly GuestRule[],
  run: (rule: GuestRule, context: GuestContext) => readonly Finding[],
): Found[] {
  const { hostsOf, onDisk, image, forecasts, isOurs } = context;
  const alone: GuestContext = { declarations: { guests: [guest] }, hostsOf, onDisk, image, forecasts, isOurs };
  return rules.flatMap((rule) => run(rule, alone).map((finding) => ({ rule, finding, guest })));
}

/** The findings where their text stands by now, the same objects where nothing moved; null when that is not known of one. */
function movedAll(all: readonly Found[]): readonly Found[] | null {
  let changed = false;
  const result: Found[] = [];
  for (const each of all) {
    const finding = movedFinding(each.finding);
    if (finding === null) return null;
    if (finding === each.finding) result.push(each);
    else {
      changed = true;
      result.push({ ...each, finding });
    }
  }
  return changed ? result : all;
}

function movedFinding(finding: Finding): Finding | null {
  const span = moved(finding.span);
  if (span === null) return null;
  let changed = span !== finding.span;
  const notes: Note[] = [];
  for (const note of finding.notes) {
    const at = note.at && moved(note.at);
    if (at === null) return null;
    if (at !== note.at) changed = true;
    notes.push(at === undefined || at === note.at ? note : { ...note, at });
  }
  return changed ? { ...finding, span, notes } : finding;
}
