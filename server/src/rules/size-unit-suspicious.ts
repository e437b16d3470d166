import { messages } from "../base/text.ts";
import { bytesPerMiB, roughSizeWords } from "../base/words.ts";
import { virtualBytes } from "../forecast/image/observed.ts";
import { known } from "../microvm/model.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "size-unit-suspicious";

export const text = messages(id, {
  summary: {
    en: "The size looks as if it were meant in another unit than MiB.",
    "zh-cn": "该大小看起来不是以 MiB 为单位书写的。",
  },
  why: {
    en: "`size` counts MiB (nixos-modules/microvm/options.nix), which the documentation has said only since September 2025 (pull request #404). A volume of `10` is 10 MiB, not 10 GiB; one of `10737418240` is 10 PiB, which a host on ext4 refuses to make and one on xfs or btrfs makes silently.",
    "zh-cn":
      "`size` 以 MiB 为单位（nixos-modules/microvm/options.nix），文档直到 2025 年 9 月才说明（pull request #404）。`10` 表示 10 MiB 而不是 10 GiB；`10737418240` 则是 10 PiB：ext4 上的主机会拒绝创建，xfs 或 btrfs 上的则会照样创建。",
  },
  message: {
    en: "the configuration says {size} MiB, which is {words}: {size} {unit} may be meant, which is {meant} MiB",
    "zh-cn": "配置为 {size} MiB，即 {words}：可能是想写 {size} {unit}，即 {meant} MiB",
  },
  tiny: {
    en: "the configuration says {size} MiB: {size} GiB may be meant, which is {meant} MiB",
    "zh-cn": "配置为 {size} MiB：可能是想写 {size} GiB，即 {meant} MiB",
  },
  setSize: { en: "Set size to {meant} ({size} {unit})", "zh-cn": "将 size 设为 {meant}（{size} {unit}）" },
});

interface Data extends VolumeData {
  readonly size: number;
  readonly unit: string;
  /** MiB. */
  readonly meant: number;
}

export const sizeUnitSuspicious: Rule<Data> = {
  id,
  severity: "information",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 10"])) } },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 10240"])) },
    },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    const size = known(volume.sizeMiB);
    const meant = size === undefined ? null : otherUnit(size);
    if (size === undefined || meant === null || known(volume.autoCreate) !== true) continue;
    // Who writes other sizes in MiB knows the unit.
    if (meant.unit === "GiB" && guest.volumes.some((other) => (known(other.sizeMiB) ?? 0) > 16)) continue;
    // Somebody made it of that size: then the number is no slip.
    const places = context.onDisk(guest, volume);
    const made = places.some(({ image }) => image.state === "seen" && virtualBytes(image.value) === size * bytesPerMiB);
    if (made) continue;
    yield* volumeFinding(sizeUnitSuspicious, subject, {
      span: fieldSpan(context, guest, volume, volume.sizeMiB),
      message:
        meant.unit === "GiB"
          ? text.tiny({ size, ...meant })
          : text.message({ size, words: roughSizeWords(size * bytesPerMiB), ...meant }),
      data: { size, ...meant },
    });
  }
}

/**
 * What the number may have been meant as. Up to 16: GiB, since hardly a volume is that small. From 4 TiB on: KiB where
 * that gives whole MiB; from 64 TiB on, more than ext4's usual limit: bytes.
 */
function otherUnit(size: number): { unit: string; meant: number } | null {
  if (size >= 1 && size <= 16) return { unit: "GiB", meant: size * 1024 };
  if (size >= 64 * bytesPerMiB && size % bytesPerMiB === 0) return { unit: "bytes", meant: size / bytesPerMiB };
  if (size >= 4 * bytesPerMiB && size < 64 * bytesPerMiB && size % 1024 === 0)
    return { unit: "KiB", meant: size / 1024 };
  return null;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "set-size",
    title: text.setSize({ meant: data.meant, size: data.size, unit: data.unit }),
    attribute: "size",
    pick: (volume) => volume.sizeMiB,
    newText: String(data.meant),
    review: true,
  });
  if (fix) yield fix;
}
