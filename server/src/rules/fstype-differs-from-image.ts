import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import type { ContentType, ImageFacts } from "../disk/facts.ts";
import { isSupported, mounts } from "../forecast/filesystems.ts";
import { type Guest, known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { newImage } from "./fixes/new-image.ts";
import { moveAsideOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";
import { usableImage } from "./support/usable.ts";

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
    en: "the image holds no filesystem that is known, the configuration says {declared}: the guest cannot mount it at {mountPoint}",
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
}

/** Content that is a filesystem; image-format-differs speaks of partition tables, LUKS and the like. */
const filesystems: ReadonlySet<ContentType> = new Set([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "vfat",
  "erofs",
  "squashfs",
  "bcachefs",
  "f2fs",
  "iso9660",
  "ntfs",
  "exfat",
]);

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
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    const declared = known(volume.fsType);
    const mountPoint = known(volume.mountPoint);
    const image = usableImage(context, subject);
    if (declared === undefined || mountPoint == null || !image) continue;
    const found = contentOf(image.seen, declared);
    if (found === null || isOverridden(guest, mountPoint)) continue;
    const words = { found, declared: printable(declared), mountPoint };
    yield* volumeFinding(fstypeDiffersFromImage, subject, {
      span: fieldSpan(context, guest, volume, volume.fsType),
      message: found === "nothing" ? text.nothing(words) : text.message(words),
      notes: [{ text: text.created({ path: image.path }) }],
      data: { found },
    });
  }
}

/** What is there and cannot be mounted as declared; null when it can, or when that is not known. */
function contentOf({ filesystem, blank }: ImageFacts, declared: string): Data["found"] | null {
  // A blank image is image-blank's; the mark of each filesystem that we make is one that we would have seen.
  if (filesystem.state === "absent") return blank === false && isSupported(declared) ? "nothing" : null;
  if (filesystem.state !== "seen") return null;
  const { type } = filesystem.value;
  return filesystems.has(type) && !mounts(declared, type) ? type : null;
}

/** The guest may set the type of this mount itself, over what microvm.nix sets. */
function isOverridden(guest: Guest, mountPoint: string): boolean {
  const own = guest.fileSystems.get(mountPoint);
  if (!own) return guest.mountsOpen != null;
  return own.fsType.state !== "missing";
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
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
  yield* forEachImage(context, data.subjects, ({ volume }, place) =>
    known(volume.autoCreate) === true && !place.path.startsWith("/dev/") ? [moveAsideOperation(place)] : [],
  );
  yield* newImage(context, subject, data.subjects);
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
}
