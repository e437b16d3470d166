import { attached } from "../../base/attached.ts";
import type { Host } from "../../microvm/model.ts";

/**
 * What a host does around a start, as a text that is the same for two readings of it that say the same: a forecast holds as
 * long as this does, whatever else of the host's configuration is edited.
 */
export function startKey(host: Host): string {
  const before = keys.get(host);
  if (before !== undefined) return before;
  const key = host.start || host.keeper ? JSON.stringify([host.start, host.keeper], plain) : "";
  keys.set(host, key);
  return key;
}

const keys = attached<Host, string>();

/** Places and reasons move with the text, and are no part of what is done. */
function plain(name: string, value: unknown): unknown {
  if (name === "at" || name === "origin" || name === "unknown" || name === "why" || name === "conditional") {
    return value === null || value === undefined ? null : true;
  }
  return value instanceof Map ? [...value] : value;
}
