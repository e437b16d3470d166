import { attached } from "../base/attached.ts";
import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { bytesPerMiB, roughSizeWords } from "../base/words.ts";
import type { HostFacts, ImageFacts } from "../disk/facts.ts";
import { isInstalled } from "../forecast/directories.ts";
import { virtualBytes } from "../forecast/image/observed.ts";
import { reasonOf } from "../forecast/reasons.ts";
import { rememberedOf } from "../forecast/remembered.ts";
import { known } from "../microvm/model.ts";
import type { Finding, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type Subject, volumesOf } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "host-overcommitted";

export const text = messages(id, {
  summary: {
    en: "The images of a host may still grow by more than the host has free.",
    "zh-cn": "主机上的镜像可能继续增长的总量超过主机的剩余空间。",
  },
  why: {
    en: "microvm.nix makes sparse images with `truncate` (lib/volumes.nix): they take space on the host only when the guest writes. Several of them may promise more than there is. When the host runs full, QEMU silently pauses the guest (its default is `werror=enospc`) until there is space and `cont` is sent to its monitor; other hypervisors give the guest I/O errors. A creation that runs out of space leaves a blank image.",
    "zh-cn":
      "microvm.nix 用 `truncate` 创建稀疏镜像（lib/volumes.nix）：只有虚拟机写入时才占用主机空间。多个镜像承诺的空间可能超过实际空间。主机写满时，QEMU 会静默暂停虚拟机（默认 `werror=enospc`），直到有空间并向其监视器发送 `cont`；其他虚拟机监控程序会让虚拟机遇到 I/O 错误。创建时空间不足会留下空白镜像。",
  },
  byHand: {
    en: "Give the host more room, declare less, or free what guests no longer use: `fstrim -a` in the guest hands it back, `microvm-lens image trim` while it is stopped.",
    "zh-cn":
      "为主机增加空间、减小声明的大小，或释放虚拟机不再使用的空间：在虚拟机内运行 `fstrim -a` 可归还，停止时可用 `microvm-lens image trim`。",
  },
  message: {
    en: "the images on {host} may still grow by {growth}, and {free} are free there",
    "zh-cn": "{host} 上的镜像可能再增长 {growth}，而那里只剩 {free}",
  },
  full: {
    en: "nothing is free on {host}: mkfs.{fsType} fails and leaves a blank image",
    "zh-cn": "{host} 上没有剩余空间：mkfs.{fsType} 会失败并留下空白镜像",
  },
  largest: {
    en: "this one may grow by {growth}, the most of {count}",
    "zh-cn": "此镜像可能增长 {growth}，是 {count} 个中最多的",
  },
});

interface Data {
  readonly host: string;
}

export const hostOvercommitted: Rule<Data> = {
  id,
  severity: "warning",
  needs: "host",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 102400"])) },
      disk: ["host server free=20GiB total=100GiB", "/var/lib/microvms/web/data.img raw 100GiB ext4 allocated=1GiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 10240"])) },
      disk: ["host server free=20GiB total=100GiB", "/var/lib/microvms/web/data.img raw 10GiB ext4 allocated=1GiB"],
    },
  },
  check,
};

/** The volumes that the next start cannot make, because nothing is free. */
function* withoutSpace(context: RuleContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    for (const { volume, fsType, host } of unmakeable(context, guest)) {
      const span = fieldSpan(context, guest, volume, volume.sizeMiB);
      if (!span) continue;
      const message = text.full({ host: printable(host), fsType });
      yield { rule: id, span, message, notes: [], guests: [guest.name], severity: "error", data: { host } };
    }
  }
}

const unmakeable = rememberedOf((context: GuestContext, guest) =>
  context.forecasts(guest).flatMap(({ facts, volumes: all }) =>
    all.flatMap(({ volume, reasons }) => {
      const full = reasonOf(reasons, "no-space");
      return full && facts ? [{ volume, fsType: full.facts.fsType, host: facts.host }] : [];
    }),
  ),
);

interface Growth {
  readonly subject: Subject;
  readonly bytes: number;
}

function* check(context: RuleContext): Iterable<Finding<Data>> {
  yield* withoutSpace(context);
  for (const facts of context.hosts) {
    if (facts.freeBytes.state !== "seen") continue;
    const free = facts.freeBytes.value;
    const growths = growthsOn(context, facts);
    const total = growths.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= free) continue;
    const [largest] = [...growths].sort((a, b) => b.bytes - a.bytes);
    if (!largest) continue;
    const { guest, volume } = largest.subject;
    const span = fieldSpan(context, guest, volume, volume.sizeMiB);
    if (!span) continue;
    yield {
      rule: id,
      span,
      message: text.message({ host: printable(facts.host), growth: roughSizeWords(total), free: roughSizeWords(free) }),
      notes: [{ text: text.largest({ growth: roughSizeWords(largest.bytes), count: growths.length }) }],
      guests: [facts.host],
      data: { host: facts.host },
    };
  }
}

/** What each declared image below the state directory may still take, each file once. Images elsewhere may lie on another disk. */
function growthsOn(context: RuleContext, facts: HostFacts): Growth[] {
  const byFile = new Map<string | number, Growth>();
  for (const guest of context.declarations.guests) {
    for (const { facts: on, file, growth } of growthsOf(context, guest)) if (on === facts) byFile.set(file, growth);
  }
  return [...byFile.values()];
}

/** The same of one guest, on any host. The file is named by its inode, or by its path before there is one. */
const growthsOf = rememberedOf((context: GuestContext, guest) => {
  const found: { readonly facts: HostFacts; readonly file: string | number; readonly growth: Growth }[] = [];
  for (const subject of volumesOf(guest)) {
    const { volume } = subject;
    const places = context.onDisk(guest, volume);
    for (const place of places) {
      const { facts } = place;
      if (places.some((other) => other !== place && other.facts === facts)) continue;
      if (!place.path.startsWith(`${facts.stateDir}/`)) continue;
      if (volume.conditional || known(volume.readOnly) !== false) continue;
      if (place.image.state === "seen") {
        const bytes = growthOf(place.image.value, deviceOf(facts));
        if (bytes !== null) found.push({ facts, file: place.image.value.inode, growth: { subject, bytes } });
      } else if (place.image.state === "absent" && isInstalled(guest, facts)) {
        const size = known(volume.autoCreate) === true ? (known(volume.sizeMiB) ?? 0) : 0;
        if (size > 0) found.push({ facts, file: place.path, growth: { subject, bytes: size * bytesPerMiB } });
      }
    }
  }
  return found;
});

/** How much more an image on that device may take; null for one on another device, or of which the size is not known. */
function growthOf(image: ImageFacts, device: number | null): number | null {
  const bytes = virtualBytes(image);
  return bytes === null || image.device !== device ? null : Math.max(0, bytes - image.allocatedBytes);
}

const devices = attached<HostFacts, { readonly device: number | null }>();

/** The device of most images below the state directory: that of the free space that was measured. */
function deviceOf(facts: HostFacts): number | null {
  const before = devices.get(facts);
  if (before) return before.device;
  const counts = new Map<number, number>();
  for (const [path, image] of facts.images) {
    if (image.state !== "seen" || !path.startsWith(`${facts.stateDir}/`)) continue;
    if (image.value.linkKind === "symlink") continue;
    counts.set(image.value.device, (counts.get(image.value.device) ?? 0) + 1);
  }
  const device = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  devices.set(facts, { device });
  return device;
}
