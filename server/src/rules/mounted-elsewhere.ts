import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, noteSpan } from "./support/places.ts";
import { usableFilesystem } from "./support/usable.ts";

const id = "mounted-elsewhere";

export const text = messages(id, {
  summary: {
    en: "The filesystem was last mounted at another place than the declared one.",
    "zh-cn": "文件系统上次挂载的位置与声明不同。",
  },
  why: {
    en: "ext2/3/4 remember where they were last mounted. Another place than `mountPoint` means that the mount point was edited, or, worse, that two volumes changed places: then one guest directory shows the other's files.",
    "zh-cn":
      "ext2/3/4 会记录上次挂载的位置。与 `mountPoint` 不同意味着挂载点被修改，或者更糟：两个卷互换了位置，于是一个目录显示另一个卷的文件。",
  },
  message: {
    en: "the filesystem was last mounted at {last}, the configuration says {declared}: its files will be there",
    "zh-cn": "文件系统上次挂载在 {last}，而配置为 {declared}：其中的文件将出现在那里",
  },
  swapped: {
    en: "the filesystem was last mounted at {last}, which is another volume's mount point now; the configuration says {declared}",
    "zh-cn": "文件系统上次挂载在 {last}，而那里现在是另一个卷的挂载点；配置为 {declared}",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
  other: { en: "the volume that is to be mounted at {last}", "zh-cn": "将要挂载到 {last} 的卷" },
  setMountPoint: {
    en: "Set mountPoint to where it was last mounted",
    "zh-cn": "将 mountPoint 设为上次挂载的位置",
  },
});

interface Data extends VolumeData {
  readonly last: string;
  readonly swapped: boolean;
}

export const mountedElsewhere: Rule<Data> = {
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
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/srv"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 mounted=/var"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 mounted=/var"],
    },
  },
  check,
  fixes,
};

/** Where people mount an image to look into it: says nothing about the guest. */
const byHand = /^\/(mnt|media|run\/media|tmp|var\/tmp|root|home\/[^/]+\/)/;

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    const declared = known(volume.mountPoint);
    const image = usableFilesystem(context, subject);
    if (declared == null || !image) continue;
    const last = image.filesystem.lastMounted;
    if (last === null || plain(last) === plain(declared) || isCutOff(last, declared)) continue;
    const twin = guest.volumes.find(
      (other) => other !== volume && plain(known(other.mountPoint) ?? "") === plain(last),
    );
    if (!twin && (byHand.test(last) || !last.startsWith("/"))) continue;
    const words = { last: printable(last), declared };
    const at = twin ? noteSpan(twin.at) : null;
    yield* volumeFinding(mountedElsewhere, subject, {
      span: fieldSpan(context, guest, volume, volume.mountPoint),
      message: twin ? text.swapped(words) : text.message(words),
      notes: [{ text: text.path({ path: image.path }) }, ...(at ? [{ text: text.other(words), at }] : [])],
      data: { last, swapped: twin !== undefined },
    });
  }
}

/** The superblock keeps 63 bytes of the path (s_last_mounted), in which the initrd's own prefix counts (`/mnt-root`). */
function isCutOff(last: string, declared: string): boolean {
  return last.length >= 63 - "/mnt-root".length && declared.startsWith(last);
}

/** One spelling of a path: without a slash at the end, `/` itself apart. */
function plain(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject || data.swapped) return;
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "set-mount-point",
    title: text.setMountPoint(),
    attribute: "mountPoint",
    pick: (volume) => volume.mountPoint,
    newText: stringText(data.last),
    review: true,
  });
  if (fix) yield fix;
}
