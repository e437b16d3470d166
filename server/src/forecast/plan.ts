import type { Text } from "../base/text.ts";
import { type Guest, known } from "../microvm/model.ts";
import { decide } from "./forecast.ts";
import { failures, type Verdict } from "./outcome.ts";
import { type Reason, reason, ruleOf } from "./reasons.ts";
import { type Sharing, sharers } from "./sharing.ts";
import type { GuestForecast, VolumeForecast } from "./volume-forecast.ts";
import { wordsOf } from "./words/reason-words.ts";
import { type Subject, volumesOf, type World } from "./world.ts";

/** All guests, and the next start of each. */
export interface Forecasts extends World {
  forecasts(guest: Guest): readonly GuestForecast[];
  /** A file of the guest or its host that has a syntax error: what stands behind it was not read. Null: none. */
  unread?(guest: Guest): string | null;
}

/**
 * What the next start of every guest does with each of its volumes. A guest is listed once for each probed host that may
 * run it, and once without a host when no probed host is known to.
 */
export function planGuests(context: Forecasts): readonly GuestForecast[] {
  return context.declarations.guests.flatMap((guest) => planGuest(context, guest));
}

/** The plan of one guest, with what only a look at the other guests tells: that a file is used twice. */
export function planGuest(context: Forecasts, guest: Guest): readonly GuestForecast[] {
  const file = context.unread?.(guest) ?? null;
  if (file !== null) return context.forecasts(guest).map((forecast) => unread(forecast, file));
  const alone = context.forecasts(guest);
  const shared = sharers(context);
  if (!volumesOf(guest).some((subject) => shared.has(subject))) return alone;
  return alone.map((forecast) => {
    const volumes = forecast.volumes.map((each, index) => {
      const others = shared.get(volumesOf(guest)[index] as Subject)?.others;
      return others ? withOthers(each, others) : each;
    });
    return { ...forecast, volumes, verdict: sharedVerdict(forecast, shared) };
  });
}

/** What was read may say anything once the rest is: nothing is foretold by it. */
function unread(forecast: GuestForecast, file: string): GuestForecast {
  const why = reason("unread", "evaluation", "unknown", { file });
  const open = (reasons: readonly Reason[]) => [why, ...reasons.map((each) => ({ ...each, outcome: null }) as Reason)];
  const volumes = forecast.volumes.map(
    (each): VolumeForecast => ({ ...each, outcome: "unknown", reasons: open(each.reasons) }),
  );
  return { ...forecast, volumes, reasons: open(forecast.reasons), verdict: "unknown" };
}

/**
 * QEMU locks images: a second drive on one that either of them writes to cannot be attached, and QEMU ends ("Failed to get
 * "write" lock", tried with 7.2). With others both guests would write.
 */
function sharedVerdict({ guest, verdict }: GuestForecast, shared: ReadonlyMap<Subject, Sharing>): Verdict {
  if (verdict !== "starts" && verdict !== "starts-but") return verdict;
  const twice = volumesOf(guest).some((subject) => shared.get(subject)?.others.some((other) => other.guest === guest));
  return twice && known(guest.hypervisor) === "qemu" ? "does-not-start" : "starts-but";
}

function withOthers(forecast: VolumeForecast, others: readonly Subject[]): VolumeForecast {
  const guests = [...new Set(others.map(({ guest }) => guest.name))];
  const { outcome, ordered } = decide([reason("other-volume", "host", "share", { guests }), ...forecast.reasons]);
  return { ...forecast, outcome, reasons: ordered };
}

/** Why, in one sentence: what decides, and beside an outcome that is no failure what else there is to say. */
export function whyOf({ outcome, reasons }: VolumeForecast): Text {
  const [decisive, ...others] = reasons as readonly [Reason, ...Reason[]];
  if (failures.has(outcome) || outcome === "unknown" || decisive.kind === "blank") return wordsOf(decisive);
  const first = others.filter(({ kind }) => happens.has(kind)).map(wordsOf);
  const also = others.filter(({ kind, outcome: own }) => !happens.has(kind) && own === null).map(wordsOf);
  return joined([...first, wordsOf(decisive), ...also]);
}

/** What comes before the image is used. */
const happens: ReadonlySet<string> = new Set(["removed", "replaced", "lengthened", "formatted", "not-grown"]);

function joined(parts: readonly Text[]): Text {
  if (parts.length === 1) return parts[0] as Text;
  const args = Object.fromEntries(parts.map((part, index) => [`p${index}`, part]));
  const slots = parts.map((_, index) => `{p${index}}`);
  return { id: "forecast.joined", template: { en: slots.join("; "), "zh-cn": slots.join("；") }, args };
}

/** The rule that reports what decides; of an image that is used, the first that reports anything of it. Null: none. */
export function ruleNamed({ reasons }: VolumeForecast): string | null {
  const [decisive] = reasons;
  if (!decisive) return null;
  return (
    ruleOf[decisive.kind] ??
    (decisive.outcome === "unknown"
      ? null
      : (reasons.map(({ kind }) => ruleOf[kind]).find((rule) => rule !== null) ?? null))
  );
}

/** What a failed start leaves behind. */
export function leftBehind({ reasons }: VolumeForecast): "nothing" | "blank image" | null {
  return reasons[0]?.leaves ?? null;
}
