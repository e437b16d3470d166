import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import type { Finding, GuestContext, Rule } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { bindingPlace, firstSpan } from "./support/places.ts";

const id = "start-refused";

export const text = messages(id, {
  summary: {
    en: "What runs before the guest fails, so that the guest does not start.",
    "zh-cn": "虚拟机启动之前运行的内容失败，因此虚拟机无法启动。",
  },
  why: {
    en: "`microvm.preStart` runs under `set -e` (lib/runner.nix), and a failing `ExecStartPre` or a required unit that fails ends the start; systemd tries again every five seconds (nixos-modules/host/default.nix, Restart=always). A guard that compares the image's size with the declared one does so on purpose.",
    "zh-cn":
      "`microvm.preStart` 在 `set -e` 下运行（lib/runner.nix），失败的 `ExecStartPre` 或所需单元也会终止启动；systemd 每五秒重试一次（nixos-modules/host/default.nix，Restart=always）。比较镜像大小与声明大小的检查就是有意这样做的。",
  },
  byHand: {
    en: "Do what the script asks for, usually to grow or to move the image aside, or take the guard out. `microvm-lens plan GUEST --why` shows which step fails.",
    "zh-cn":
      "按脚本的要求处理（通常是扩展或移开镜像），或删除该检查。`microvm-lens plan GUEST --why` 会显示失败的步骤。",
  },
  message: {
    en: "the guest does not start as the disk is now: {by} fails, {why}",
    "zh-cn": "按目前的磁盘状态，虚拟机无法启动：{by} 失败，{why}",
  },
});

export const startRefused: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(example("exit 1")) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
    good: {
      files: { "/flake.nix": guestFlake(example("true")) },
      disk: ["/var/lib/microvms/web/ current=/nix/store/0-microvm"],
    },
  },
  perVolume,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const { guest, facts } = forecast;
  // It is said of the guest once.
  const own = context.forecasts(guest).find((each) => each.facts === facts);
  const first = own?.volumes.find((each) => isRefused(each));
  const refused = reasonOf(forecast.reasons, "refused");
  if (!refused || first?.volume !== forecast.volume) return [];
  return volumeFinding(startRefused, forecast, {
    span: firstSpan(context, bindingPlace(guest.preStart), guest.at, ...guest.modules),
    message: text.message({ by: refused.facts.by, why: refused.facts.why }),
  });
}

function isRefused({ reasons }: VolumeForecast): boolean {
  return reasonOf(reasons, "refused")?.outcome === "no-start";
}

function example(guard: string): string {
  return `microvm.preStart = "${guard}";
${volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])}`;
}
