import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { mountConflict } from "../forecast/evaluation.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import type { Finding, GuestContext, Rule } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, noteSpan } from "./support/places.ts";

const id = "mount-point-duplicate";

export const text = messages(id, {
  summary: {
    en: "Two volumes, or a volume and a share, are mounted at the same place.",
    "zh-cn": "两个卷，或一个卷与一个共享，挂载在同一位置。",
  },
  why: {
    en: "microvm.nix puts the volumes together by mount point, the last one winning (nixos-modules/microvm/mounts.nix): the other is attached and silently never mounted. A share at the same mount point makes two contradicting definitions of one filesystem, and evaluation fails.",
    "zh-cn":
      "microvm.nix 按挂载点合并卷，后者覆盖前者（nixos-modules/microvm/mounts.nix）：另一个卷会被挂接但永远不会挂载，也没有任何提示。同一挂载点上的共享会对同一文件系统产生两个矛盾的定义，求值会失败。",
  },
  byHand: {
    en: "Give one of the two another `mountPoint`, or take it out.",
    "zh-cn": "为其中之一指定另一个 `mountPoint`，或将其删除。",
  },
  volumes: {
    en: "a later volume is mounted at {mountPoint} too: this one is attached and never mounted",
    "zh-cn": "后面还有一个卷也挂载到 {mountPoint}：该卷会被挂接但永远不会挂载",
  },
  share: {
    en: "a share is mounted at {mountPoint} too: evaluation fails with conflicting definitions",
    "zh-cn": "还有一个共享也挂载到 {mountPoint}：求值会因定义冲突而失败",
  },
  other: { en: "the other one", "zh-cn": "另一处" },
});

export const mountPointDuplicate: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "a.img"', 'mountPoint = "/data"', "size = 512", 'label = "a"'],
            ['image = "b.img"', 'mountPoint = "/data"', "size = 512", 'label = "b"'],
          ),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "a.img"', 'mountPoint = "/data/a"', "size = 512", 'label = "a"'],
            ['image = "b.img"', 'mountPoint = "/data/b"', "size = 512", 'label = "b"'],
          ),
        ),
      },
    },
  },
  perVolume,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const { guest, volume, reasons } = forecast;
  const taken = reasonOf(reasons, "mount-point-taken");
  // What keeps the guest from being evaluated is told of every volume.
  const conflict = mountConflict(guest, volume)[0];
  const share = conflict?.facts.share.mountPoint;
  if (!taken && !share) return [];
  const mountPoint = known(volume.mountPoint) ?? "";
  const at = noteSpan(taken ? taken.facts.other.at : share?.state === "set" ? share.at : null);
  return volumeFinding(mountPointDuplicate, forecast, {
    span: fieldSpan(context, guest, volume, volume.mountPoint),
    message: (taken ? text.volumes : text.share)({ mountPoint: printable(mountPoint) }),
    notes: at ? [{ text: text.other(), at }] : [],
  });
}
