import type { Finding, Severity } from "./rule.ts";

/** A finding with the severity that applies to it. */
export type JudgedFinding = Finding & { readonly severity: Severity };
