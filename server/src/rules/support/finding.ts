import { attached } from "../../base/attached.ts";
import type { Span } from "../../base/span.ts";
import { messages, type Text } from "../../base/text.ts";
import type { SeenImage } from "../../forecast/image/observed.ts";
import { isPutAway as isPutAwayBy, type Reason, reasonOf } from "../../forecast/reasons.ts";
import { type Places, type Subject, volumesOf } from "../../forecast/world.ts";
import type { Finding, GuestContext, Note, Severity } from "../frame/rule.ts";
import { noteSpan } from "./places.ts";

export const text = messages("finding", {
  conditional: {
    en: "this volume is there only under a condition whose value is not known",
    "zh-cn": "该卷仅在某个条件成立时才存在，而该条件的值未知",
  },
});

export { type Subject, volumesOf } from "../../forecast/world.ts";

/** The image that a finding is about: on the host that it is about, or the only one. */
export function imageOf(context: Places, { guest, volume, place }: Subject): SeenImage | null {
  if (place === undefined) return context.image(guest, volume);
  return place?.image.state === "seen" ? { ...place, seen: place.image.value } : null;
}

/** Something is known to put the volume's image away before it is used. */
export function isPutAway(context: GuestContext, subject: Subject): boolean {
  return reasonsOf(context, subject).some(isPutAwayBy);
}

/** A script may put an image in the place of one that is missing, so that microvm.nix makes none. */
export function isSupplied(context: GuestContext, subject: Subject): boolean {
  return reasonsOf(context, subject).some((reasons) => reasonOf(reasons, "supplied"));
}

/** What the forecasts say of a volume, host by host. */
function reasonsOf(context: GuestContext, { guest, volume }: Subject): readonly (readonly Reason[])[] {
  return context
    .forecasts(guest)
    .flatMap(({ volumes }) => volumes.flatMap((each) => (each.volume === volume ? [each.reasons] : [])));
}

/** What every finding about volumes carries for its fixes. Merging findings joins the subjects. */
export interface VolumeData {
  readonly subjects: readonly Subject[];
}

/** Every volume that is declared, guest by guest; the same objects for every rule that asks. */
export function eachVolume(context: GuestContext): readonly Subject[] {
  const before = subjects.get(context);
  if (before) return before;
  const all = context.declarations.guests.flatMap(volumesOf);
  subjects.set(context, all);
  return all;
}

const subjects = attached<GuestContext, readonly Subject[]>();

/**
 * A finding about one volume; `also` names further volumes that it is about. A volume under an undecided condition is
 * marked as such and weighs one step less, because it may not be there at all.
 */
export function volumeFinding<D extends object = object>(
  rule: { readonly id: string; readonly severity: Severity },
  subject: Subject,
  what: {
    readonly span: Span | null;
    readonly message: Text;
    readonly notes?: readonly Note[];
    readonly also?: readonly Subject[];
    readonly severity?: Severity;
    readonly data?: D;
  },
): Finding<VolumeData & D>[] {
  if (what.span === null) return [];
  const subjects = [subject, ...(what.also ?? [])];
  const notes = [...(what.notes ?? [])];
  let severity = what.severity ?? rule.severity;
  const condition = subjects.find((each) => each.volume.conditional !== null)?.volume.conditional;
  if (condition) {
    const at = noteSpan(condition.at);
    notes.push(at ? { text: text.conditional(), at } : { text: text.conditional() });
    severity = lowered(severity);
  }
  return [
    {
      rule: rule.id,
      span: what.span,
      message: what.message,
      notes,
      guests: [...new Set(subjects.map((each) => each.guest.name))],
      severity,
      data: { ...(what.data as D), subjects },
    },
  ];
}

function lowered(severity: Severity): Severity {
  if (severity === "error") return "warning";
  return severity === "warning" ? "information" : severity;
}
