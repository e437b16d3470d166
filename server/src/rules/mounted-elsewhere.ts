import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import type { Finding, GuestContext, Rule } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, noteSpan } from "./support/places.ts";

const id = "mounted-elsewhere";

export const text = messages(id, {
  summary: {
    en: "The filesystem was last mounted at another volume's mount point.",
    "zh-cn": "文件系统上次挂载在另一个卷的挂载点。",
  },
  why: {
    en: "ext2/3/4 keep the path of the mount through which a file in them was first opened (fs/ext4/file.c). That of another volume of the same guest means that two volumes changed places: then one directory shows the other's files. Any other path says nothing: through an overlay it is `/`, through a bind mount the target of that.",
    "zh-cn":
      "ext2/3/4 会记录首次打开其中文件时所经过的挂载路径（fs/ext4/file.c）。若该路径是同一虚拟机另一个卷的挂载点，说明两个卷互换了位置：一个目录会显示另一个卷的文件。其他路径说明不了什么：经过 overlay 时为 `/`，经过绑定挂载时为其目标。",
  },
  byHand: {
    en: "Look into both images before the next start, and give each volume the image that holds its data: swap the names of the images in the configuration.",
    "zh-cn": "在下次启动之前查看两个镜像，并使每个卷使用含有其数据的镜像：在配置中交换镜像名称。",
  },
  swapped: {
    en: "the filesystem was last mounted at {last}, which is another volume's mount point now; the configuration says {declared}",
    "zh-cn": "文件系统上次挂载在 {last}，而那里现在是另一个卷的挂载点；配置为 {declared}",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
  other: { en: "the volume that is to be mounted at {last}", "zh-cn": "将要挂载到 {last} 的卷" },
});

export const mountedElsewhere: Rule<VolumeData> = {
  id,
  severity: "warning",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "var.img"', 'mountPoint = "/srv"', "size = 512", 'label = "var"'],
            ['image = "srv.img"', 'mountPoint = "/var"', "size = 512", 'label = "srv"'],
          ),
        ),
      },
      disk: [
        "/var/lib/microvms/web/var.img raw 512MiB ext4 label=var mounted=/var",
        "/var/lib/microvms/web/srv.img raw 512MiB ext4 label=srv mounted=/srv",
      ],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 mounted=/var"],
    },
  },
  perVolume,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const elsewhere = reasonOf(forecast.reasons, "mounted-elsewhere");
  if (!elsewhere) return [];
  const { guest, volume } = forecast;
  const { path, last, declared, other } = elsewhere.facts;
  const words = { last: printable(last), declared };
  const at = noteSpan(other.at);
  return volumeFinding(mountedElsewhere, forecast, {
    span: fieldSpan(context, guest, volume, volume.mountPoint),
    message: text.swapped(words),
    notes: [{ text: text.path({ path: printable(path) }) }, ...(at ? [{ text: text.other(words), at }] : [])],
  });
}
