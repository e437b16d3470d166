import { resolve } from "node:path";

/**
 * The options of the command line that look at the hosts of the setting `hosts`; without hosts it looks at this machine by
 * itself. The command line takes one state directory for all: where several hosts are named, each has its own default.
 *
 * `folder`: where relative paths of the setting begin. `trusted`: other hosts are asked only then.
 */
export function hostArguments(hosts: unknown, folder: string, trusted: boolean): string[] {
  const named = (Array.isArray(hosts) ? hosts : []).filter(isRecord);
  const asked = named.flatMap(({ via = "local" }): string[][] => {
    if (via === "local") return [["--host", "local"]];
    if (!isRecord(via)) return [];
    if (typeof via["snapshot"] === "string") return [["--snapshot", resolve(folder, via["snapshot"])]];
    return typeof via["ssh"] === "string" && trusted ? [["--host", via["ssh"]]] : [];
  });
  const [only, ...others] = named;
  const stateDir = others.length === 0 ? only?.["stateDir"] : undefined;
  if (typeof stateDir !== "string" || asked.length !== 1) return asked.flat();
  const isHere = (only?.["via"] ?? "local") === "local";
  return [...asked.flat(), "--state-dir", isHere ? resolve(folder, stateDir) : stateDir];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
