import { messages, type Text } from "../base/text.ts";
import { overlayShare } from "../forecast/guest/overlay.ts";
import { reasonOf } from "../forecast/reasons.ts";
import { type Guest, known } from "../microvm/model.ts";
import type { Place } from "../nix/eval/value.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake } from "./support/examples.ts";
import type { Subject } from "./support/finding.ts";
import { bindingPlace, firstSpan, valuePlace } from "./support/places.ts";

const id = "overlay-upper-unsuitable";

export const text = messages(id, {
  summary: {
    en: "What is mounted at writableStoreOverlay cannot be the upper layer of an overlay.",
    "zh-cn": "挂载在 writableStoreOverlay 的内容不能作为 overlay 的上层。",
  },
  why: {
    en: "The writable store is an overlay whose upper and work directories lie below `microvm.writableStoreOverlay` (nixos-modules/microvm/mounts.nix). Linux wants a writable filesystem with extended attributes there: not 9p, not vfat, not a volume that is read-only. The mount of /nix/store then fails and the guest ends in emergency mode.",
    "zh-cn":
      "可写 store 是一个 overlay，其 upper 和 work 目录位于 `microvm.writableStoreOverlay` 之下（nixos-modules/microvm/mounts.nix）。Linux 要求那里是支持扩展属性的可写文件系统：不能是 9p、vfat 或只读卷。否则 /nix/store 挂载失败，虚拟机进入紧急模式。",
  },
  byHand: {
    en: "Mount a volume with ext4, xfs or btrfs at `microvm.writableStoreOverlay`, not read-only; a share by 9p cannot be one.",
    "zh-cn": "在 `microvm.writableStoreOverlay` 处挂载一个可写的 ext4、xfs 或 btrfs 卷；9p 共享不能用于此。",
  },
  share: {
    en: "the store overlay {overlay} is a 9p share: overlayfs cannot write to 9p, so /nix/store is not mounted",
    "zh-cn": "store 覆盖层 {overlay} 是 9p 共享：overlayfs 无法写入 9p，因此 /nix/store 无法挂载",
  },
  vfat: {
    en: "the store overlay {overlay} is a vfat volume: overlayfs cannot use vfat as upper layer, so /nix/store is not mounted",
    "zh-cn": "store 覆盖层 {overlay} 是 vfat 卷：overlayfs 不能用 vfat 作为上层，因此 /nix/store 无法挂载",
  },
  readOnly: {
    en: "the store overlay {overlay} is a read-only volume: overlayfs cannot write to it, so /nix/store is not mounted",
    "zh-cn": "store 覆盖层 {overlay} 是只读卷：overlayfs 无法写入，因此 /nix/store 无法挂载",
  },
  optionRo: {
    en: "the store overlay {overlay} is mounted read-only by its options: overlayfs cannot write to it, so /nix/store is not mounted",
    "zh-cn": "store 覆盖层 {overlay} 因挂载选项而只读：overlayfs 无法写入，因此 /nix/store 无法挂载",
  },
  setType: { en: 'Set fsType to "ext4"', "zh-cn": "将 fsType 设为“ext4”" },
  setWritable: { en: "Set readOnly to false", "zh-cn": "将 readOnly 设为 false" },
});

interface Data {
  readonly subject: Subject | null;
  readonly fault: "share" | "vfat" | "readOnly" | "options";
}

export const overlayUpperUnsuitable: Rule<Data> = {
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
        "/flake.nix": guestFlake(`microvm.writableStoreOverlay = "/nix/.rw-store";
microvm.shares = [ {
  tag = "rw-store";
  source = "rw-store";
  mountPoint = "/nix/.rw-store";
  proto = "9p";
} ];`),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(`microvm.writableStoreOverlay = "/nix/.rw-store";
microvm.volumes = [ {
  image = "rw-store.img";
  mountPoint = "/nix/.rw-store";
  size = 2048;
} ];`),
      },
    },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    const overlay = known(guest.writableStoreOverlay);
    if (overlay == null) continue;
    const share = overlayShare(guest)?.facts.share;
    if (share) {
      yield* finding(context, guest, text.share({ overlay }), { subject: null, fault: "share" }, [
        valuePlace(share.proto),
        valuePlace(share.mountPoint),
      ]);
    }
    for (const { volume, reasons } of context.forecasts(guest)[0]?.volumes ?? []) {
      const subject = { guest, volume };
      if (reasonOf(reasons, "overlay-vfat")) {
        yield* finding(context, guest, text.vfat({ overlay }), { subject, fault: "vfat" }, [
          valuePlace(volume.fsType),
          volume.at,
        ]);
        continue;
      }
      const readOnly = reasonOf(reasons, "overlay-read-only");
      if (readOnly?.facts.by === "options") {
        const places = [guest.fileSystems.get(overlay)?.at ?? null, volume.at];
        yield* finding(context, guest, text.optionRo({ overlay }), { subject, fault: "options" }, places);
      } else if (readOnly) {
        const places = [bindingPlace(volume.readOnly), volume.at];
        yield* finding(context, guest, text.readOnly({ overlay }), { subject, fault: "readOnly" }, places);
      }
    }
  }
}

function* finding(
  context: GuestContext,
  guest: Guest,
  message: Text,
  data: Data,
  places: readonly Place[],
): Generator<Finding<Data>> {
  const span = firstSpan(context, ...places, guest.at);
  if (span) yield { rule: id, span, message, notes: [], guests: [guest.name], data };
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  if (!data.subject || data.fault === "options") return;
  const fix =
    data.fault === "vfat"
      ? setField(context, data.subject, {
          id: "set-fstype",
          title: text.setType(),
          attribute: "fsType",
          pick: (volume) => volume.fsType,
          newText: '"ext4"',
          review: true,
        })
      : setField(context, data.subject, {
          id: "set-writable",
          title: text.setWritable(),
          attribute: "readOnly",
          pick: (volume) => volume.readOnly,
          newText: "false",
          review: true,
        });
  if (fix) yield fix;
}
