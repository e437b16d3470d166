import type { Locale } from "../../base/text.ts";
import generated from "./remedies.generated.json" with { type: "json" };

/** One way out, as it is really offered on the bad example of a rule (scripts/generate-docs.mjs asks the engine). */
export interface Remedy {
  /** `edit`: lines with `-` and `+`; `command`: to be run on the host; `advice`: words. */
  readonly kind: "edit" | "command" | "advice";
  readonly title: Readonly<Record<Locale, string>>;
  readonly text: Readonly<Record<Locale, string>>;
}

/** How what a rule reports is put right: on its bad example. */
export function remediesOf(rule: string): readonly Remedy[] {
  return (generated as Readonly<Record<string, readonly Remedy[]>>)[rule] ?? [];
}
