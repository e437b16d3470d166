import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import type { Reason } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "unsafe-name";

export const text = messages(id, {
  summary: {
    en: "A name has characters that break the start script or the hypervisor's command line.",
    "zh-cn": "名称中的字符会破坏启动脚本或虚拟机监控程序的命令行。",
  },
  why: {
    en: "lib/volumes.nix writes `image` and `label` between single quotes, so that a single quote ends the word early. An image that begins with a dash is taken for an option of touch and mkfs. The hypervisors take drives as lists with commas (lib/runners/qemu.nix: `file=<image>,if=none,…`), and a comma in the name begins another setting; only firecracker takes them as JSON.",
    "zh-cn":
      "lib/volumes.nix 把 `image` 和 `label` 写在单引号之间，因此单引号会提前结束单词。以连字符开头的镜像名会被 touch 和 mkfs 当作选项。虚拟机监控程序以逗号分隔的列表接受磁盘（lib/runners/qemu.nix：`file=<image>,if=none,…`），名称中的逗号会开始另一个设置；只有 firecracker 使用 JSON。",
  },
  quote: {
    en: "`{option}` has a single quote, which ends the quoted word in microvm.nix's start script: the script fails",
    "zh-cn": "`{option}` 含有单引号，会在 microvm.nix 的启动脚本中提前结束引号：脚本失败",
  },
  dash: {
    en: "`image` begins with a dash, which touch and mkfs take for an option: the image is not created",
    "zh-cn": "`image` 以连字符开头，touch 和 mkfs 会把它当作选项：镜像不会被创建",
  },
  comma: {
    en: "`image` has a comma, at which {hypervisor} begins another setting of the drive: the file is not found",
    "zh-cn": "`image` 含有逗号，{hypervisor} 会从那里开始磁盘的另一个设置：找不到文件",
  },
  empty: {
    en: "`image` is empty: touch fails",
    "zh-cn": "`image` 为空，不能作为文件名：touch 会失败",
  },
  slash: {
    en: "`image` ends with a slash, which only a directory name may: touch fails",
    "zh-cn": "`image` 以斜杠结尾，只有目录名可以这样：touch 会失败",
  },
  slashOpen: {
    en: "`image` ends with a slash, which only a directory name may: the hypervisor cannot open it",
    "zh-cn": "`image` 以斜杠结尾，只有目录名可以这样：虚拟机监控程序无法打开它",
  },
  rename: { en: 'Use the name "{name}"', "zh-cn": "使用名称“{name}”" },
});

interface Data extends VolumeData {
  readonly option: "image" | "label";
}

export const unsafeName: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "web\'s.img"', 'mountPoint = "/var"', "size = 512"])) },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "web\'s.img"'.replace("'", "-"), 'mountPoint = "/var"', "size = 512"]),
        ),
      },
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const { guest, volume } = forecast;
  for (const each of forecast.reasons) {
    const fault = faultOf(each);
    if (!fault) continue;
    const span = fieldSpan(context, guest, volume, volume[fault.option]);
    yield* volumeFinding(unsafeName, forecast, { span, message: fault.message, data: { option: fault.option } });
  }
}

interface Fault {
  readonly option: "image" | "label";
  readonly message: Text;
}

function faultOf({ kind, facts, step }: Reason): Fault | null {
  switch (kind) {
    case "quote":
      return { option: facts.option, message: text.quote({ option: facts.option }) };
    case "dash":
      return { option: "image", message: text.dash() };
    case "no-file-name":
      return {
        option: "image",
        message: facts.image === "" ? text.empty() : step === "hypervisor" ? text.slashOpen() : text.slash(),
      };
    case "comma":
      return { option: "image", message: text.comma({ hypervisor: printable(facts.hypervisor) }) };
    default:
      return null;
  }
}

/** A name is changed only where nothing on disk has it: otherwise the guest would lose its data from sight. */
function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  const { volume, guest } = subject;
  const before = known(data.option === "image" ? volume.image : volume.label);
  if (before == null || context.onDisk(guest, volume).some(({ image }) => image.state !== "absent")) return;
  const name = before
    .replace(/^-+/, "")
    .replace(/[',\p{Cc}]+/gu, "-")
    .replace(/\/+$/, "");
  const taken = guest.volumes.some((other) => known(other.image) === name || known(other.label) === name);
  if (name === "" || taken) return;
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "rename",
    title: text.rename({ name }),
    attribute: data.option,
    pick: (each) => (data.option === "image" ? each.image : each.label) as typeof each.label,
    newText: stringText(name),
    review: true,
  });
  if (fix) yield fix;
}
