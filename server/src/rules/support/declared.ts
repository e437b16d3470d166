import { messages } from "../../base/text.ts";
import type { Guest, Host, MicrovmInput, OptionChecks } from "../../microvm/model.ts";
import { isLone } from "../../microvm/model.ts";
import type { Place, Unknown } from "../../nix/eval/value.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import type { Note, RuleContext, Severity } from "../frame/rule.ts";
import { noteSpan } from "./places.ts";

export const text = messages("declared", {
  conditional: {
    en: "it is there only under a condition whose value is not known",
    "zh-cn": "它仅在某个条件成立时才存在，而该条件的值未知",
  },
});

/** A guest or a host whose options were looked at. */
export interface Declarer {
  readonly kind: "guest" | "host";
  readonly name: string;
  readonly checks: OptionChecks;
  /** Read from a module on its own: whoever imports that may say more. */
  readonly lone: boolean;
  readonly guest: Guest | null;
  readonly at: Place;
}

/** All guests and hosts whose text can be read whole: behind a syntax error something may be missing. */
export function* eachDeclarer(context: RuleContext): Generator<Declarer> {
  const { guests, hosts } = context.declarations;
  for (const guest of guests) {
    const { name, options: checks, at } = guest;
    if (!checks || isBroken(context, guest)) continue;
    yield { kind: "guest", name, checks, lone: isLone(guest), guest, at };
  }
  for (const host of hosts) {
    const { name, options: checks, at } = host;
    if (!checks || isBroken(context, host)) continue;
    yield { kind: "host", name, checks, lone: false, guest: null, at };
  }
}

function isBroken(context: RuleContext, { modules }: Guest | Host): boolean {
  if (modules.length === 0) return false;
  const files = new Set(modules.map((place) => placeSpan(place)?.file));
  return [...files].some((file) => file !== undefined && (context.tree(file)?.errors.length ?? 0) > 0);
}

/** The locked microvm.nix of the innermost flake in whose folder a place lies; null where none is locked, or several are. */
export function lockAt({ declarations }: RuleContext, place: Place): MicrovmInput | null {
  const file = placeSpan(place)?.file ?? "";
  const around = (declarations.microvmInputs ?? []).filter(({ folder }) => file.startsWith(`${folder}/`));
  const [innermost] = [...around].sort((a, b) => b.folder.length - a.folder.length);
  const own = around.filter(({ folder }) => folder === innermost?.folder);
  return own.length === 1 ? (innermost ?? null) : null;
}

/** The note under a finding about something that may not be there. */
export function conditionNotes(condition: Unknown | null): Note[] {
  if (!condition) return [];
  const at = noteSpan(condition.at);
  return [at ? { text: text.conditional(), at } : { text: text.conditional() }];
}

/** One step less. */
export function lowered(severity: Severity, steps = 1): Severity {
  const order: readonly Severity[] = ["hint", "information", "warning", "error"];
  return order[Math.max(0, order.indexOf(severity) - steps)] as Severity;
}
