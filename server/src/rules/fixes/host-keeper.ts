import { messages } from "../../base/text.ts";
import { known } from "../../microvm/model.ts";
import { spanOf } from "../../nix/syntax/ast.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import type { Subject } from "../support/finding.ts";
import { hostModules } from "./cleanup-service.ts";
import { optionPlace, writeOption } from "./options.ts";

export const text = messages("fix.host-keeper", {
  grow: {
    en: "Let the host grow it (services.microvm-lens.grow)",
    "zh-cn": "由主机扩展（services.microvm-lens.grow）",
  },
});

/**
 * Turns growing on in the host's own module, where services.microvm-lens is imported: then the declared size is true after
 * the next start, for every guest of the host. Where it is not imported, nothing is offered: an import is no option.
 */
export function letHostGrow(context: RuleContext, { guest, volume }: Subject, actualBytes: number): Fix[] {
  const host = context.hostOf(guest);
  const declaredMiB = known(volume.sizeMiB);
  const keeper = host?.keeper;
  if (!host || !keeper?.enabled || keeper.open) return [];
  if (keeper.host.grow !== undefined || keeper.guests.get(guest.name)?.own.grow !== undefined) return [];
  if (declaredMiB === undefined || declaredMiB * 1024 * 1024 <= actualBytes) return [];
  for (const module of hostModules(context, host, guest)) {
    const tree = context.tree(spanOf(module).file);
    const place = tree && optionPlace(module, ["services", "microvm-lens", "grow", "enable"]);
    if (!tree || !place) continue;
    const edits = [writeOption(tree, place, [], ["true;"], new Set())];
    return [{ kind: "edit", id: "host-keeper", title: text.grow(), safety: "review", edits, guests: [guest.name] }];
  }
  return [];
}
