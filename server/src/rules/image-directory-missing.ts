import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { directoryOf } from "../forecast/image/observed.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { asUpstream } from "../shell/quote.ts";
import { inIndentedString } from "./fixes/nix-text.ts";
import { guestsOf, preStartPlace, runsPreStart, volumesBinding } from "./fixes/pre-start.ts";
import { fitted, titleFor } from "./fixes/titles.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "image-directory-missing";

export const text = messages(id, {
  summary: {
    en: "The image is to be created in a directory that does not exist.",
    "zh-cn": "镜像将要创建在一个不存在的目录中。",
  },
  why: {
    en: 'The start script runs `touch <image>` (lib/volumes.nix) and makes no directories; only the guest\'s own directory below the state directory is made for it (nixos-modules/host/default.nix, install-microvm-<guest>). The start then fails with "No such file or directory".',
    "zh-cn":
      "启动脚本运行 `touch <image>`（lib/volumes.nix），不会创建目录；只有状态目录下虚拟机自己的目录会被创建（nixos-modules/host/default.nix，install-microvm-<guest>）。启动会以“No such file or directory”失败。",
  },
  message: {
    en: "the directory {directory} does not exist on {host}: the image cannot be created",
    "zh-cn": "主机 {host} 上不存在目录 {directory}：无法创建镜像",
  },
  makeDirectory: {
    en: 'Create the directory "{directory}" at every start',
    "zh-cn": "每次启动时创建目录“{directory}”",
  },
  manualTitle: { en: "Create the directory on the host, by hand", "zh-cn": "手动在主机上创建目录" },
  manual: {
    en: 'Add to the host\'s configuration: systemd.tmpfiles.rules = [ "d {directory} 0755 microvm kvm -" ];',
    "zh-cn": '在主机配置中加入：systemd.tmpfiles.rules = [ "d {directory} 0755 microvm kvm -" ];',
  },
});

interface Data extends VolumeData {
  readonly directory: string;
}

export const imageDirectoryMissing: Rule<Data> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "disks/data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/ current=/nix/store/0-microvm"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/ current=/nix/store/0-microvm"],
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const missing = reasonOf(forecast.reasons, "directory-missing");
  const { guest, volume, facts } = forecast;
  if (missing?.outcome !== "no-start" || !facts) return;
  const { directory } = missing.facts;
  yield* volumeFinding(imageDirectoryMissing, forecast, {
    span: fieldSpan(context, guest, volume, volume.image),
    message: text.message({ directory: printable(directory), host: printable(facts.host) }),
    data: { directory },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  const image = subject && known(subject.volume.image);
  if (!subject || image === undefined) return;
  const relative = image.startsWith("/") ? null : directoryOf(`/${image.replace(/^\.\//, "")}`).slice(1);
  const word = relative ? asUpstream(relative) : null;
  const place =
    word !== null && runsPreStart(subject.guest) === true
      ? preStartPlace(context, subject, [volumesBinding(subject.volume)])
      : null;
  if (!place || word === null) {
    yield {
      kind: "manual",
      id: "make-directory",
      title: text.manualTitle(),
      advice: text.manual({ directory: printable(data.directory) }),
    };
    return;
  }
  const guests = guestsOf(context, place.module);
  yield {
    kind: "edit",
    id: "make-directory",
    title: fitted(printable(relative ?? ""), (directory) => titleFor(text.makeDirectory({ directory }), guests)),
    safety: "review",
    edits: place.add([`\${${place.packages.expression}.coreutils}/bin/mkdir -p -- ${inIndentedString(word)}`]),
    guests,
  };
}
