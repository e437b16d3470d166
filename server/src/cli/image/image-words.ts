import { printable, printableJson } from "../../base/printable.ts";
import { type Locale, render, type Text } from "../../base/text.ts";
import type { Plan, Refusal, Step, Target } from "../../operations/operation.ts";
import type { Recovery } from "../../operations/recover.ts";
import { quoteForDisplay } from "../../shell/quote.ts";
import { style } from "../formats/style.ts";
import type { Terminal } from "../frame/command.ts";
import { words } from "../frame/words.ts";

/** A plan as people read it: what was found, every step, what is lost, how to undo it. */
export function planWords(plan: Plan, locale: Locale, terminal: Terminal): string {
  const paint = style(terminal.colour.out);
  const say = (text: Text) => printable(render(text, locale));
  return [
    paint.bold(say(plan.title)),
    ...plan.checked.map((text) => `  ${say(words.checked())} ${say(text)}`),
    stepLines(plan.steps, locale).trimEnd(),
    `  ${say(words.lost())} ${plan.destroys === null ? say(words.nothingLost()) : say(plan.destroys)}`,
    `  ${say(words.undo())} ${say(plan.undo)}`,
    ...(plan.afterwards === null ? [] : [`  ${say(words.afterwards())} ${say(plan.afterwards)}`]),
    "",
  ].join("\n");
}

/** What has to be done after an interruption, as people read it. */
export function recoveryWords({ outcome, steps }: Recovery, locale: Locale): string {
  return `${printable(render(outcome, locale))}\n${stepLines(steps, locale)}`;
}

/**
 * One line of JSON for programs (docs/schemas/image.schema.json): `plan` and `interrupted` have steps, `done` has none
 * because there is nothing to do. Texts are in the language of the command line.
 */
export function outcomeJson(
  outcome: Plan | Recovery | (Refusal & { readonly kind: "done" }),
  locale: Locale,
  target: Target | null = null,
): string {
  const say = (text: Text | null) => (text === null ? null : render(text, locale));
  const steps = "steps" in outcome ? outcome.steps : [];
  const plan = outcome.kind === "plan" ? outcome : null;
  const kept = plan?.leaves.kept ?? null;
  const states = { plan: "plan", recovery: "interrupted", done: "done" } as const;
  const title = "reason" in outcome ? outcome.reason : "outcome" in outcome ? outcome.outcome : outcome.title;
  return `${printableJson({
    schema: 1,
    state: states[outcome.kind],
    title: say(title),
    checked: (plan?.checked ?? []).map(say),
    steps: steps.map(({ argv, does }) => ({ does: say(does), argv })),
    destroys: say(plan?.destroys ?? null),
    undo: say(plan?.undo ?? null),
    afterwards: say(plan?.afterwards ?? null),
    room: say(plan?.room ?? null),
    old: kept === null || target === null ? null : { path: kept, bytes: target.image.allocatedBytes },
  })}\n`;
}

function stepLines(steps: readonly Step[], locale: Locale): string {
  return steps
    .map(({ argv, does }, index) => {
      const number = String(index + 1).padStart(2);
      return `  ${number}. ${printable(render(does, locale))}\n        ${quoteForDisplay(argv)}\n`;
    })
    .join("");
}
