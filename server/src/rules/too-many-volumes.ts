import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import type { Finding, GuestContext, Rule } from "./frame/rule.ts";
import { guestFlake } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { firstSpan } from "./support/places.ts";

const id = "too-many-volumes";

export const text = messages(id, {
  summary: {
    en: "The guest has more volumes than there are drive letters: the rest is silently dropped.",
    "zh-cn": "虚拟机的卷多于盘符数量：多出的卷会被静默丢弃。",
  },
  why: {
    en: "microvm.nix gives each volume a letter from a to z, `a` being the store disk's (lib/default.nix, withDriveLetters). Volumes beyond the last letter are in neither the guest's fileSystems nor, with qemu, stratovirt and vfkit, among its disks. It says nothing.",
    "zh-cn":
      "microvm.nix 为每个卷分配 a 到 z 的字母，其中 `a` 属于 store 磁盘（lib/default.nix 的 withDriveLetters）。超出最后一个字母的卷既不在虚拟机的 fileSystems 中，在 qemu、stratovirt 和 vfkit 下也不会成为磁盘。没有任何提示。",
  },
  byHand: {
    en: "Put data together in fewer volumes, or use shares (`microvm.shares`), which need no letter.",
    "zh-cn": "将数据合并到更少的卷中，或使用不需要盘符的共享（`microvm.shares`）。",
  },
  message: {
    en: "this is volume {number} of the guest, and there are letters for {limit}: it is not mounted",
    "zh-cn": "这是虚拟机的第 {number} 个卷，而盘符只够 {limit} 个：它不会被挂载",
  },
  notAttached: {
    en: "this is volume {number} of the guest, and there are letters for {limit}: {hypervisor} does not get it",
    "zh-cn": "这是虚拟机的第 {number} 个卷，而盘符只够 {limit} 个：{hypervisor} 不会得到它",
  },
});

export const tooManyVolumes: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: { files: { "/flake.nix": guestFlake(example(26)) } },
    good: { files: { "/flake.nix": guestFlake(example(25)) } },
  },
  perVolume,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const dropped = reasonOf(forecast.reasons, "dropped");
  if (!dropped) return;
  const { guest, volume } = forecast;
  const { number, limit, hypervisor } = dropped.facts;
  const words = { number, limit, hypervisor: hypervisor ?? "" };
  yield* volumeFinding(tooManyVolumes, forecast, {
    span: firstSpan(context, volume.at, guest.at),
    message: hypervisor === null ? text.message(words) : text.notAttached(words),
  });
}

function example(count: number): string {
  return `microvm.volumes = builtins.genList (number: {
  image = "data-\${toString number}.img";
  mountPoint = "/data/\${toString number}";
  size = 512;
  label = "data-\${toString number}";
}) ${count};`;
}
