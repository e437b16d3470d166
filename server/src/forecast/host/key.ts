import { attached } from "../../base/attached.ts";
import type { Host } from "../../microvm/model.ts";

/**
 * What a host does around a start, as a text that is the same for two readings of it that say the same: a forecast holds as
 * long as this does, whatever else of the host's configuration is edited.
 */
export function startKey(host: Host): string {
  const before = keys.get(host);
  if (before !== undefined) return before;
  const key = host.start || host.keeper ? plainKey([host.start, host.keeper]) : "";
  keys.set(host, key);
  return key;
}

const keys = attached<Host, string>();

/** The same text for two readings of something that say the same. */
export function plainKey(value: unknown): string {
  return JSON.stringify(value, plain);
}

/** Places and reasons move with the text, and are no part of what is done. */
function plain(name: string, value: unknown): unknown {
  if (name === "at" || name === "origin" || name === "unknown" || name === "why" || name === "conditional") {
    return value === null || value === undefined ? null : true;
  }
  return value instanceof Map ? [...value] : value;
}
