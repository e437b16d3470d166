import type { Definition, DefinitionLink, Location } from "vscode-languageserver";
import type { Span } from "../base/span.ts";
import type { Guest } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { guestUnder } from "./guest-hover.ts";
import { declaredAround, fieldAround, writtenAt } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { locationOf, rangeOf } from "./session/to-lsp.ts";

/** Where the value of the option under the cursor is written, or the guest whose name stands there is declared. */
export function definition(question: Question, offset: number): Definition | DefinitionLink[] | null {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["navigation.enable"]) return null;
  const origin = originOf(question, offset);
  if (!origin) return null;
  const targets = origin.targets.flatMap((span) => locationOf(snapshot, span, session.documents) ?? []);
  if (targets.length === 0) return null;
  if (!session.client.linkDefinitions) return targets;
  return targets.map(({ uri, range }) => ({
    originSelectionRange: rangeOf(tree.lines, origin.span),
    targetUri: uri,
    targetRange: range,
    targetSelectionRange: range,
  }));
}

/** Every place that belongs to the guest whose declaration is under the cursor: its modules and volumes. */
export function references(question: Question, offset: number): Location[] {
  const { session, snapshot, path } = question;
  if (!snapshot.tree(path) || !session.settings["navigation.enable"]) return [];
  const guests = guestsAround(question, offset);
  return unique(guests.flatMap(guestSpans)).flatMap((span) => locationOf(snapshot, span, session.documents) ?? []);
}

function originOf({ snapshot, path }: Question, offset: number): { span: Span; targets: Span[] } | null {
  const field = fieldAround(snapshot, path, offset);
  if (field?.kind === "field") {
    const targets = unique(field.uses.map(({ volume }) => writtenAt(volume[field.field])));
    // The value stands right here: other servers answer what the names in it mean.
    const away = targets.filter(
      (span) => span.file !== path || span.start < field.span.start || span.end > field.span.end,
    );
    return away.length > 0 ? { span: field.span, targets: away } : null;
  }
  return namedGuest({ snapshot, path }, offset);
}

/** The declarations of the guest whose name stands there; not where that is the declaration. */
function namedGuest({ snapshot, path }: Pick<Question, "snapshot" | "path">, offset: number) {
  const named = guestUnder({ snapshot, path }, offset);
  if (!named) return null;
  const targets = unique(named.guests.map((guest) => placeSpan(guest.at)));
  return targets.length > 0 ? { span: named.span, targets } : null;
}

/** The innermost guest that is declared around the cursor; several where a module is shared. */
function guestsAround({ snapshot, path }: Question, offset: number): readonly Guest[] {
  for (const place of declaredAround(snapshot, path, offset)) if (place.kind === "guest") return place.uses;
  return [];
}

function guestSpans(guest: Guest): Span[] {
  return unique(
    [guest.at, ...guest.modules, ...guest.volumes.map((volume) => volume.at)].map((place) => placeSpan(place)),
  );
}

function unique(spans: readonly (Span | null)[]): Span[] {
  const byKey = new Map<string, Span>();
  for (const span of spans) if (span) byKey.set(`${span.file} ${span.start} ${span.end}`, span);
  return [...byKey.values()];
}
