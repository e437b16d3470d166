import type { HostFacts } from "../../disk/facts.ts";
import { type Host, known } from "../../microvm/model.ts";
import { plain } from "../guest/mount.ts";

/**
 * Where the state directory of a host's configuration lies, where it was looked for elsewhere: in a copy, say, that
 * `--state-dir` names. Null: at its own place, or the configuration does not tell.
 */
export function movedStateDir(
  host: Host | null,
  facts: HostFacts,
): { readonly from: string; readonly to: string } | null {
  const declared = host && known(host.stateDir);
  if (declared === null || declared === undefined || !declared.startsWith("/")) return null;
  const [from, to] = [plain(declared), plain(facts.stateDir)];
  return from === to || from === "/" || to.startsWith(`${from}/`) ? null : { from, to };
}

/** The path at which a file of the configuration lies there. */
export function placeOn(host: Host | null, facts: HostFacts, path: string): string {
  const moved = movedStateDir(host, facts);
  if (!moved || !(path === moved.from || path.startsWith(`${moved.from}/`))) return path;
  return moved.to + path.slice(moved.from.length);
}
