import type { Position, WorkspaceEdit } from "vscode-languageserver";
import { messages, render } from "../base/text.ts";
import { removeListElement } from "../nix/syntax/edits.ts";
import { severalGuests } from "./code-actions.ts";
import { volumesIn } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { workspaceEdit } from "./session/to-lsp.ts";

const text = messages("removal", {
  title: { en: "Remove the volume from the list", "zh-cn": "从列表中移除该卷" },
});

/** Takes the volume that is declared at a position out of its list; null where it is not written as an element of one. */
export function removal({ session, snapshot, path }: Question, position: Position): WorkspaceEdit | null {
  const tree = snapshot.tree(path);
  if (!tree) return null;
  const offset = tree.lines.offset(position);
  const place = volumesIn(snapshot, path).find(({ span }) => span.start === offset);
  const at = place?.uses[0]?.volume.at ?? null;
  if (!place || at === null || !("kind" in at) || at.kind !== "attrs" || at.parent?.kind !== "list") return null;
  const edits = removeListElement(tree, at).map((edit) => ({ ...edit, span: { ...edit.span, file: path } }));
  const guests = [...new Set(place.uses.map(({ guest }) => guest.name))];
  if (edits.length === 0) return null;
  const asks = guests.length > 1 && session.client.changeAnnotations;
  return workspaceEdit(
    snapshot,
    { kind: "edit", id: "remove", title: text.title(), safety: "review", edits, guests },
    {
      documents: session.documents,
      documentChanges: session.client.documentChanges,
      confirm: asks ? render(severalGuests(guests), session.locale) : null,
    },
  );
}
