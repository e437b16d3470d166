import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { evaluationFailures } from "../forecast/evaluation.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { Guest } from "../microvm/model.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { nodeOf } from "./fixes/nodes.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake } from "./support/examples.ts";
import { bindingPlace, firstSpan, valuePlace } from "./support/places.ts";

const id = "overlay-with-store-optimise";

export const text = messages(id, {
  summary: {
    en: "Store optimisation is on together with a writable store overlay: evaluation fails.",
    "zh-cn": "同时启用了 store 优化和可写 store 覆盖层：求值会失败。",
  },
  why: {
    en: "Optimising replaces equal files by hard links, which an overlay cannot hold together: microvm.nix refuses `nix.optimise.automatic` and `nix.settings.auto-optimise-store` with `microvm.writableStoreOverlay` by an assertion (nixos-modules/microvm/system.nix).",
    "zh-cn":
      "优化会用硬链接替换相同的文件，而 overlay 无法维持硬链接：microvm.nix 通过断言拒绝 `nix.optimise.automatic`、`nix.settings.auto-optimise-store` 与 `microvm.writableStoreOverlay` 同时使用（nixos-modules/microvm/system.nix）。",
  },
  message: {
    en: "store optimisation is on and microvm.writableStoreOverlay is {overlay}: microvm.nix refuses both together",
    "zh-cn": "启用了 store 优化，而 microvm.writableStoreOverlay 为 {overlay}：microvm.nix 拒绝两者同时使用",
  },
  off: { en: "Turn store optimisation off", "zh-cn": "关闭 store 优化" },
});

interface Data {
  readonly guest: Guest;
}

export const overlayWithStoreOptimise: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake(example("true")) } },
    good: { files: { "/flake.nix": guestFlake(example("false")) } },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    const refused = reasonOf(evaluationFailures(guest), "store-optimise");
    if (!refused) continue;
    const overlay = printable(refused.facts.overlay);
    const span = firstSpan(context, valuePlace(guest.storeOptimise), valuePlace(guest.writableStoreOverlay), guest.at);
    if (span)
      yield { rule: id, span, message: text.message({ overlay }), notes: [], guests: [guest.name], data: { guest } };
  }
}

function* fixes({ data, guests }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const binding = nodeOf(bindingPlace(data.guest.storeOptimise));
  if (binding?.kind !== "binding" || binding.value.kind !== "variable" || binding.value.name !== "true") return;
  const span = spanOf(binding.value);
  if (context.tree(span.file) === null) return;
  yield {
    kind: "edit",
    id: "turn-off",
    title: text.off(),
    safety: "review",
    edits: [{ span, newText: "false" }],
    guests,
  };
}

function example(optimise: string): string {
  return `microvm.writableStoreOverlay = "/nix/.rw-store";
nix.optimise.automatic = ${optimise};
microvm.volumes = [ {
  image = "rw-store.img";
  mountPoint = "/nix/.rw-store";
  size = 2048;
} ];`;
}
