import { attached } from "../../base/attached.ts";
import { isBuiltinFile, type Span } from "../../base/span.ts";
import type { Field, Guest, Volume } from "../../microvm/model.ts";
import { type Place, placeSpan } from "../../nix/eval/value.ts";
import { spanOf } from "../../nix/syntax/ast.ts";
import type { GuestContext } from "../frame/rule.ts";

/** Where the value of a field is written: the literal or expression that it comes from, not the names it passed through. */
export function valuePlace<T>(field: Field<T>): Place {
  if (field.state === "set") return field.origin.at ?? field.at;
  if (field.state === "unknown") return field.at;
  return null;
}

/** The binding that gives a field its value, where there is one. */
export function bindingPlace<T>(field: Field<T>): Place {
  return field.state === "set" || field.state === "unknown" ? field.at : null;
}

/**
 * The first of the places that lies in a file of the workspace; failing that, the first that lies in any file; null when
 * all of it is text that we brought ourselves. Of a binding its name is underlined, of a set its opening brace: not
 * everything that is in them.
 */
export function firstSpan(context: GuestContext, ...places: readonly Place[]): Span | null {
  let elsewhere: Span | null = null;
  for (const place of places) {
    const span = anchored(place, headOf);
    if (span === null || isBuiltinFile(span.file)) continue;
    if (context.isOurs(span.file)) return span;
    elsewhere ??= span;
  }
  return elsewhere;
}

/** Where a note points to: all of the place. */
export function noteSpan(place: Place): Span | null {
  return anchored(place, placeSpan);
}

/** A span that remembers what it was taken of: see {@link moved}. */
function anchored(place: Place, spanOfPlace: (place: Place) => Span | null): Span | null {
  const span = spanOfPlace(place);
  if (span !== null) anchors.set(span, { place, spanOfPlace });
  return span;
}

const anchors = attached<Span, { readonly place: Place; readonly spanOfPlace: (place: Place) => Span | null }>();

/** Where the text of a span stands by now; null for one of which that is not known. The same object while it has not moved. */
export function moved(span: Span): Span | null {
  const anchor = anchors.get(span);
  if (!anchor) return null;
  const now = anchor.spanOfPlace(anchor.place);
  if (now === null) return null;
  if (now.file === span.file && now.start === span.start && now.end === span.end) return span;
  anchors.set(now, anchor);
  return now;
}

function headOf(place: Place): Span | null {
  const span = placeSpan(place);
  if (span === null || place === null || !("kind" in place)) return span;
  if (place.kind === "attrs") return { ...span, end: span.start + 1 };
  const first = place.kind === "binding" ? place.path[0] : undefined;
  const last = place.kind === "binding" ? place.path.at(-1) : undefined;
  return first && last ? { ...span, start: spanOf(first).start, end: spanOf(last).end } : span;
}

/** Where a finding about one field of a volume is underlined; the image's name stands for what only has its default. */
export function fieldSpan<T>(context: GuestContext, guest: Guest, volume: Volume, field: Field<T>): Span | null {
  return firstSpan(context, valuePlace(field), bindingPlace(field), valuePlace(volume.image), volume.at, guest.at);
}
