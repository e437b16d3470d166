import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import type { HostFacts } from "../disk/facts.ts";
import { isPutAway } from "../forecast/reasons.ts";
import { type Guest, known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { adoptOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import type { Subject } from "./support/finding.ts";
import { runnerUses, unusedImages } from "./support/orphans.ts";
import { firstSpan } from "./support/places.ts";

const id = "image-undeclared";

export const text = messages(id, {
  summary: {
    en: "An image lies in a guest's directory and no volume uses it.",
    "zh-cn": "虚拟机目录中有一个镜像，但没有任何卷使用它。",
  },
  why: {
    en: "A changed `image` name makes microvm.nix create a new, empty image (lib/volumes.nix); the old one stays, with the data and taking space. It is said only when all volumes of all guests are known.",
    "zh-cn":
      "修改 `image` 名称会使 microvm.nix 创建新的空镜像（lib/volumes.nix）；旧镜像仍然保留，既含有数据也占用空间。仅在所有虚拟机的所有卷都已知时才会报告。",
  },
  byHand: {
    en: "Where a volume lost its data by a new name: `microvm-lens image adopt OLD --to NEW`. Else back the image up and delete it.",
    "zh-cn": "若某个卷因改名而丢失数据：`microvm-lens image adopt OLD --to NEW`。否则备份后删除该镜像。",
  },
  message: {
    en: "{path} is used by no volume ({size} in use)",
    "zh-cn": "没有卷使用 {path}（占用 {size}）",
  },
  installed: {
    en: "no volume that is declared uses {path}, and the installed runner does: deploy the guest first ({size} in use)",
    "zh-cn": "没有声明的卷使用 {path}，但已安装的运行脚本仍在使用：请先部署该虚拟机（占用 {size}）",
  },
  rename: {
    en: 'the image "{image}" does not exist yet: this may be its old name',
    "zh-cn": "镜像“{image}”尚不存在：这可能是它的旧名称",
  },
  setImage: { en: 'Use this image: set image to "{name}"', "zh-cn": "使用此镜像：将 image 设为“{name}”" },
});

interface Data {
  readonly path: string;
  readonly host: string;
  /** The volume whose image is missing, when there is exactly one. */
  readonly missing: { readonly subject: Subject; readonly path: string } | null;
  /** The installed runner does not use it either, as far as is known for sure. */
  readonly free: boolean;
}

export const imageUndeclared: Rule<Data> = {
  id,
  severity: "information",
  needs: "host",
  claims: "absence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data-2.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4", "/var/lib/microvms/web/data-2.img raw 512MiB ext4"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  check,
  fixes,
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  const owners = guestsByDirectory(context);
  for (const facts of context.hosts) {
    for (const directory of facts.guests) {
      const guest = owners.get(directory.name);
      const unused = unusedImages(context, facts, directory.directory) ?? [];
      if (!guest || unused.length === 0) continue;
      const span = firstSpan(context, guest.at, ...guest.modules);
      if (!span) continue;
      const missing = missingImage(context, guest, facts);
      for (const path of unused) {
        const image = facts.images.get(path);
        const size = image?.state === "seen" ? image.value.allocatedBytes : 0;
        const isUsed = runnerUses(facts, directory, path);
        const say = isUsed ? text.installed : text.message;
        yield {
          rule: id,
          span,
          message: say({ path: printable(path), size: roughSizeWords(size) }),
          notes: missing
            ? [{ text: text.rename({ image: printable(known(missing.subject.volume.image) ?? "") }) }]
            : [],
          guests: [guest.name],
          data: { path, host: facts.host, missing: unused.length === 1 ? missing : null, free: isUsed === false },
        };
      }
    }
  }
}

/** The guest of each directory name; null where several may own it. */
function guestsByDirectory(context: RuleContext): ReadonlyMap<string, Guest | null> {
  const owners = new Map<string, Guest | null>();
  for (const guest of context.declarations.guests) {
    for (const name of guest.directoryNames) owners.set(name, owners.has(name) ? null : guest);
  }
  return owners;
}

function missingImage(context: RuleContext, guest: Guest, facts: HostFacts): Data["missing"] {
  const found: NonNullable<Data["missing"]>[] = [];
  const forecast = context.forecasts(guest).find((each) => each.facts === facts);
  for (const { volume, place, reasons } of forecast?.volumes ?? []) {
    if (place?.image.state === "absent" && !isPutAway(reasons))
      found.push({ subject: { guest, volume }, path: place.path });
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  if (!data.missing) return;
  const { subject, path } = data.missing;
  const name = data.path.slice(data.path.lastIndexOf("/") + 1);
  if (!known(subject.volume.image)?.includes("/")) {
    const fix = setField(context, subject, {
      id: "set-image",
      title: text.setImage({ name: printable(name) }),
      attribute: "image",
      pick: (volume) => volume.image,
      newText: stringText(name),
      review: true,
    });
    if (fix) yield fix;
  }
  if (data.free) yield adoptOperation(data.path, { path, host: data.host });
}
