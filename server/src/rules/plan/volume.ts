import { attached } from "../../base/attached.ts";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { bytesPerMiB, nameList, sizeWords } from "../../base/words.ts";
import type { ImageFacts } from "../../disk/facts.ts";
import { isInstalled } from "../../forecast/directories.ts";
import { isSupported } from "../../forecast/filesystems.ts";
import { looksForItself } from "../../forecast/formats.ts";
import { inputOf } from "../../forecast/locked.ts";
import { containerFormat, microvmMay, virtualBytes } from "../../forecast/observed.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import type { RuleContext, VolumeOnDisk } from "../rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { hostCleanup } from "../support/host-cleanup.ts";
import { sharers } from "../support/sharing.ts";
import { handledAtStart } from "../support/start-script.ts";
import { text as creation, creationOutcome } from "./creation.ts";
import { deployedLetter, driveLetters, type Letters } from "./letters.ts";
import { reading } from "./reading.ts";
import type { VolumePlan } from "./shape.ts";

export const text = messages("plan.volume", {
  unknownImage: { en: "the value of `image` is not known", "zh-cn": "`image` 的值未知" },
  noHost: { en: "no host was looked at that runs this guest", "zh-cn": "没有查看过运行该虚拟机的主机" },
  severalPlaces: {
    en: "several directories may be the guest's: {paths}",
    "zh-cn": "有多个目录可能属于该虚拟机：{paths}",
  },
  unreadable: { en: "the image could not be looked at: {detail}", "zh-cn": "无法查看镜像：{detail}" },
  share: {
    en: "the same file is used by another volume, of {guests}",
    "zh-cn": "同一文件还被其他卷使用，属于 {guests}",
  },
  missing: {
    en: "the file does not exist and `autoCreate` is false: the hypervisor cannot open it",
    "zh-cn": "文件不存在且 `autoCreate` 为 false：虚拟机监控程序无法打开它",
  },
  notDeployed: {
    en: "the file does not exist and `autoCreate` is false: what deploys the guest to this host may make it",
    "zh-cn": "文件不存在且 `autoCreate` 为 false：将虚拟机部署到此主机时可能会创建它",
  },
  autoCreate: {
    en: "the file does not exist and the value of `autoCreate` is not known",
    "zh-cn": "文件不存在，且 `autoCreate` 的值未知",
  },
  deleted: {
    en: "deleted by a service of the host and {creation}",
    "zh-cn": "先由主机上的服务删除，然后{creation}",
  },
  movedAside: {
    en: "moved aside because it is not of the declared size, and {creation}",
    "zh-cn": "因大小与声明不符而被移开，然后{creation}",
  },
  service: {
    en: "a service of the host names the image and removes or moves files before the start: whether this one is not known",
    "zh-cn": "主机上的某个服务提到该镜像，并在启动前删除或移动文件：是否包括该镜像未知",
  },
  preStart: {
    en: "`preStart` may remove the image: whether it does is not known",
    "zh-cn": "`preStart` 可能会删除该镜像：是否删除未知",
  },
  recreate: { en: "removed by `preStart` and {creation}", "zh-cn": "先由 `preStart` 删除，然后{creation}" },
  rmDirectory: {
    en: "{path} is a directory, and `rm` in preStart fails on it",
    "zh-cn": "{path} 是目录，preStart 中的 `rm` 会失败",
  },
  format: {
    en: "the locked microvm.nix lets cloud-hypervisor find out the image's format by itself",
    "zh-cn": "锁定的 microvm.nix 让 cloud-hypervisor 自行识别镜像格式",
  },
  notAFile: { en: "{path} is a {kind}, not an image", "zh-cn": "{path} 是 {kind}，不是镜像" },
  notWritable: {
    en: "the user microvm may not {verb} the image (owner {uid}:{gid}, mode {mode})",
    "zh-cn": "用户 microvm 无权{verb}该镜像（所有者 {uid}:{gid}，权限 {mode}）",
  },
  read: { en: "read", "zh-cn": "读取" },
  write: { en: "write", "zh-cn": "写入" },
  dropped: {
    en: "the guest has more volumes than drive letters: this one is dropped",
    "zh-cn": "卷的数量超过盘符数量：该卷会被丢弃",
  },
  storeDisk: {
    en: "firecracker always attaches the store disk first, so this volume becomes /dev/vd{actual} and the guest looks for /dev/vd{declared}",
    "zh-cn": "firecracker 总是先挂接 store 磁盘，因此该卷成为 /dev/vd{actual}，而虚拟机会查找 /dev/vd{declared}",
  },
  moved: {
    en: "used as it is ({size}), but as /dev/vd{after} instead of /dev/vd{before}, because its place in the list changed",
    "zh-cn": "按原样使用（{size}），但由于在列表中的位置改变，设备由 /dev/vd{before} 变为 /dev/vd{after}",
  },
});

/**
 * What the next start does with one volume on one probed host; `host` may be left out where only one is in question.
 * Pure: everything comes from the context.
 */
export function planVolume(context: RuleContext, guest: Guest, volume: Volume, host?: string | null): VolumePlan {
  const places = context.onDisk(guest, volume).filter((place) => host == null || place.facts.host === host);
  const place = onlyPlace(places);
  const image = place?.image.state === "seen" ? place.image.value : null;
  const filesystem = image?.filesystem.state === "seen" ? image.filesystem.value.type : null;
  const declaredMiB = known(volume.sizeMiB) ?? null;
  const actualBytes = image ? virtualBytes(image) : null;
  const verdict = judge(context, { guest, volume }, places, place);
  const used =
    verdict.action === "reuse" ||
    verdict.action === "shift" ||
    verdict.action === "share" ||
    verdict.action === "blank";
  return {
    guest: guest.name,
    host: place?.facts.host ?? host ?? null,
    image: known(volume.image) ?? null,
    path: place?.path ?? null,
    mountPoint: known(volume.mountPoint) ?? null,
    action: verdict.action,
    text: verdict.text,
    rule: verdict.rule,
    leaves: verdict.leaves ?? null,
    declaredMiB,
    declaredFsType: known(volume.fsType) ?? null,
    actualBytes,
    actualFsType: filesystem,
    sizeIgnored: used && declaredMiB !== null && actualBytes !== null && actualBytes !== declaredMiB * bytesPerMiB,
    conditional: volume.conditional !== null,
    span: placeSpan(volume.at),
  };
}

interface Verdict {
  readonly action: VolumePlan["action"];
  readonly text: Text;
  readonly rule: string | null;
  readonly leaves?: VolumePlan["leaves"];
}

/** The place to judge: the only one, or the only one at which something is. */
function onlyPlace(places: readonly VolumeOnDisk[]): VolumeOnDisk | null {
  if (places.length === 1) return places[0] as VolumeOnDisk;
  const existing = places.filter((place) => place.image.state !== "absent");
  return existing.length === 1 ? (existing[0] as VolumeOnDisk) : null;
}

function judge(
  context: RuleContext,
  subject: Subject,
  places: readonly VolumeOnDisk[],
  place: VolumeOnDisk | null,
): Verdict {
  const { guest, volume } = subject;
  if (known(volume.image) === undefined) return unknown(text.unknownImage());
  if (places.length === 0) return unknown(text.noHost());
  if (!place) return unknown(text.severalPlaces({ paths: nameList(places.map((each) => each.path)) }));

  const others = sharing(context, subject);
  if (others.length > 0) {
    return { action: "share", text: text.share({ guests: nameList(others) }), rule: "image-shared" };
  }
  const letters = driveLetters(guest, volume);
  if (letters.dropped) return { action: "not-mount", text: text.dropped(), rule: "too-many-volumes" };

  const broken = evaluationFailure(guest, volume);
  if (broken) return broken;

  const { image } = place;
  if (image.state === "unreadable") return unknown(text.unreadable({ detail: printable(image.detail) }));
  if (
    image.state === "seen" &&
    volume.transient &&
    image.value.kind === "directory" &&
    !/\brm\s+-\w*r/.test(known(guest.preStart) ?? "")
  ) {
    return {
      action: "fail-to-create",
      text: text.rmDirectory({ path: printable(place.path) }),
      rule: null,
      leaves: "nothing",
    };
  }
  if (image.state === "absent" || volume.transient) return absent(subject, place);
  return replaced(context, subject, place, image.value) ?? present(context, subject, place, image.value, letters);
}

/**
 * A service of the host, or preStart, may put the image away before microvm.nix looks for it: always, or when it is not of
 * the declared size.
 */
function replaced(context: RuleContext, subject: Subject, place: VolumeOnDisk, image: ImageFacts): Verdict | null {
  const size = known(subject.volume.sizeMiB);
  const cleanup = hostCleanup(context, subject);
  const differs = size !== undefined && virtualBytes(image) !== size * bytesPerMiB;
  const moved = differs && (cleanup === "moves" || handledAtStart(subject) === "moves");
  if (cleanup === "perhaps" && !moved) return unknown(text.service());
  if (cleanup === null && handledAtStart(subject) === "perhaps") return unknown(text.preStart());
  if ((cleanup !== "deletes" && !moved) || known(subject.volume.autoCreate) !== true) return null;
  const outcome = creationOutcome(subject.volume, place.path, place.facts, true);
  const say = moved ? text.movedAside : text.deleted;
  return outcome.action === "create"
    ? { ...outcome, action: "recreate", text: say({ creation: outcome.text }) }
    : outcome;
}

/** What makes evaluation fail keeps the whole guest from being built, whatever is on disk (lib/volumes.nix throws). */
function evaluationFailure(guest: Guest, volume: Volume): Verdict | null {
  const fail = (why: Text, rule: string): Verdict => ({ action: "fail-to-create", text: why, rule, leaves: "nothing" });
  if (!guest.volumes.some((each) => each.conditional === null && known(each.autoCreate) === true)) return null;
  for (const each of [volume, ...guest.volumes.filter((other) => other !== volume && other.conditional === null)]) {
    const fsType = known(each.fsType);
    if (fsType !== undefined && !isSupported(fsType)) {
      return fail(creation.unsupported({ fsType: printable(fsType) }), "fstype-unsupported");
    }
    if (each.sizeMiB.state === "missing" && known(each.autoCreate) === true) {
      return fail(creation.noSize(), "required-option-missing");
    }
  }
  return null;
}

/** The file is not there, or will not be when microvm.nix's volume script looks. */
function absent({ guest, volume }: Subject, place: VolumeOnDisk): Verdict {
  const autoCreate = known(volume.autoCreate);
  if (autoCreate === undefined) return unknown(text.autoCreate());
  const deployed = isInstalled(guest, place.facts);
  if (!autoCreate && !deployed) return unknown(text.notDeployed());
  if (!autoCreate) return { action: "fail-to-create", text: text.missing(), rule: "image-missing", leaves: "nothing" };
  const outcome = creationOutcome(volume, place.path, place.facts, deployed);
  if (!volume.transient || outcome.action !== "create") return outcome;
  return { ...outcome, action: "recreate", text: text.recreate({ creation: outcome.text }) };
}

/** The file is there and stays: mkfs is skipped, whatever the configuration says (lib/volumes.nix: `[ ! -e … ]`). */
function present(
  context: RuleContext,
  subject: Subject,
  place: VolumeOnDisk,
  image: ImageFacts,
  letters: Letters,
): Verdict {
  const { volume } = subject;
  if (image.kind !== "regular" && image.kind !== "block-device") {
    return { action: "not-mount", text: text.notAFile({ path: printable(image.path), kind: image.kind }), rule: null };
  }
  const readOnly = known(volume.readOnly);
  if (readOnly !== undefined) {
    const may = microvmMay(place.facts, image, readOnly ? 4 : 6);
    if (may === false) {
      const { uid, gid } = image;
      const mode = image.mode.toString(8).padStart(4, "0");
      const verb = readOnly ? text.read() : text.write();
      return { action: "not-mount", text: text.notWritable({ verb, uid, gid, mode }), rule: "image-not-writable" };
    }
  }
  const content =
    looksForItself(subject.guest, inputOf(context.declarations, subject.guest)) && containerFormat(image) !== "raw"
      ? unknown(text.format())
      : reading(subject, image);
  if (content.action !== "reuse") return content;
  if (letters.storeDiskInFront) {
    const { declared, actual } = letters.storeDiskInFront;
    return { action: "shift", text: text.storeDisk({ declared, actual }), rule: "device-by-position" };
  }
  const moved = deployedLetter(subject, place, letters);
  if (moved) {
    const bytes = virtualBytes(image);
    const size = bytes === null ? "" : sizeWords(bytes);
    return { action: "shift", text: text.moved({ size, ...moved }), rule: "device-by-position" };
  }
  return content;
}

/** Found once for each context: a plan asks for every volume. */
const sharings = attached<RuleContext, { all: readonly Subject[]; found: ReturnType<typeof sharers> }>();

function sharing(context: RuleContext, subject: Subject): string[] {
  const before = sharings.get(context);
  const all = before?.all ?? eachVolume(context);
  const found = before?.found ?? sharers(context);
  if (!before) sharings.set(context, { all, found });
  const self = all.find((each) => each.guest === subject.guest && each.volume === subject.volume);
  const others = self ? found.get(self) : undefined;
  return [...new Set((others?.others ?? []).map((each) => each.guest.name))];
}

function unknown(why: Text): Verdict {
  return { action: "unknown", text: why, rule: null };
}
