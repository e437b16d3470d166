import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import type { GuestFacts, HostFacts } from "../disk/facts.ts";
import { directoriesOf } from "../forecast/directories.ts";
import type { Finding, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { firstSpan } from "./support/places.ts";

const id = "guest-undeclared";

export const text = messages(id, {
  summary: {
    en: "A guest's directory is on the host and in no configuration.",
    "zh-cn": "主机上有一个虚拟机目录，但没有任何配置声明它。",
  },
  why: {
    en: "Removing a guest from the configuration leaves its directory, its images and even its running service behind (issues #67, #302 and #508 of microvm.nix): nothing cleans up. It may also be the directory of a guest under its old name, with the data that the new one is missing. It is said only when all guests are known.",
    "zh-cn":
      "从配置中删除虚拟机后，其目录、镜像甚至正在运行的服务都会保留（microvm.nix 的 issue #67、#302、#508）：没有任何东西会清理。它也可能是某个虚拟机旧名称的目录，包含新名称所缺少的数据。仅在所有虚拟机都已知时才会报告。",
  },
  byHand: {
    en: "Declare the guest again, or stop its service and move the directory away: `systemctl stop microvm@NAME`. Delete it only after a look into its images.",
    "zh-cn": "重新声明该虚拟机，或停止其服务并移走目录：`systemctl stop microvm@NAME`。查看镜像之后再删除。",
  },
  message: {
    en: "the directory {directory} on {host} belongs to no guest that is declared here ({count} images, {size} in use)",
    "zh-cn": "{host} 上的目录 {directory} 不属于此处声明的任何虚拟机（{count} 个镜像，占用 {size}）",
  },
  oneImage: {
    en: "the directory {directory} on {host} belongs to no guest that is declared here (1 image, {size} in use)",
    "zh-cn": "{host} 上的目录 {directory} 不属于此处声明的任何虚拟机（1 个镜像，占用 {size}）",
  },
  running: { en: "it is running", "zh-cn": "它正在运行" },
  rename: {
    en: 'the guest "{guest}" has no directory yet: this may be its old name',
    "zh-cn": "虚拟机“{guest}”还没有目录：这可能是它的旧名称",
  },
});

interface Data {
  readonly directory: string;
}

export const guestUndeclared: Rule<Data> = {
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
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4", "/var/lib/microvms/old/data.img raw 512MiB ext4"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  check,
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  const { declarations } = context;
  if (!declarations.complete || declarations.guests.length === 0) return;
  const declared = new Set(declarations.guests.flatMap((guest) => guest.directoryNames));
  for (const facts of context.hosts) {
    const span = placeFor(context, facts);
    if (!span) continue;
    const missing = declarations.guests.filter(
      (guest) => !guest.directoryNames.some((name) => directoriesOf(facts).byName.has(name)),
    );
    for (const guest of facts.guests) {
      if (declared.has(guest.name) || !isGuest(guest)) continue;
      const [only] = missing;
      const words = {
        directory: printable(guest.directory),
        host: printable(facts.host),
        size: roughSizeWords(allocated(facts, guest)),
      };
      yield {
        rule: id,
        span,
        message:
          guest.images.length === 1 ? text.oneImage(words) : text.message({ ...words, count: guest.images.length }),
        notes: [
          ...(guest.running.state === "seen" && guest.running.value ? [{ text: text.running() }] : []),
          ...(only && missing.length === 1 ? [{ text: text.rename({ guest: printable(only.name) }) }] : []),
        ],
        guests: [guest.name],
        data: { directory: guest.directory },
      };
    }
  }
}

/** A directory with a runner or an image is a guest's; others may be anything. */
function isGuest(guest: GuestFacts): boolean {
  return guest.current.state === "seen" || guest.images.length > 0;
}

/** The host's own declaration; else that of a guest, because a finding has to stand somewhere. */
function placeFor(context: RuleContext, facts: HostFacts) {
  const { hosts, guests } = context.declarations;
  const host = hosts.find((one) => one.name === facts.host) ?? (hosts.length === 1 ? hosts[0] : undefined);
  return firstSpan(context, host?.at ?? null, ...guests.map((guest) => guest.at));
}

function allocated(facts: HostFacts, guest: GuestFacts): number {
  let sum = 0;
  for (const path of guest.images) {
    const image = facts.images.get(path);
    if (image?.state === "seen") sum += image.value.allocatedBytes;
  }
  return sum;
}
