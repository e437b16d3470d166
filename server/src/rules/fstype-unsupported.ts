import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { unsupportedType } from "../forecast/evaluation.ts";
import { isSupported, supportedTypes } from "../forecast/image/filesystems.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "fstype-unsupported";

export const text = messages(id, {
  summary: {
    en: "The filesystem is not one that microvm.nix can make: evaluation fails.",
    "zh-cn": "microvm.nix 不知道如何创建该文件系统：求值会失败。",
  },
  why: {
    en: 'lib/volumes.nix knows ext2, ext3, ext4, xfs, btrfs and vfat and throws "Do not know how to handle …" for everything else. It looks at all volumes as soon as one of them has `autoCreate`: another filesystem is possible only where every volume of the guest has `autoCreate = false`.',
    "zh-cn":
      "lib/volumes.nix 只认识 ext2、ext3、ext4、xfs、btrfs 和 vfat，对其他类型会抛出“Do not know how to handle …”。只要有一个卷启用 `autoCreate`，就会检查所有卷：只有当虚拟机的所有卷都设为 `autoCreate = false` 时才能使用其他文件系统。",
  },
  message: {
    en: 'microvm.nix cannot make "{fsType}" (only {supported}), and a volume of this guest has autoCreate: evaluation fails',
    "zh-cn": "microvm.nix 无法创建“{fsType}”（仅支持 {supported}），而该虚拟机有卷启用了 autoCreate：求值会失败",
  },
  setType: { en: 'Set fsType to "{fsType}"', "zh-cn": "将 fsType 设为“{fsType}”" },
});

export const fstypeUnsupported: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'fsType = "f2fs"']),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "autoCreate = false", 'fsType = "f2fs"']),
        ),
      },
    },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<VolumeData>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    for (const { facts } of unsupportedType(guest, volume)) {
      yield* volumeFinding(fstypeUnsupported, subject, {
        span: fieldSpan(context, guest, volume, volume.fsType),
        message: text.message({ fsType: printable(facts.fsType), supported: supportedTypes.join(", ") }),
      });
    }
  }
}

const sameThing: Readonly<Record<string, string>> = { fat: "vfat", fat32: "vfat", msdos: "vfat", ext: "ext4" };

function* fixes({ data }: Finding<VolumeData>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  const image = context.image(subject.guest, subject.volume);
  const onDisk = image?.seen.filesystem.state === "seen" ? image.seen.filesystem.value.type : null;
  const declared = known(subject.volume.fsType) ?? "";
  const fsType = onDisk !== null && isSupported(onDisk) ? onDisk : (sameThing[declared] ?? "ext4");
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "set-fstype",
    title: text.setType({ fsType }),
    attribute: "fsType",
    pick: (volume) => volume.fsType,
    newText: stringText(fsType),
    review: true,
  });
  if (fix) yield fix;
}
