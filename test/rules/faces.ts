import type { MarkupContent } from "vscode-languageserver";
import { clientFeatures } from "../../server/src/features/client.ts";
import { hover } from "../../server/src/features/hover.ts";
import { inlayHints } from "../../server/src/features/inlay-hints.ts";
import type { Session } from "../../server/src/features/session.ts";
import { defaultSettings, type Settings } from "../../server/src/features/settings.ts";
import { Told } from "../../server/src/features/told.ts";
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
    told: new Told(),
    ruleUrl: () => null,
  };
}
