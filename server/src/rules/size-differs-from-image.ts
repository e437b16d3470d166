import { messages } from "../base/text.ts";
import { bytesPerMiB, sizeWords } from "../base/words.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { growAtStart, guard, moveAside } from "./fixes/at-start.ts";
import { cleanupService } from "./fixes/cleanup-service.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { letHostGrow } from "./fixes/host-keeper.ts";
import { newImage } from "./fixes/new-image.ts";
import { growDevice } from "./fixes/on-device.ts";
import { growOperation } from "./fixes/operations.ts";
import { setSize } from "./fixes/set-size.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "size-differs-from-image";

export const text = messages(id, {
  summary: {
    en: "The image on disk does not have the declared size, which is ignored.",
    "zh-cn": "磁盘上的镜像大小与声明不符，声明的大小被忽略。",
  },
  why: {
    en: "microvm.nix runs `truncate -s <size>M` and mkfs only when the image does not exist (lib/volumes.nix). Changing `size` later has no effect: the guest boots with the old image and the old amount of space. It does boot, so nothing else tells you.",
    "zh-cn":
      "microvm.nix 仅在镜像不存在时才运行 `truncate -s <size>M` 和 mkfs（lib/volumes.nix）。之后再修改 `size` 没有任何效果：虚拟机仍以旧镜像和旧空间启动。由于能正常启动，没有其他东西会提醒你。",
  },
  message: {
    en: "the image is {actual} ({format}), the configuration says {declared} MiB: this size is ignored",
    "zh-cn": "镜像为 {actual}（{format}），而配置为 {declared} MiB：该大小被忽略",
  },
  created: {
    en: "microvm.nix uses `size` only when it creates the image, and {path} exists",
    "zh-cn": "microvm.nix 仅在创建镜像时使用 `size`，而 {path} 已经存在",
  },
  notCreated: {
    en: "`autoCreate` is false, so microvm.nix never uses `size` here; {path} is what it is",
    "zh-cn": "`autoCreate` 为 false，因此 microvm.nix 在此从不使用 `size`；{path} 保持原样",
  },
});

interface Data extends VolumeData {
  /** What the guest sees as its disk, in bytes. */
  readonly actualBytes: number;
}

export const sizeDiffersFromImage: Rule<Data> = {
  id,
  severity: "warning",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 2048"])) },
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
  const ignored = reasonOf(forecast.reasons, "size-ignored");
  if (!ignored) return [];
  const { guest, volume } = forecast;
  const { path, declaredMiB, imageBytes, format } = ignored.facts;
  const note = known(volume.autoCreate) === false ? text.notCreated : text.created;
  return volumeFinding(sizeDiffersFromImage, forecast, {
    span: fieldSpan(context, guest, volume, volume.sizeMiB),
    message: text.message({ actual: sizeWords(imageBytes), format, declared: declaredMiB }),
    notes: [{ text: note({ path }) }],
    data: { actualBytes: imageBytes },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  const declared = known(subject.volume.sizeMiB) ?? 0;
  yield* setSize(context, subject, data.actualBytes);
  // Whoever declares more than there is wanted the volume to grow: that is what an editor puts first.
  if (declared * bytesPerMiB > data.actualBytes) {
    const grown = forEachImage(context, data.subjects, (each) => growOperation(context, each, declared * bytesPerMiB));
    for (const fix of grown) yield fix.kind === "operation" ? { ...fix, preferred: true } : fix;
  }
  if (declared * bytesPerMiB > data.actualBytes) yield* growDevice(context, subject, declared);
  yield* letHostGrow(context, subject, data.actualBytes);
  yield* growAtStart(context, subject, data.actualBytes);
  yield* newImage(context, subject, data.subjects);
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
  else yield* moveAside(context, subject);
  yield* guard(context, subject);
  yield* cleanupService(context, subject);
}
