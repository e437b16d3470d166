import { hostname } from "node:os";
import { resolve } from "node:path";
import { isBelow } from "../../base/folders.ts";
import type { EngineSettings, HostSetting } from "../../engine/engine.ts";
import type { Settings } from "./settings.ts";

/** What the client said for one folder of a workspace that has several. */
export interface FolderSettings {
  /** Absolute path. */
  readonly folder: string;
  readonly settings: Settings;
}

/** The settings that count for a file: those of the innermost folder that it lies in, else those of the workspace. */
export function settingsFor(path: string, general: Settings, folders: readonly FolderSettings[]): Settings {
  let own: FolderSettings | null = null;
  for (const each of folders) {
    if (isBelow(path, each.folder) && each.folder.length > (own?.folder.length ?? -1)) own = each;
  }
  return own?.settings ?? general;
}

/** All hosts that any folder names. */
export function allHosts(general: Settings, folders: readonly FolderSettings[]): Settings["hosts"] {
  const own = folders.map(({ folder, settings }) => settings.hosts.map((host) => below(host, folder)));
  const [first] = own;
  if (first === undefined) return general.hosts;
  // Where all say the same, nothing is limited to a folder: a guest may be declared in one and deployed from another.
  return own.every((hosts) => same(hosts, first)) ? first : hostsOf(folders);
}

/** The part that the engine needs. Without trust it runs nothing: no host is asked over ssh; files may still be read. */
export function engineSettings(
  general: Settings,
  folders: readonly FolderSettings[],
  trusted: boolean,
): EngineSettings {
  const own = folders.some(({ settings }) => !same(settings.rules, general.rules));
  return {
    hosts: allHosts(general, folders),
    rules: general.rules,
    ...(own ? { folders: folders.map(({ folder, settings }) => ({ path: folder, rules: settings.rules })) } : {}),
    trusted,
  };
}

/** Each host once, with the folders that name it; a folder that names none means this machine. */
function hostsOf(folders: readonly FolderSettings[]): HostSetting[] {
  const found = new Map<string, { readonly setting: HostSetting; readonly within: string[] }>();
  for (const { folder, settings } of folders) {
    const named: readonly HostSetting[] =
      settings.hosts.length > 0 ? settings.hosts : [{ name: hostname(), via: "local" }];
    for (const host of named) {
      const setting = below(host, folder);
      const key = JSON.stringify(setting);
      const before = found.get(key);
      if (before) before.within.push(folder);
      else found.set(key, { setting, within: [folder] });
    }
  }
  return [...found.values()].map(({ setting, within }) => ({ ...setting, within }));
}

/** Paths of this machine in the settings of a folder are below that folder. */
function below(host: HostSetting, folder: string): HostSetting {
  const { via, stateDir } = host;
  if (via === "local") return stateDir === undefined ? host : { ...host, stateDir: resolve(folder, stateDir) };
  return "snapshot" in via ? { ...host, via: { snapshot: resolve(folder, via.snapshot) } } : host;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
