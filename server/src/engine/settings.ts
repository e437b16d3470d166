import type { Severity } from "../rules/frame/rule.ts";
import type { FolderLevels } from "../rules/frame/run.ts";

/** One element of the setting `microvmLens.hosts`. */
export interface HostSetting {
  readonly name: string;
  /** Absolute, or relative to the first folder; settings of several folders come with absolute paths. */
  readonly stateDir?: string;
  readonly via: "local" | { readonly ssh: string } | { readonly snapshot: string };
  /** Names of guests, with `*` and `?`; default: all. */
  readonly guests?: readonly string[];
  /** Absolute paths of the folders in which the setting counts; default: everywhere. */
  readonly within?: readonly string[];
}

export interface EngineSettings {
  /** Empty: this machine. */
  readonly hosts: readonly HostSetting[];
  readonly rules: Readonly<Record<string, Severity | "off">>;
  /** Severities that count in a folder in place of those. */
  readonly folders?: readonly FolderLevels[];
  /** False: nothing may be run (ssh). Default true. */
  readonly trusted?: boolean;
}
