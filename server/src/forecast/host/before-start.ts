import { messages } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import type { Declarations, Guest, Host, Volume } from "../../microvm/model.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import type { VolumeOnDisk } from "../world.ts";
import { type Before, untouched } from "./before.ts";
import { hasEarlyScripts } from "./guest-units.ts";
import { namedPaths } from "./named.ts";
import { playBefore } from "./play.ts";
import { isQuiet } from "./quiet.ts";

const text = messages("forecast.scripts", {
  unread: { en: "scripts could not be read", "zh-cn": "无法读取脚本" },
});

/** Something that is declared runs scripts around a start. */
export function hasScripts({ guests, hosts }: Pick<Declarations, "guests" | "hosts">): boolean {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  return guests.some(
    (guest) => hasEarlyScripts(guest) || !isQuiet(guest, guest.host === null ? null : (byName.get(guest.host) ?? null)),
  );
}

/** What comes before the volume script. Without a parser for scripts, what they may touch is not known. */
export function beforeStart(
  guest: Guest,
  host: Host | null,
  facts: HostFacts | null,
  places: ReadonlyMap<Volume, VolumeOnDisk>,
  parser: ShellParser | null,
): Before {
  if (facts === null || isQuiet(guest, host)) return untouched;
  if (parser) {
    const named = namedPaths(guest, host, facts.stateDir, parser);
    return playBefore({ guest, host, facts, places, parser, named });
  }
  const why = text.unread();
  const states = new Map([...places.keys()].map((volume) => [volume, { is: "unknown", why } as const]));
  return { ways: [{ states, reasons: new Map(), refused: null }], why };
}
