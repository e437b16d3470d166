import type { Forecast } from "./forecast.ts";

const fine: ReadonlySet<string> = new Set(["create", "reuse", "grow", "recreate"]);

/** Where findings and forecast of one guest contradict each other; nothing: they do not. */
export function contradictions({ snapshot, volumes, guest }: Forecast, name: string): string[] {
  const findings = snapshot.findings.filter(({ guests }) => guests.includes(name));
  const unnamed = volumes
    .filter(({ rule }) => rule !== null && !findings.some((finding) => finding.rule === rule))
    .map(({ word, rule }) => `the plan names ${rule} (${word}), which is not found`);
  const errors = findings.filter(({ severity }) => severity === "error");
  const ails = guest !== "starts" || volumes.some(({ word }) => !fine.has(word));
  const unsaid = ails
    ? []
    : errors.map(({ rule }) => `${rule} is an error, and the plan says ${volumes.map(({ word }) => word)}`);
  const fatal =
    guest === "does-not-start" && errors.length === 0
      ? ["the plan says that the guest does not start, and nothing is an error"]
      : [];
  return [...unnamed, ...unsaid, ...fatal];
}
