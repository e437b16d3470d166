import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { directoryOf, microvmMay } from "../forecast/observed.ts";
import { known } from "../microvm/model.ts";
import { chownOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext, VolumeOnDisk } from "./rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
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
  directory: {
    en: "the directory {directory} belongs to {uid}:{gid} with mode {mode}: the user microvm ({microvm}) cannot enter it",
    "zh-cn": "目录 {directory} 属于 {uid}:{gid}，权限 {mode}：用户 microvm（{microvm}）无法进入",
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
  /** The directory that keeps the user out; null where it is the image itself. */
  readonly directory: string | null;
}

export const imageNotWritable: Rule<Data> = {
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
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 owner=0:0 mode=0644"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 owner=990:302 mode=0644"],
    },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    const image = context.image(guest, volume);
    const readOnly = known(volume.readOnly);
    if (!image || volume.transient || readOnly === undefined || image.seen.kind !== "regular") continue;
    const { facts, path, seen } = image;
    // A guest that no host declares may be started by hand, by a user of whom we know nothing.
    if (guest.host === null && !path.startsWith(`${facts.stateDir}/`)) continue;
    if (facts.microvmUser.state !== "seen") continue;
    const microvm = `${facts.microvmUser.value.uid}:${facts.microvmUser.value.gid}`;
    const directory = directoryOf(path);
    const parent = facts.directories.get(directory);
    const wanted = readOnly ? 4 : 6;
    if (parent?.state === "seen" && microvmMay(facts, parent.value, 1) === false) {
      const { uid, gid, mode } = parent.value;
      const message = text.directory({ directory: printable(directory), uid, gid, mode: octal(mode), microvm });
      yield* found(context, subject, image, message, directory);
    } else if (microvmMay(facts, seen, wanted) === false) {
      const verb = readOnly ? text.read() : text.write();
      yield* found(
        context,
        subject,
        image,
        text.image({ uid: seen.uid, gid: seen.gid, mode: octal(seen.mode), microvm, verb }),
        null,
      );
    }
  }
}

function found(
  context: GuestContext,
  subject: VolumeData["subjects"][number],
  { path }: VolumeOnDisk,
  message: ReturnType<typeof text.image>,
  directory: string | null,
) {
  const { guest, volume } = subject;
  return volumeFinding(imageNotWritable, subject, {
    span: fieldSpan(context, guest, volume, volume.image),
    message,
    notes: [{ text: text.path({ path: printable(path) }) }],
    data: { directory },
  });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  if (data.directory !== null) {
    const words = { directory: printable(data.directory) };
    yield { kind: "manual", id: "enter", title: text.enterTitle(), advice: text.enter(words) };
    return;
  }
  yield* forEachImage(context, data.subjects, (_, place) => [chownOperation(place)]);
}
