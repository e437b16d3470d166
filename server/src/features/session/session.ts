import type { Locale } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import type { PastOf } from "../../history/keeper.ts";
import type { ClientFeatures } from "./client.ts";
import type { Settings } from "./settings.ts";
import type { Documents } from "./to-lsp.ts";
import type { Told } from "./told.ts";

/** What an answer may depend on, besides the snapshot and the question. */
export interface Session {
  readonly client: ClientFeatures;
  readonly locale: Locale;
  readonly settings: Settings;
  readonly documents: Documents;
  /** Programs may be run and hosts asked. */
  readonly trusted: boolean;
  /** What is remembered of volumes. */
  readonly past: PastOf;
  /** What the client was told last. */
  readonly told: Told;
  /** URL of the documentation of a rule in a language; null when it is not at hand. */
  readonly ruleUrl: (rule: string, locale: Locale) => string | null;
}

/** A file in one snapshot: what every request about a document starts from. */
export interface Question {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly path: string;
}

/** True for hosts that are this machine: what is seen there is watched, so it never gets old. */
export function isLocal({ settings }: Session, host: string): boolean {
  const { hosts } = settings;
  return hosts.length === 0 || hosts.some((setting) => setting.name === host && setting.via === "local");
}
