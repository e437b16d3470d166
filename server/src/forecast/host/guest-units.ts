import { attached } from "../../base/attached.ts";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { type Guest, known } from "../../microvm/model.ts";
import type { Footprint } from "../../shell/footprint.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { linesOf } from "./commands.ts";
import { footprintOfLine, footprintOfText } from "./footprints.ts";

const text = messages("forecast.guest-units", {
  unit: { en: "the guest's unit {unit}", "zh-cn": "虚拟机内的单元 {unit}" },
  repart: { en: "systemd-repart in the guest", "zh-cn": "虚拟机内的 systemd-repart" },
  hook: { en: "`boot.initrd.{hook}` of the guest", "zh-cn": "虚拟机的 `boot.initrd.{hook}`" },
});

/** What in the guest may write to its disks before it mounts them; null: nothing that is declared. */
export function writesToDisks(guest: Guest, parser: ShellParser | null): Text | null {
  const before = remembered.get(guest);
  if (before?.parser === parser) return before.by;
  const by = find(guest, parser);
  remembered.set(guest, { parser, by });
  return by;
}

/** Whether the guest's modules say that something runs in it before its mounts. */
export function hasEarlyScripts({ start }: Guest): boolean {
  if (!start) return false;
  const units = [...start.units.items.keys(), ...start.initrd.units.items.keys()];
  return start.initrd.hooks.size > 0 || units.some((name) => name.endsWith(".service"));
}

const remembered = attached<Guest, { readonly parser: ShellParser | null; readonly by: Text | null }>();

function find({ start }: Guest, parser: ShellParser | null): Text | null {
  if (!start) return null;
  if (start.repart.state !== "missing" && known(start.repart) !== false) return text.repart();
  for (const units of [start.units, start.initrd.units]) {
    for (const [name, { value: unit }] of units.items) {
      if (!name.endsWith(".service") || known(unit.enable) === false) continue;
      const lines = ["ExecStartPre", "ExecStart"].flatMap((setting) => linesOf(unit, setting));
      const reaches = (line: (typeof lines)[number]) =>
        parser === null || reachesDisks(footprintOfLine(line, name, parser));
      if (unit.unknown || lines.some(reaches)) return text.unit({ unit: printable(name) });
    }
  }
  for (const [hook, field] of start.initrd.hooks) {
    if (field.state === "missing") continue;
    if (parser === null || reachesDisks(footprintOfText(field, parser))) return text.hook({ hook });
  }
  return null;
}

function reachesDisks({ everything, writes, under, patterns }: Footprint): boolean {
  const isDisk = (path: string) => path === "/" || path === "/dev" || path.startsWith("/dev/");
  return (
    everything !== null ||
    [...writes, ...under].some((path) => isDisk(path) && path !== "/dev/null") ||
    [...patterns.values()].some((each) => each.under === null || isDisk(each.under))
  );
}
