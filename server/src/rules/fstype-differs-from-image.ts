import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import type { ContentType } from "../disk/facts.ts";
import { isSupported } from "../forecast/image/filesystems.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { newImage } from "./fixes/new-image.ts";
import { moveAsideOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { isSupplied, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "fstype-differs-from-image";

export const text = messages(id, {
  summary: {
    en: "The image holds another filesystem than the one that the guest mounts.",
    "zh-cn": "镜像中的文件系统与虚拟机要挂载的不同。",
  },
  why: {
    en: "`fsType` is given to mkfs only when the image is created (lib/volumes.nix), but it always goes into the guest's fileSystems (nixos-modules/microvm/mounts.nix). After a change the guest mounts the old filesystem under the new name, which the kernel refuses; a mount that is needed for booting ends in emergency mode.",
    "zh-cn":
      "`fsType` 只在创建镜像时传给 mkfs（lib/volumes.nix），但总是写入虚拟机的 fileSystems（nixos-modules/microvm/mounts.nix）。修改之后，虚拟机会用新的类型挂载旧的文件系统，内核会拒绝；启动所必需的挂载失败会进入紧急模式。",
  },
  message: {
    en: "the image holds {found}, the configuration says {declared}: the guest cannot mount it at {mountPoint}",
    "zh-cn": "镜像中是 {found}，而配置为 {declared}：虚拟机无法将其挂载到 {mountPoint}",
  },
  nothing: {
    en: "the image contains no known filesystem, the configuration says {declared}: the guest cannot mount it at {mountPoint}",
    "zh-cn": "镜像中没有已知的文件系统，而配置为 {declared}：虚拟机无法将其挂载到 {mountPoint}",
  },
  created: {
    en: "microvm.nix formats an image only when it does not exist, and {path} exists",
    "zh-cn": "microvm.nix 仅在镜像不存在时才格式化，而 {path} 已经存在",
  },
  setType: { en: 'Set fsType to "{found}", as on disk', "zh-cn": "将 fsType 设为“{found}”，与磁盘一致" },
});

interface Data extends VolumeData {
  readonly found: ContentType | "nothing";
  /** The type that the guest's mount is told. */
  readonly declared: string;
}

export const fstypeDiffersFromImage: Rule<Data> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'fsType = "xfs"']),
        ),
      },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const other = reasonOf(forecast.reasons, "other-type");
  const nothing = reasonOf(forecast.reasons, "no-filesystem");
  const facts = other?.facts ?? nothing?.facts;
  if (!facts) return [];
  const { guest, volume } = forecast;
  const found = other?.facts.found ?? "nothing";
  const words = { found, declared: printable(facts.declared), mountPoint: facts.mountPoint };
  return volumeFinding(fstypeDiffersFromImage, forecast, {
    span: fieldSpan(context, guest, volume, volume.fsType),
    message: nothing ? text.nothing(words) : text.message(words),
    notes: [{ text: text.created({ path: printable(facts.path) }) }],
    data: { found, declared: facts.declared },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  // Where the mount says another type than the volume, neither changing the volume's nor a new image helps.
  if (known(subject.volume.fsType) !== data.declared) return;
  if (isSupported(data.found)) {
    const fix = setField(context, subject, {
      wanted: data.subjects,
      id: "set-fstype",
      title: text.setType({ found: data.found }),
      attribute: "fsType",
      pick: (volume) => volume.fsType,
      newText: stringText(data.found),
    });
    if (fix) yield fix;
  }
  yield* forEachImage(context, data.subjects, (each, place) =>
    known(each.volume.autoCreate) === true && !isSupplied(context, each) ? moveAsideOperation(place) : [],
  );
  // What makes the image where it is missing would make the new one alike.
  if (!isSupplied(context, subject)) yield* newImage(context, subject, data.subjects);
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
}
