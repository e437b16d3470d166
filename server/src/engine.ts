import type { Text } from "./base/text.ts";
import type { HostFacts } from "./disk/facts.ts";
import type { Declarations } from "./microvm/model.ts";
import type { SyntaxTree } from "./nix/syntax/tree.ts";
import type { Finding, Fix, RuleContext, Severity } from "./rules/rule.ts";

/** Everything known at one moment; frozen. Faces only read. */
export interface Snapshot {
  readonly declarations: Declarations;
  readonly hosts: readonly HostFacts[];
  readonly context: RuleContext;
  /** All findings, merged and sorted, with the severity that applies. Suppressed ones and those of rules that are off are left out. */
  readonly findings: readonly (Finding & { readonly severity: Severity })[];
  /** Why something could not be judged, for the status line: "state directory /var/lib/microvms does not exist". */
  readonly status: readonly Text[];
  /** Files that evaluation read. */
  readonly files: readonly string[];
  tree(file: string): SyntaxTree | null;
  fixes(finding: Finding): readonly Fix[];
}

export interface HostSetting {
  readonly name: string;
  readonly stateDir?: string;
  readonly via: "local" | { readonly ssh: string } | { readonly snapshot: string };
  readonly guests?: readonly string[];
}

export interface EngineSettings {
  readonly hosts: readonly HostSetting[];
  readonly rules: Readonly<Record<string, Severity | "off">>;
}
