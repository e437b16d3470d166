import { printable } from "../base/printable.ts";
import type { Span } from "../base/span.ts";
import { messages, type Text } from "../base/text.ts";
import type { OptionFacts } from "../microvm/options/option-facts.ts";
import {
  allOptions,
  childrenOf,
  guestOptions,
  hostOptions,
  laterOptions,
  removedOptions,
  revisionModified,
} from "../microvm/options/table.ts";
import type { Refused } from "../microvm/refusals.ts";
import type { Place } from "../nix/eval/value.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { staticName } from "../nix/syntax/views.ts";
import type { Finding, Fix, Rule, RuleContext, Severity } from "./frame/rule.ts";
import { conditionNotes, type Declarer, eachDeclarer, lockAt, lowered } from "./support/declared.ts";
import { guestFlake } from "./support/examples.ts";
import { firstSpan } from "./support/places.ts";
import { editDistance } from "./support/spelling.ts";

const id = "option-unknown";

export const text = messages(id, {
  summary: {
    en: "An option below `microvm` does not exist: evaluation fails.",
    "zh-cn": "`microvm` 之下的选项不存在：求值会失败。",
  },
  why: {
    en: "Nix refuses a definition of an option that no module declares (“The option … does not exist”, nixpkgs' lib/modules.nix), also under `mkIf false`. The options are those of microvm.nix at 71beea0 (2026-08-09); one that is younger than the locked microvm.nix is told by input-outdated. Nothing is said where a module that cannot be read may declare the option, unless the name is all but that of an option.",
    "zh-cn":
      "Nix 会拒绝没有任何模块声明的选项的定义（“The option … does not exist”，nixpkgs 的 lib/modules.nix），在 `mkIf false` 之下也一样。选项取自 microvm.nix 的 71beea0（2026-08-09）；比锁定的 microvm.nix 更新的选项由 input-outdated 报告。如果无法读取的模块可能声明该选项，则不报告，除非名称与某个选项几乎相同。",
  },
  unknown: {
    en: "microvm.nix has no option `{option}` (as of {date}): evaluation fails",
    "zh-cn": "microvm.nix 没有选项 `{option}`（截至 {date}）：求值会失败",
  },
  close: {
    en: "the option `{option}` does not exist; did you mean `{near}`? Evaluation fails",
    "zh-cn": "没有选项 `{option}`；是否想写 `{near}`？求值会失败",
  },
  hostOption: {
    en: "`{option}` is an option of hosts, and this machine does not import microvm.nixosModules.host: evaluation fails",
    "zh-cn": "`{option}` 是主机的选项，而这台机器没有导入 microvm.nixosModules.host：求值会失败",
  },
  guestOption: {
    en: "`{option}` is an option of guests, and this machine imports only the host module: put it into microvm.vms.<name>.config, or import microvm.nixosModules.microvm",
    "zh-cn":
      "`{option}` 是虚拟机的选项，而这台机器只导入了主机模块：请把它放入 microvm.vms.<name>.config，或导入 microvm.nixosModules.microvm",
  },
  removed: {
    en: "microvm.nix took the option `{option}` away on {date}: evaluation fails",
    "zh-cn": "microvm.nix 于 {date} 移除了选项 `{option}`：求值会失败",
  },
  rename: { en: "Change to `{near}`", "zh-cn": "改为 `{near}`" },
});

interface Data {
  readonly name: Span | null;
  readonly near: string | null;
}

export const optionUnknown: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake('microvm.writeableStoreOverlay = "/nix/.rw-store";') } },
    good: { files: { "/flake.nix": guestFlake("microvm.writableStoreOverlay = null;") } },
  },
  check,
  *fixes({ data, guests }, context): Generator<Fix> {
    const { name, near } = data;
    if (near === null || name === null || context.tree(name.file) === null) return;
    const title = text.rename({ near });
    yield { kind: "edit", id: "rename", title, safety: "review", edits: [{ span: name, newText: near }], guests };
  },
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  for (const declarer of eachDeclarer(context)) {
    for (const refused of declarer.checks.refused) {
      if (refused.kind !== "undeclared") continue;
      const verdict = judge(context, declarer, refused);
      const name = nameSpan(refused.at, refused.option.split(".").at(-1) ?? "");
      const span = name && context.isOurs(name.file) ? name : firstSpan(context, refused.at, declarer.at);
      if (!verdict || !span) continue;
      const { conditional } = refused;
      const unsure = declarer.lone || refused.open || declarer.checks.provenance?.fork === true;
      const steps = (conditional ? 1 : 0) + (unsure ? 1 : 0);
      yield {
        rule: id,
        span,
        message: verdict.message,
        notes: conditionNotes(conditional),
        guests: [declarer.name],
        severity: lowered(verdict.severity, steps),
        data: { name, near: verdict.near },
      };
    }
  }
}

interface Verdict {
  readonly message: Text;
  readonly near: string | null;
  readonly severity: Severity;
}

/** What is said of a name that no module that we see declares; null where nothing is sure. */
function judge(context: RuleContext, { kind, checks, lone, at }: Declarer, { option, open, at: place }: Refused) {
  const shown = printable(option);
  const plain = (message: Text, severity: Severity = "error"): Verdict => ({ message, near: null, severity });
  const lock = lockAt(context, place) ?? lockAt(context, at);
  const unsure = open || lone || !checks.declared || checks.provenance?.fork === true;
  const [own, other] = kind === "guest" ? [guestOptions, hostOptions] : [hostOptions, guestOptions];
  if (isBelow(option, other)) {
    if (unsure) return null;
    return plain(kind === "guest" ? text.hostOption({ option: shown }) : text.guestOption({ option: shown }));
  }
  if (laterOptions.some((later) => option === later || option.startsWith(`${later}.`))) return null;
  const removed = removedOptions.get(option);
  if (removed !== undefined) {
    if (unsure || (lock && lock.lastModified < removed)) return null;
    return plain(text.removed({ option: shown, date: day(removed) }));
  }
  const near = closest(option, kind === "host" && unsure ? allOptions : own);
  if (near !== null) return { message: text.close({ option: shown, near }), near, severity: "error" as const };
  // An element of a list is microvm.nix's own: other modules hardly ever add to it.
  if ((unsure && !option.includes("*")) || (lock && lock.lastModified > revisionModified)) return null;
  return plain(text.unknown({ option: shown, date: day(revisionModified) }), lock ? "error" : "warning");
}

/** The option itself, or options below it, are among these. */
function isBelow(option: string, options: readonly OptionFacts[]): boolean {
  return options.some(({ name }) => name === option || name.startsWith(`${option}.`));
}

/** The name at the same level that is written almost alike. */
function closest(option: string, options: readonly OptionFacts[]): string | null {
  const path = option.split(".");
  const name = path.at(-1) ?? "";
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 4)) + 1;
  for (const candidate of childrenOf(path.slice(0, -1), options).keys()) {
    const same = candidate.toLowerCase() === name.toLowerCase();
    const distance = same ? 0 : editDistance(name, candidate);
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** Where the last name of an option stands in the binding that defines it. */
function nameSpan(place: Place, name: string): Span | null {
  if (place === null || !("kind" in place)) return null;
  const names = place.kind === "binding" ? place.path : place.kind === "inherit" ? place.names : [];
  const found = [...names].reverse().find((each) => staticName(each) === name);
  if (found) return spanOf(found);
  return place.kind === "identifier" ? placeSpan(place) : null;
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
