import { verbatim } from "../base/text.ts";
import { type Guest, hypervisors, isLone, known } from "../microvm/model.ts";
import { laterOptions } from "../microvm/options/table.ts";
import type { Refused } from "../microvm/refusals.ts";
import { heldOn } from "./conditions/judge.ts";
import { type Reason, reason } from "./reasons.ts";

const step = "evaluation";

/**
 * What real Nix refuses of the guest's options, as far as that is sure: what is there only under a condition that is not
 * known, or was read from a module on its own, accuses nobody.
 */
export function refusals(guest: Guest): readonly Reason[] {
  if (isLone(guest)) return [];
  const found: Reason[] = [];
  for (const { row, says, conditional } of heldOn(guest)) {
    if (row.kind === "refuses" && !conditional) {
      found.push(reason("nix-refuses", step, "no-start", { says: verbatim(says) }, "nothing"));
    }
  }
  for (const refused of guest.options?.refused ?? []) found.push(...definitionFaults(guest, refused));
  return found;
}

function definitionFaults(guest: Guest, { kind, option, conditional, open }: Refused): readonly Reason[] {
  if (conditional) return [];
  switch (kind) {
    case "type":
      if (isSeldomAsked(option) || otherHypervisor(guest, option) !== null || guest.options?.provenance?.fork)
        return [];
      return [reason("wrong-type", step, "no-start", { option }, "nothing")];
    case "missing":
      return isRequired(option) ? [reason("definition", step, "no-start", { option }, "nothing")] : [];
    case "conflict":
    case "declaration":
    case "module":
      return [reason("definition", step, "no-start", { option }, "nothing")];
    case "undeclared":
      // Whether the option is there depends on which microvm.nix is locked: the rule looks at that.
      if (open || guest.options?.declared !== true || guest.options.provenance?.fork || isLater(option)) return [];
      return [reason("undeclared-option", step, "unknown", { option })];
    default:
      return [];
  }
}

function isLater(option: string): boolean {
  return laterOptions.some((later) => option === later || option.startsWith(`${later}.`));
}

/** Required options that have reasons of their own, or that are required only with another setting. */
const elsewhere: ReadonlySet<string> = new Set([
  "microvm.volumes.*.image",
  "microvm.volumes.*.size",
  "microvm.volumes.*.mountPoint",
  "microvm.interfaces.*.macvtap.link",
  "microvm.interfaces.*.macvtap.mode",
]);

/** Evaluation always asks for an option of that name where its element is there. */
export function isRequired(option: string): boolean {
  return !elsewhere.has(option);
}

/** Evaluation asks for it only of interfaces of one type. */
export function isSeldomAsked(option: string): boolean {
  return option.startsWith("microvm.interfaces.*.macvtap.");
}

/** The hypervisor to which an option belongs, where the guest has another: evaluation does not ask for it. */
export function otherHypervisor(guest: Guest | null, option: string): string | null {
  const owner = option.split(".")[1] ?? "";
  const own = guest ? known(guest.hypervisor) : undefined;
  return hypervisors.some((name) => name === owner) && own !== undefined && own !== owner ? owner : null;
}
