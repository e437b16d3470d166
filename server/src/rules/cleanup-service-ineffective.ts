import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import type { Cleanup } from "../forecast/host/cleanup.ts";
import { type Host, known } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { bindingNamed, stringText } from "../nix/syntax/views.ts";
import { insertBindings } from "./fixes/insert.ts";
import { nodeOf } from "./fixes/nodes.ts";
import type { Finding, Fix, Rule, RuleContext } from "./frame/rule.ts";
import { hostFlake } from "./support/examples.ts";
import { firstSpan } from "./support/places.ts";

const id = "cleanup-service-ineffective";

export const text = messages(id, {
  summary: {
    en: "A service deletes a guest's image, but not at the right time or not at all.",
    "zh-cn": "有一个服务会删除虚拟机的镜像，但时机不对，或根本不会执行。",
  },
  why: {
    en: "Articles pass around a oneshot service that deletes the image. To work it has to be ordered `before` the guest's unit microvm@<guest>.service and be pulled in by it (`requiredBy` or `wantedBy`), because microvm.nix starts guests by that unit (nixos-modules/host/default.nix). Wanted by multi-user.target instead, it runs once at boot, perhaps while the guest has the image open: then the guest goes on writing into a deleted file. And a unit on NixOS has no /bin/rm: `ExecStart` needs an absolute store path.",
    "zh-cn":
      "文章中流传着一个删除镜像的 oneshot 服务。要使其生效，必须排在虚拟机单元 microvm@<guest>.service 之前（`before`），并由它拉起（`requiredBy` 或 `wantedBy`），因为 microvm.nix 通过该单元启动虚拟机（nixos-modules/host/default.nix）。如果改由 multi-user.target 拉起，它只在开机时运行一次，可能正值虚拟机打开着镜像：虚拟机会继续写入已删除的文件。此外 NixOS 的单元中没有 /bin/rm：`ExecStart` 需要绝对的 store 路径。",
  },
  notBefore: {
    en: "this service deletes {image} but is not ordered before {unit}: it may run while the guest is running",
    "zh-cn": "该服务会删除 {image}，但没有排在 {unit} 之前：它可能在虚拟机运行时执行",
  },
  notPulledIn: {
    en: "this service deletes {image} but {unit} does not pull it in: the guest may start without it",
    "zh-cn": "该服务会删除 {image}，但 {unit} 不会拉起它：虚拟机可能在它没有执行的情况下启动",
  },
  bareCommand: {
    en: "`ExecStart` calls {command} without a store path: a unit on NixOS does not find it",
    "zh-cn": "`ExecStart` 调用 {command} 时没有 store 路径：NixOS 的单元找不到它",
  },
  order: {
    en: "Order it before {unit} and let that pull it in",
    "zh-cn": "将其排在 {unit} 之前并由它拉起",
  },
});

interface Data {
  readonly host: Host;
  readonly service: string;
  readonly unit: string;
  /** The attributes that lack the unit. */
  readonly missing: readonly ("before" | "requiredBy")[];
}

export const cleanupServiceIneffective: Rule<Data> = {
  id,
  severity: "warning",
  needs: "config",
  claims: "absence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": hostFlake(
          example(`wantedBy = [ "multi-user.target" ];
  serviceConfig.Type = "oneshot";
  serviceConfig.ExecStart = "rm -f /var/lib/microvms/web/store.img";`),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": hostFlake(
          example(`before = [ "microvm@web.service" ];
  requiredBy = [ "microvm@web.service" ];
  serviceConfig.Type = "oneshot";
  serviceConfig.ExecStart = "\${pkgs.coreutils}/bin/rm -f /var/lib/microvms/web/store.img";`),
        ),
      },
    },
  },
  check,
  fixes,
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  for (const host of context.declarations.hosts) {
    for (const cleanup of context.cleanups(host)) yield* judge(context, host, cleanup);
  }
}

function* judge(
  context: RuleContext,
  host: Host,
  { guest, volume, before, pulledIn, unit: own, notFound }: Cleanup,
): Generator<Finding<Data>> {
  const unit = `microvm@${guest.name}.service`;
  const service = own.slice(0, -".service".length);
  const missing: Data["missing"] = [
    ...(before === false ? ["before" as const] : []),
    ...(pulledIn === false ? ["requiredBy" as const] : []),
  ];
  const words = { image: printable(known(volume.image) ?? ""), unit: printable(unit) };
  const span = nameSpan(context, host, service);
  if (!span) return;
  const found = (message: Text, lacks: Data["missing"]): Finding<Data> => {
    const data = { host, service, unit, missing: lacks };
    return { rule: id, span, message, notes: [], guests: [guest.name], data };
  };
  if (before === false) yield found(text.notBefore(words), missing);
  else if (pulledIn === false) yield found(text.notPulledIn(words), missing);
  if (notFound !== null) yield found(text.bareCommand({ command: printable(notFound) }), []);
}

/** The name of the service where it is written. */
function nameSpan(context: RuleContext, host: Host, name: string) {
  const service = host.services.get(name);
  const node = service ? nodeOf(service.at) : null;
  const last = node?.kind === "binding" ? node.path.at(-1) : undefined;
  return firstSpan(context, last ? spanOf(last) : null, service?.at ?? null, host.at);
}

function* fixes({ data, guests }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const service = data.host.services.get(data.service);
  const node = service ? nodeOf(service.at) : null;
  const span = service ? placeSpan(service.at) : null;
  const tree = span && context.tree(span.file);
  if (!tree || node?.kind !== "binding" || node.value.kind !== "attrs" || data.missing.length === 0) return;
  const attrs = node.value;
  // A list that is there is the author's: it is not taken apart here.
  if (data.missing.some((name) => bindingNamed(attrs.bindings, [name]))) return;
  const lines = data.missing.map((name) => `${name} = [ ${stringText(data.unit)} ];`);
  yield {
    kind: "edit",
    id: "order-service",
    title: text.order({ unit: printable(data.unit) }),
    safety: "review",
    edits: [insertBindings(tree, attrs, lines, attrs.bindings[0])],
    guests,
  };
}

function example(body: string): string {
  return `microvm.vms.web.config = {
  microvm.writableStoreOverlay = "/nix/.rw-store";
  microvm.volumes = [ {
    image = "store.img";
    mountPoint = "/nix/.rw-store";
    size = 2048;
  } ];
};
systemd.services.clean-store = {
  ${body}
};`;
}
