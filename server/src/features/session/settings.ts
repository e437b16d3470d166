import type { HostSetting } from "../../engine/engine.ts";
import { type Severity, severities } from "../../rules/frame/rule.ts";

/** All settings, with the names that users write below `microvmLens.`; package.json is compared with this table by a test. */
export const defaultSettings = {
  hosts: [] as readonly HostSetting[],
  rules: {} as Readonly<Record<string, Severity | "off">>,
  "diagnostics.enable": true,
  "diagnostics.scope": "openFiles" as "openFiles" | "workspace",
  "quickFixes.enable": true,
  "hover.enable": true,
  "inlayHints.enable": true,
  "codeLens.enable": false,
  "completion.enable": true,
  "navigation.enable": true,
  "documentLinks.enable": true,
  "semanticColours.enable": "auto" as "auto" | "on" | "off",
  history: true,
  "nix.evaluate": "manual" as "never" | "manual" | "onSave",
};

/** Settings as the server uses them. */
export type Settings = Readonly<typeof defaultSettings>;

/**
 * Reads what the client sent: nested objects (`{ hover: { enable } }`), dotted keys, or both. A value of a wrong type is
 * ignored, so that a typing error in one setting never takes the others down.
 */
export function readSettings(sent: unknown): Settings {
  const result: Record<string, unknown> = { ...defaultSettings };
  for (const [name, fallback] of Object.entries(defaultSettings)) {
    const value = lookUp(sent, name);
    if (value === undefined || value === null) continue;
    if (name === "hosts") result[name] = readHosts(value);
    else if (name === "rules") result[name] = readRules(value);
    else if (typeof fallback === "boolean" && typeof value === "boolean") result[name] = value;
    else if (name in choices && choices[name]?.includes(String(value))) result[name] = value;
  }
  return result as Settings;
}

/** The settings that have a closed list of values. */
export const choices: Readonly<Record<string, readonly string[]>> = {
  "diagnostics.scope": ["openFiles", "workspace"],
  "semanticColours.enable": ["auto", "on", "off"],
  "nix.evaluate": ["never", "manual", "onSave"],
};

function lookUp(sent: unknown, name: string): unknown {
  if (!isRecord(sent)) return undefined;
  if (name in sent) return sent[name];
  let at: unknown = sent;
  for (const part of name.split(".")) at = isRecord(at) ? at[part] : undefined;
  return at;
}

function readHosts(value: unknown): readonly HostSetting[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((host: unknown): HostSetting[] => {
    if (!isRecord(host) || typeof host["name"] !== "string") return [];
    const via = readVia(host["via"]);
    if (via === null) return [];
    const stateDir = host["stateDir"];
    const guests = host["guests"];
    return [
      {
        name: host["name"],
        via,
        ...(typeof stateDir === "string" ? { stateDir } : {}),
        ...(Array.isArray(guests) ? { guests: guests.filter((glob) => typeof glob === "string") } : {}),
      },
    ];
  });
}

function readVia(value: unknown): HostSetting["via"] | null {
  if (value === undefined || value === "local") return "local";
  if (!isRecord(value)) return null;
  if (typeof value["ssh"] === "string") return { ssh: value["ssh"] };
  if (typeof value["snapshot"] === "string") return { snapshot: value["snapshot"] };
  return null;
}

function readRules(value: unknown): Readonly<Record<string, Severity | "off">> {
  if (!isRecord(value)) return {};
  const levels: readonly string[] = [...severities, "off"];
  const entries = Object.entries(value).filter(([, level]) => typeof level === "string" && levels.includes(level));
  return Object.fromEntries(entries) as Record<string, Severity | "off">;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
