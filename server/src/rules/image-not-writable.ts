import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { type Owner, reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { chownOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "image-not-writable";

export const text = messages(id, {
  summary: {
    en: "The user microvm, as whom the hypervisor runs, may not open the image.",
    "zh-cn": "运行虚拟机监控程序的用户 microvm 无权打开镜像。",
  },
  why: {
    en: '`microvm@<guest>.service` runs as user microvm, group kvm (nixos-modules/host/default.nix). Images that were made by `microvm -r` or copied by root belong to root, and the hypervisor then fails with "Permission denied". Nix cannot check this, because the disk is not there when it evaluates.',
    "zh-cn":
      "`microvm@<guest>.service` 以用户 microvm、组 kvm 运行（nixos-modules/host/default.nix）。由 `microvm -r` 创建或由 root 复制的镜像属于 root，虚拟机监控程序会以“Permission denied”失败。Nix 无法检查这一点，因为求值时并没有磁盘。",
  },
  image: {
    en: "the image belongs to {uid}:{gid} with mode {mode}: the user microvm ({microvm}) cannot {verb} it",
    "zh-cn": "镜像属于 {uid}:{gid}，权限 {mode}：用户 microvm（{microvm}）无法{verb}它",
  },
  made: {
    en: "the image belongs to {uid}:{gid} with mode {mode} when the guest starts, as what runs before leaves it: the user microvm ({microvm}) cannot {verb} it",
    "zh-cn":
      "虚拟机启动时，镜像（由之前运行的命令留下）属于 {uid}:{gid}，权限 {mode}：用户 microvm（{microvm}）无法{verb}它",
  },
  directory: {
    en: "the directory {directory} belongs to {uid}:{gid} with mode {mode}: the user microvm ({microvm}) cannot enter it",
    "zh-cn": "目录 {directory} 属于 {uid}:{gid}，权限 {mode}：用户 microvm（{microvm}）无法进入",
  },
  create: {
    en: "the directory {directory} belongs to {uid}:{gid} with mode {mode}: the user microvm ({microvm}) cannot create the image in it",
    "zh-cn": "目录 {directory} 属于 {uid}:{gid}，权限 {mode}：用户 microvm（{microvm}）无法在其中创建镜像",
  },
  allowTitle: {
    en: "Let the user microvm create files there, by hand",
    "zh-cn": "手动允许用户 microvm 在该目录中创建文件",
  },
  allow: {
    en: "On the host, give the directory to the user microvm (`chown microvm:kvm {directory}`), or its group to kvm with `chgrp kvm {directory}` and `chmod g+rwx {directory}`",
    "zh-cn":
      "在主机上，将目录的所有者改为用户 microvm（`chown microvm:kvm {directory}`），或用 `chgrp kvm {directory}` 和 `chmod g+rwx {directory}` 将其交给组 kvm",
  },
  makerTitle: {
    en: "Give the image to the user microvm where it is made",
    "zh-cn": "在创建镜像之处将其交给用户 microvm",
  },
  maker: {
    en: 'In the script or unit that makes the image, add `chown microvm:kvm {path}` at the end, or run it as that user: `serviceConfig.User = "microvm"`',
    "zh-cn":
      '在创建该镜像的脚本或单元末尾加上 `chown microvm:kvm {path}`，或以该用户运行：`serviceConfig.User = "microvm"`',
  },
  deviceTitle: {
    en: "Let the user microvm open the device, by hand",
    "zh-cn": "手动允许用户 microvm 打开该设备",
  },
  device: {
    en: "A device's owner is reset at every boot. Add a udev rule to the host that gives the device to the group kvm with mode 0660, or add the user microvm to the device's group: users.users.microvm.extraGroups",
    "zh-cn":
      "设备的所有者在每次开机时重新设置。请在主机上添加 udev 规则，将该设备交给组 kvm 并设权限为 0660，或将用户 microvm 加入该设备的组：users.users.microvm.extraGroups",
  },
  enterTitle: {
    en: "Let the user microvm enter the directory, by hand",
    "zh-cn": "手动允许用户 microvm 进入该目录",
  },
  enter: {
    en: "On the host, either let everybody pass through the directory (`chmod o+x {directory}`; its list of files stays closed) or give it to the group kvm (`chgrp kvm {directory}` and `chmod g+x {directory}`)",
    "zh-cn":
      "在主机上，可让所有人都能穿过该目录（`chmod o+x {directory}`，其文件列表仍不公开），或将其交给组 kvm（`chgrp kvm {directory}` 并 `chmod g+x {directory}`）",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
  read: { en: "read", "zh-cn": "读取" },
  write: { en: "write to", "zh-cn": "写入" },
});

interface Data extends VolumeData {
  readonly fault: "image" | "made" | "device" | "enter" | "create";
  readonly path: string;
}

export const imageNotWritable: Rule<Data> = {
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
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 owner=0:0 mode=0644"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 owner=990:302 mode=0644"],
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const { reasons, facts } = forecast;
  if (facts?.microvmUser.state !== "seen") return;
  const microvm = `${facts.microvmUser.value.uid}:${facts.microvmUser.value.gid}`;
  const denied = reasonOf(reasons, "directory-denied");
  const create = reasonOf(reasons, "create-denied");
  const image = reasonOf(reasons, "not-permitted");
  if (denied) {
    const { directory, owner } = denied.facts;
    const words = { directory: printable(directory), ...shown(owner), microvm };
    yield* found(context, forecast, text.directory(words), { fault: "enter", path: directory });
  } else if (create) {
    const { directory, owner } = create.facts;
    const words = { directory: printable(directory), ...shown(owner), microvm };
    yield* found(context, forecast, text.create(words), { fault: "create", path: directory });
  } else if (image) {
    const { owner, readOnly, path } = image.facts;
    const fault = faultOf(forecast, owner);
    const words = { ...shown(owner), microvm, verb: readOnly ? text.read() : text.write() };
    yield* found(context, forecast, fault === "made" ? text.made(words) : text.image(words), { fault, path });
  }
}

/** What is to be put right: the file that is there, or what makes one before the start. */
function faultOf({ place }: VolumeForecast, { uid, gid, mode }: Owner): Data["fault"] {
  const image = place?.image.state === "seen" ? place.image.value : null;
  if (image?.uid !== uid || image.gid !== gid || image.mode !== mode) return "made";
  return image.kind === "block-device" ? "device" : "image";
}

function found(
  context: GuestContext,
  forecast: VolumeForecast,
  message: ReturnType<typeof text.image>,
  data: Omit<Data, "subjects">,
) {
  const { guest, volume, place } = forecast;
  return volumeFinding(imageNotWritable, forecast, {
    span: fieldSpan(context, guest, volume, volume.image),
    message,
    notes: [{ text: text.path({ path: printable(place?.path ?? "") }) }],
    data,
  });
}

function shown({ uid, gid, mode }: Owner) {
  return { uid, gid, mode: octal(mode) };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const words = { directory: printable(data.path), path: printable(data.path) };
  if (data.fault === "enter") {
    yield { kind: "manual", id: "enter", title: text.enterTitle(), advice: text.enter(words) };
  } else if (data.fault === "create") {
    yield { kind: "manual", id: "allow", title: text.allowTitle(), advice: text.allow(words) };
  } else if (data.fault === "made") {
    yield { kind: "manual", id: "maker", title: text.makerTitle(), advice: text.maker(words) };
  } else if (data.fault === "device") {
    yield { kind: "manual", id: "device", title: text.deviceTitle(), advice: text.device() };
  } else {
    yield* forEachImage(context, data.subjects, (_, place) => chownOperation(place));
  }
}
