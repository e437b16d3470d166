import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { nameList } from "../base/words.ts";
import type { DeployedVolume, GuestFacts } from "../disk/facts.ts";
import { imagePath } from "../disk/state-directory.ts";
import { directoriesOf } from "../forecast/directories.ts";
import { directoryOf } from "../forecast/image/observed.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";
import type { Finding, GuestContext, Note, Rule } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, firstSpan } from "./support/places.ts";

const id = "not-deployed";

export const text = messages(id, {
  summary: {
    en: "What is installed on the host is not what the configuration says.",
    "zh-cn": "主机上已安装的内容与配置不同。",
  },
  why: {
    en: "The next start runs `current/bin/microvm-run` from the guest's directory, which holds the values of the last deployment, not those of the file that you edit. Guests of `microvm.vms` are installed by rebuilding the host, those of the `microvm` command by `microvm -u`; a running guest goes on with the runner that it was booted with (nixos-modules/host/default.nix).",
    "zh-cn":
      "下次启动运行的是虚拟机目录中的 `current/bin/microvm-run`，其中保存的是上次部署的值，而不是你正在编辑的文件中的值。`microvm.vms` 中的虚拟机通过重建主机安装，由 `microvm` 命令管理的则用 `microvm -u`；运行中的虚拟机继续使用启动时的运行脚本（nixos-modules/host/default.nix）。",
  },
  byHand: {
    en: "Deploy: rebuild the host where it declares the guest, else `microvm -u GUEST`; then restart the guest.",
    "zh-cn": "部署：若由主机声明该虚拟机则重新构建主机，否则运行 `microvm -u GUEST`；然后重启虚拟机。",
  },
  size: {
    en: "the deployed runner says {deployed} MiB, the configuration says {declared} MiB",
    "zh-cn": "已部署的运行脚本为 {deployed} MiB，而配置为 {declared} MiB",
  },
  fsType: {
    en: "the deployed runner says {deployed}, the configuration says {declared}",
    "zh-cn": "已部署的运行脚本为 {deployed}，而配置为 {declared}",
  },
  label: {
    en: "the deployed runner gives the label {deployed}, the configuration {declared}",
    "zh-cn": "已部署的运行脚本使用标签 {deployed}，而配置为 {declared}",
  },
  unlisted: {
    en: "the deployed runner does not have this volume yet",
    "zh-cn": "已部署的运行脚本还没有此卷",
  },
  leftOver: {
    en: "the deployed runner still uses {image}, which is no longer declared",
    "zh-cn": "已部署的运行脚本仍在使用 {image}，而它已不再声明",
  },
  restart: {
    en: "{guest} runs with the runner that it was booted with; a newer one is installed",
    "zh-cn": "{guest} 正以启动时的运行脚本运行；已安装更新的版本",
  },
  rebuild: {
    en: "rebuild the host to install it: nixos-rebuild switch",
    "zh-cn": "重建主机以安装：nixos-rebuild switch",
  },
  update: { en: "install it on the host with: microvm -u {guest}", "zh-cn": "在主机上安装：microvm -u {guest}" },
  restartHow: {
    en: "restart it on the host with: systemctl restart microvm@{guest}.service",
    "zh-cn": "在主机上重启：systemctl restart microvm@{guest}.service",
  },
  none: { en: "none", "zh-cn": "无" },
});

export const notDeployed: Rule<VolumeData> = {
  id,
  severity: "information",
  needs: "host",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 1024"])) },
      disk: [
        "/var/lib/microvms/web/data.img raw 1024MiB ext4",
        "/var/lib/microvms/web/ deployed data.img size=512 fsType=ext4",
      ],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 1024"])) },
      disk: [
        "/var/lib/microvms/web/data.img raw 1024MiB ext4",
        "/var/lib/microvms/web/ deployed data.img size=1024 fsType=ext4",
      ],
    },
  },
  check,
};

function* check(context: GuestContext): Iterable<Finding<VolumeData>> {
  for (const guest of context.declarations.guests) {
    const directory = directoryOfGuest(context, guest);
    if (!directory) continue;
    yield* restart(context, guest, directory);
    const { deployed } = directory;
    if (deployed.state !== "seen") continue;
    const notes = how(guest, directory);
    const names = new Set<string>();
    for (const volume of guest.volumes) {
      const image = known(volume.image);
      if (image === undefined) continue;
      const path = imagePath(directory.directory, image);
      names.add(path);
      const matching = deployed.value.filter((each) => imagePath(directory.directory, each.image) === path);
      const [only] = matching;
      if (only && matching.length === 1) yield* compare(context, guest, volume, only, notes);
      else if (!only && image !== "" && !volume.conditional) yield* unlisted(context, guest, volume, notes);
    }
    const isWhole = guest.volumesOpen === null && guest.volumes.every(({ image }) => known(image) !== undefined);
    if (isWhole) yield* leftOver(context, guest, directory, names, notes);
  }
}

function unlisted(context: GuestContext, guest: Guest, volume: Volume, notes: readonly Note[]): Finding<VolumeData>[] {
  const span = fieldSpan(context, guest, volume, volume.image);
  return volumeFinding(notDeployed, { guest, volume }, { span, message: text.unlisted(), notes });
}

/** Volumes of the runner that are not declared any more, as one finding about the guest. */
function* leftOver(
  context: GuestContext,
  guest: Guest,
  { directory, deployed }: GuestFacts,
  names: ReadonlySet<string>,
  notes: readonly Note[],
): Generator<Finding<VolumeData>> {
  const all = deployed.state === "seen" ? deployed.value : [];
  const images = all.map(({ image }) => image).filter((image) => !names.has(imagePath(directory, image)));
  const span = firstSpan(context, guest.at, ...guest.modules);
  if (images.length === 0 || !span) return;
  const message = text.leftOver({ image: nameList(images) });
  yield { rule: id, span, message, notes, guests: [guest.name], data: { subjects: [] } };
}

/** The one directory on a probed host that is the guest's. */
function directoryOfGuest(context: GuestContext, guest: Guest): GuestFacts | null {
  const found = new Set<GuestFacts>();
  for (const volume of guest.volumes) {
    for (const { facts, path } of context.onDisk(guest, volume)) {
      const directory = directoriesOf(facts).byPath.get(directoryOf(path));
      if (directory && guest.directoryNames.includes(directory.name)) found.add(directory);
    }
  }
  const [only] = found;
  return found.size === 1 ? (only ?? null) : null;
}

/**
 * What installs the guest anew. The unit install-microvm-<name> runs with every rebuild of the host unless `updateFlake` is
 * set and the directory exists (nixos-modules/host/default.nix); `microvm -u` builds what the file `flake` says, which for
 * a guest of the host without `updateFlake` is the same store path as before.
 */
function how({ nameFrom, updateFlake }: Guest, { managed, name }: GuestFacts): Note[] {
  const update = { text: text.update({ guest: printable(name) }) };
  if (nameFrom !== "microvm.vms") return managed === "flake" ? [update] : [];
  if (!updateFlake || updateFlake.state === "unknown") return [];
  return known(updateFlake) == null ? [{ text: text.rebuild() }] : [update];
}

function* compare(
  context: GuestContext,
  guest: Guest,
  volume: Volume,
  deployed: DeployedVolume,
  notes: readonly Note[],
): Generator<Finding<VolumeData>> {
  const size = known(volume.sizeMiB);
  const fsType = known(volume.fsType);
  const label = known(volume.label);
  const report = (field: Volume["sizeMiB" | "fsType" | "label"], message: Text) =>
    volumeFinding(
      notDeployed,
      { guest, volume },
      { span: fieldSpan(context, guest, volume, field as Volume["label"]), message, notes },
    );
  if (size !== undefined && deployed.sizeMiB !== null && size !== deployed.sizeMiB) {
    yield* report(volume.sizeMiB, text.size({ deployed: deployed.sizeMiB, declared: size }));
  }
  if (fsType !== undefined && deployed.fsType !== null && fsType !== deployed.fsType) {
    yield* report(volume.fsType, text.fsType({ deployed: printable(deployed.fsType), declared: printable(fsType) }));
  }
  // Only a volume that is created has its label in the runner.
  const byArguments = known(volume.mkfsExtraArgs)?.length !== 0;
  if (label !== undefined && deployed.sizeMiB !== null && label !== deployed.label && !byArguments) {
    const shown = (words: string | null) => (words === null ? text.none() : printable(words));
    yield* report(volume.label, text.label({ deployed: shown(deployed.label), declared: shown(label) }));
  }
}

function* restart(context: GuestContext, guest: Guest, directory: GuestFacts): Generator<Finding<VolumeData>> {
  const { current, booted, running } = directory;
  if (current.state !== "seen" || booted.state !== "seen" || current.value === booted.value) return;
  if (running.state !== "seen" || !running.value) return;
  const span = firstSpan(context, guest.at, ...guest.modules);
  if (!span) return;
  const words = { guest: printable(directory.name) };
  yield {
    rule: id,
    span,
    message: text.restart(words),
    notes: [{ text: text.restartHow(words) }],
    guests: [guest.name],
    data: { subjects: [] },
  };
}
