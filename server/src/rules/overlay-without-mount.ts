import { messages } from "../base/text.ts";
import { contains } from "../forecast/guest/overlay.ts";
import { reasonOf } from "../forecast/reasons.ts";
import { wordsOf } from "../forecast/words/reason-words.ts";
import { type Guest, isLone, known, type Volume } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake } from "./support/examples.ts";
import type { Subject } from "./support/finding.ts";
import { firstSpan, valuePlace } from "./support/places.ts";
import { editDistance } from "./support/spelling.ts";

const id = "overlay-without-mount";

export const text = messages(id, {
  summary: {
    en: "No volume or share is mounted at writableStoreOverlay.",
    "zh-cn": "没有卷或共享挂载在 writableStoreOverlay。",
  },
  why: {
    en: "microvm.nix does not tie the overlay to a volume: it uses whatever is mounted at `microvm.writableStoreOverlay` (nixos-modules/microvm/mounts.nix). With nothing there the upper layer lies on the root filesystem, which is a tmpfs by default: everything that is built in the guest takes RAM and is gone at shutdown. A mount point that differs by a letter is nearly always a slip.",
    "zh-cn":
      "microvm.nix 不会把 overlay 与某个卷绑定：它使用挂载在 `microvm.writableStoreOverlay` 的任何内容（nixos-modules/microvm/mounts.nix）。如果那里没有挂载，上层就位于根文件系统上，默认是 tmpfs：虚拟机内构建的一切都占用内存并在关机时消失。只差一个字母的挂载点几乎总是笔误。",
  },
  nearMiss: {
    en: 'nothing is mounted at the store overlay {overlay}, and a volume is mounted at "{mountPoint}", which differs by little',
    "zh-cn": "store 覆盖层 {overlay} 处没有挂载，而有一个卷挂载在十分相近的“{mountPoint}”",
  },
  message: {
    en: "nothing is mounted at the store overlay {overlay}: what the guest builds lies in RAM and is gone at shutdown",
    "zh-cn": "store 覆盖层 {overlay} 处没有挂载：虚拟机构建的内容位于内存中，关机后消失",
  },
  volume: { en: "the volume with the similar mount point", "zh-cn": "挂载点相近的卷" },
  setMountPoint: { en: "Mount it at writableStoreOverlay", "zh-cn": "挂载到 writableStoreOverlay" },
});

interface Data {
  readonly overlay: string;
  /** The volume that is nearly mounted there. */
  readonly subject: Subject | null;
  readonly subjects?: readonly Subject[];
}

export const overlayWithoutMount: Rule<Data> = {
  id,
  severity: "warning",
  needs: "config",
  claims: "absence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake(example("/nix/.rwstore")) } },
    good: { files: { "/flake.nix": guestFlake(example("/nix/.rw-store")) } },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    yield* mountedLater(context, guest);
    const overlay = known(guest.writableStoreOverlay);
    if (overlay == null || guest.volumesOpen || guest.mountsOpen || isLone(guest)) continue;
    const mounts = mountPoints(guest);
    if (mounts === null || mounts.some((mount) => contains(mount, overlay))) continue;
    const near = guest.volumes.find((volume) => isNear(known(volume.mountPoint) ?? null, overlay));
    const span = firstSpan(
      context,
      near ? valuePlace(near.mountPoint) : null,
      valuePlace(guest.writableStoreOverlay),
      guest.at,
    );
    if (!span) continue;
    const mountPoint = near ? (known(near.mountPoint) ?? "") : "";
    yield {
      rule: id,
      span,
      message: near ? text.nearMiss({ overlay, mountPoint }) : text.message({ overlay }),
      notes: [],
      guests: [guest.name],
      severity: near ? "warning" : "hint",
      data: { overlay, subject: near ? { guest, volume: near } : null },
    };
  }
}

/** A volume that holds the overlay, and is mounted only after it. */
function* mountedLater(context: GuestContext, guest: Guest): Iterable<Finding<Data>> {
  // It is the same on every host.
  for (const { volume, reasons } of context.forecasts(guest)[0]?.volumes ?? []) {
    const inRam = reasonOf(reasons, "overlay-in-ram");
    if (!inRam) continue;
    const subject = { guest, volume };
    const span = firstSpan(context, valuePlace(volume.mountPoint), volume.at, guest.at);
    const data = { overlay: inRam.facts.overlay, subject: null, subjects: [subject] };
    if (span) yield { rule: id, span, message: wordsOf(inRam), notes: [], guests: [guest.name], data };
  }
}

/** Every mount point of the guest but `/`; null when one of them is not known. */
function mountPoints(guest: Guest): string[] | null {
  const found: string[] = [...guest.fileSystems.keys()];
  const fields: Volume["mountPoint"][] = [
    ...guest.volumes.map((volume) => volume.mountPoint),
    ...guest.shares.map((share) => share.mountPoint),
  ];
  for (const field of fields) {
    if (field.state === "missing") continue;
    const mountPoint = known(field);
    if (mountPoint === undefined) return null;
    if (mountPoint !== null) found.push(mountPoint);
  }
  return found;
}

/** A slip of at most two letters. */
function isNear(mountPoint: string | null, overlay: string): boolean {
  return mountPoint !== null && mountPoint.length > 4 && editDistance(mountPoint, overlay) <= 2;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  if (!data.subject) return;
  const fix = setField(context, data.subject, {
    id: "set-mount-point",
    title: text.setMountPoint(),
    attribute: "mountPoint",
    pick: (volume) => volume.mountPoint,
    newText: stringText(data.overlay),
    review: true,
  });
  if (fix) yield fix;
}

function example(mountPoint: string): string {
  return `microvm.writableStoreOverlay = "/nix/.rw-store";
microvm.volumes = [ {
  image = "rw-store.img";
  mountPoint = "${mountPoint}";
  size = 2048;
} ];`;
}
