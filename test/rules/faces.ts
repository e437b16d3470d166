import { expect } from "vitest";
import type { MarkupContent } from "vscode-languageserver";
import { render } from "../../server/src/base/text.ts";
import type { Snapshot } from "../../server/src/engine/engine.ts";
import { hover } from "../../server/src/features/hover.ts";
import { inlayHints } from "../../server/src/features/inlay-hints.ts";
import { overview } from "../../server/src/features/overview.ts";
import { clientFeatures } from "../../server/src/features/session/client.ts";
import { fieldsIn } from "../../server/src/features/session/locate.ts";
import type { Session } from "../../server/src/features/session/session.ts";
import { defaultSettings, type Settings } from "../../server/src/features/session/settings.ts";
import { Told } from "../../server/src/features/session/told.ts";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { outcomeWords } from "../../server/src/forecast/words/outcome-words.ts";
import type { Guest, Volume } from "../../server/src/microvm/model.ts";
import { placeSpan } from "../../server/src/nix/eval/value.ts";
import { storageReport } from "../../server/src/report/storage.ts";
import type { GoldenRenderers } from "../harness/check.ts";

/** What the sections `#- hover` (at the fixture's `$0`) and `#- hints` (of all files) hold: what an editor shows. */
export const faces: GoldenRenderers = {
  hover: async (workspace, { cursor }) => {
    if (!cursor) throw new Error("a hover needs $0 in one of the files");
    const snapshot = await workspace.snapshot();
    const shown = hover({ session: session(), snapshot, path: workspace.path(cursor.file) }, cursor.offset);
    return shown === null ? "nothing" : (shown.contents as MarkupContent).value.trim();
  },
  hints: async (workspace, { files }) => {
    const snapshot = await workspace.snapshot();
    const all = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };
    return [...files.keys()]
      .flatMap((name) =>
        inlayHints({ session: session(), snapshot, path: workspace.path(name) }, all).map(
          ({ position, label }) => `${name}:${position.line + 1}:${position.character + 1} ${String(label)}`,
        ),
      )
      .join("\n");
  },
};

/** Hover, view and report say the same of each volume as the plan. */
export function expectSameOutcome(snapshot: Snapshot): void {
  const plans = planGuests(snapshot.context).filter(({ facts }) => facts !== null);
  const said = (guest: Guest, volume: Volume) =>
    plans.flatMap((plan) => (plan.guest === guest ? plan.volumes.filter((each) => each.volume === volume) : []));
  for (const file of new Set(snapshot.declarations.guests.map(({ at }) => placeSpan(at)?.file ?? ""))) {
    for (const { span, uses } of fieldsIn(snapshot, file, "image")) {
      const shown = hover({ session: session(), snapshot, path: file }, span.start + 1);
      const words = shown === null ? "" : (shown.contents as MarkupContent).value;
      for (const { guest, volume } of uses.slice(0, 8)) {
        for (const { outcome } of said(guest, volume)) {
          if (uses.length === 1 || said(guest, volume).length === 1)
            expect(words).toContain(render(outcomeWords[outcome]()));
        }
      }
    }
  }
  const rows = overview(session(), snapshot).hosts.flatMap(({ guests }) => guests);
  const report = storageReport(snapshot, "en", () => null);
  for (const { guest, facts, volumes } of plans) {
    const own = rows.filter(({ name }) => name === guest.name);
    const table = report.hosts.find(({ name }) => name === facts?.host)?.guests.find(({ name }) => name === guest.name);
    for (const [index, { outcome, volume }] of volumes.entries()) {
      const others = said(guest, volume).some((each) => each.outcome !== outcome);
      const word = others ? null : render(outcomeWords[outcome]());
      expect(own.map(({ volumes: all }) => all[index]?.nextStart)).toContain(word);
      if (table && own.length === 1) expect(table.volumes[index]?.outcome).toBe(outcome);
    }
  }
}

/** What an answer depends on in an editor with these settings. */
export function session(settings: Settings = defaultSettings): Session {
  return {
    client: clientFeatures({
      processId: null,
      rootUri: null,
      capabilities: { textDocument: { hover: { contentFormat: ["markdown"] } } },
    }),
    locale: "en",
    settings,
    documents: { byPath: () => undefined },
    trusted: true,
    past: () => null,
    told: new Told(),
    ruleUrl: () => null,
  };
}
