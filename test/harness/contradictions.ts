import type { Snapshot } from "../../server/src/engine/engine.ts";
import { ruleNamed } from "../../server/src/forecast/plan.ts";
import type { GuestForecast } from "../../server/src/forecast/volume-forecast.ts";

const fine: ReadonlySet<string> = new Set(["create", "reuse", "grow", "recreate"]);

/**
 * Where the findings and the forecast of one guest contradict each other: a rule that the plan names and that finds
 * nothing, an error while all goes well, a guest that does not start while nothing is an error.
 */
export function contradictions({ findings }: Snapshot, { guest, verdict, volumes }: GuestForecast): string[] {
  const own = findings.filter(({ guests }) => guests.includes(guest.name));
  const unnamed = volumes.flatMap((volume) => {
    const rule = ruleNamed(volume);
    return rule === null || own.some((finding) => finding.rule === rule)
      ? []
      : [`the plan names ${rule} (${volume.outcome}), which is not found`];
  });
  const errors = own.filter(({ severity }) => severity === "error");
  const ails = verdict !== "starts" || volumes.some(({ outcome }) => !fine.has(outcome));
  const words = volumes.map(({ outcome }) => outcome).join(", ");
  const unsaid = ails ? [] : errors.map(({ rule }) => `${rule} is an error, and the plan says ${words}`);
  const silent = verdict === "does-not-start" && errors.length === 0;
  return [...unnamed, ...unsaid, ...(silent ? [`the guest does not start (${words}), and nothing is an error`] : [])];
}

/** What a fix promises of a volume that it is about, by its id: one of these outcomes, in the end. */
const promises: Readonly<Record<string, readonly string[]>> = {
  guard: ["no-start"],
  "new-image": ["create", "in-ram"],
  "move-aside-at-start": ["recreate", "create"],
  "grow-at-start": ["grow"],
  "grow-filesystem": ["grow"],
  "clear-overlay": ["recreate", "create"],
};

/** What is not as a fix promised, where the guest started before: none of its volumes has that outcome afterwards. */
export function broken(fix: string, before: string | null, after: readonly string[]): string[] {
  const promised = promises[fix];
  const goes = before === "starts" || before === "starts-but";
  if (!goes || !promised || after.some((word) => promised.includes(word))) return [];
  return [`promised ${promised.join(" or ")}, forecast ${after.join(", ")}`];
}
