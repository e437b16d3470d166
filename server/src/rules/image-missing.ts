import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { adoptOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { orphanFor } from "./support/orphans.ts";
import { fieldSpan } from "./support/places.ts";

const id = "image-missing";

export const text = messages(id, {
  summary: {
    en: "`autoCreate` is false and the image does not exist.",
    "zh-cn": "autoCreate 为 false 且镜像不存在。",
  },
  why: {
    en: "With `autoCreate = false` microvm.nix makes no image (lib/volumes.nix); the hypervisor then cannot open the file, and systemd starts the guest again every five seconds (nixos-modules/host/default.nix).",
    "zh-cn":
      "`autoCreate = false` 时 microvm.nix 不会创建镜像（lib/volumes.nix）；虚拟机监控程序无法打开文件，systemd 每五秒重新启动虚拟机（nixos-modules/host/default.nix）。",
  },
  byHand: {
    en: "Make the image: `truncate -s SIZE IMAGE`, then mkfs; or let microvm.nix make it: `autoCreate = true`. If it lies under another name, `microvm-lens image adopt OLD --to NEW` moves it there.",
    "zh-cn":
      "创建镜像：先 `truncate -s SIZE IMAGE`，再 mkfs；或由 microvm.nix 创建：`autoCreate = true`。若镜像在其他名称下，可用 `microvm-lens image adopt OLD --to NEW` 移动。",
  },
  message: {
    en: "{path} does not exist on {host}, and with autoCreate = false microvm.nix does not make it: the guest does not start",
    "zh-cn": "主机 {host} 上不存在 {path}，而 autoCreate = false 时 microvm.nix 不会创建它：虚拟机无法启动",
  },
  orphan: {
    en: "{path} is used by no configuration: it may be this image under an old name",
    "zh-cn": "{path} 未被任何配置使用：它可能是该镜像的旧名称",
  },
  create: {
    en: "Set autoCreate to true ({size} MiB, {fsType})",
    "zh-cn": "将 autoCreate 设为 true（{size} MiB，{fsType}）",
  },
});

interface Data extends VolumeData {
  readonly path: string;
  readonly host: string;
  readonly orphan: string | null;
}

export const imageMissing: Rule<Data> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "autoCreate = false"])) },
      disk: ["/var/lib/microvms/web/ current=/nix/store/0-microvm"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "autoCreate = false"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  check,
  fixes,
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    for (const { volumes } of context.forecasts(guest)) for (const each of volumes) yield* missing(context, each);
  }
}

function* missing(context: RuleContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const { guest, volume, place } = forecast;
  if (!place || !reasonOf(forecast.reasons, "image-missing")) return;
  const orphan = orphanFor(context, forecast, place);
  yield* volumeFinding(imageMissing, forecast, {
    span: fieldSpan(context, guest, volume, volume.image),
    message: text.message({ path: printable(place.path), host: printable(place.facts.host) }),
    notes: orphan === null ? [] : [{ text: text.orphan({ path: printable(orphan) }) }],
    data: { path: place.path, host: place.facts.host, orphan },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  const size = known(subject.volume.sizeMiB);
  const fsType = known(subject.volume.fsType);
  if (size !== undefined && fsType !== undefined) {
    const fix = setField(context, subject, {
      wanted: data.subjects,
      id: "create",
      title: text.create({ size, fsType: printable(fsType) }),
      attribute: "autoCreate",
      pick: (volume) => volume.autoCreate,
      newText: "true",
      review: true,
    });
    if (fix) yield fix;
  }
  if (data.orphan !== null) yield adoptOperation(data.orphan, data);
}
