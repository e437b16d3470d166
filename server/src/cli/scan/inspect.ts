import { columns, padded } from "../../base/columns.ts";
import { printable } from "../../base/printable.ts";
import { render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { known } from "../../microvm/model.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import { notJudgedReport } from "../check/not-judged-report.ts";
import { inspectJson } from "../formats/inspect-json.ts";
import { style } from "../formats/style.ts";
import type { Arguments, Terminal } from "../frame/command.ts";
import { type Command, flag } from "../frame/command.ts";
import { open, pathHelp } from "../frame/open.ts";
import { placeWords } from "../frame/place-words.ts";
import { withoutGuests, words } from "../frame/words.ts";
import { tellStatus } from "./status.ts";

export const inspect: Command = {
  name: "inspect",
  summary: "what is declared (no disk is looked at)",
  usage: "inspect [OPTION…] [PATH…]",
  help: `
Evaluates the configuration, without running Nix, and prints every guest with its volumes. What cannot be known is
named with the reason.
${pathHelp}
  --json              for tools: docs/schemas/inspect.schema.json
`,
  options: { json: { type: "boolean" } },
  async run(args, terminal) {
    const opened = await open(args, terminal, { disk: false });
    try {
      const snapshot = await opened.engine.snapshot();
      const all = notJudgedReport(snapshot, args.locale);
      const declared = ({ host, cause }: { readonly host: string | null; readonly cause: string }) =>
        host === null && cause !== "no-host";
      const notJudged = { items: all.items.filter(declared), reported: all.reported.filter(declared) };
      tellStatus(notJudged, snapshot, args.locale, terminal);
      const view = { locale: args.locale, cwd: terminal.cwd, roots: opened.roots, notJudged };
      terminal.out(flag(args, "json") ? inspectJson(snapshot, view) : table(snapshot, args, terminal));
      return 0;
    } finally {
      opened.engine.dispose();
    }
  },
};

function table(snapshot: Snapshot, { locale }: Arguments, terminal: Terminal): string {
  const { guests } = snapshot.declarations;
  if (guests.length === 0) return `${render(withoutGuests(snapshot.declarations), locale)}\n`;
  const paint = style(terminal.colour.out);
  const lines: string[] = [];
  for (const guest of guests) {
    const span = placeSpan(guest.at);
    const at = span === null ? "" : paint.dim(` ${placeWords(span, snapshot, terminal.cwd)}`);
    const host = guest.host === null ? "" : ` (${render(words.onHost({ host: guest.host }), locale)})`;
    lines.push(`${paint.bold(printable(guest.name))}${printable(host)}${at}`);
    const rows = guest.volumes.map((volume) => {
      const size = known(volume.sizeMiB);
      const mountPoint = known(volume.mountPoint);
      return [
        known(volume.image) ?? "?",
        mountPoint === null ? "–" : (mountPoint ?? "?"),
        volume.sizeMiB.state === "missing" ? "–" : size === undefined ? "?" : `${size} MiB`,
        known(volume.fsType) ?? "?",
        volume.conditional === null ? "" : `(${render(words.ifAny(), locale)})`,
      ].map(printable);
    });
    const layout = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => columns(row[index] ?? ""))));
    for (const row of rows) {
      lines.push(`  ${row.map((cell, index) => padded(cell, layout[index] ?? 0)).join("  ")}`.trimEnd());
    }
    if (guest.volumesOpen !== null) {
      const reasons = reasonChain(guest.volumesOpen).map(({ text }) => printable(render(text, locale)));
      lines.push(`  ${render(words.moreVolumes(), locale)}: ${reasons.join(" ← ")}`);
    } else if (rows.length === 0) lines.push(`  ${render(words.noVolumes(), locale)}`);
  }
  return `${lines.join("\n")}\n`;
}
