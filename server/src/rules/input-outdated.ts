import { messages, type Text } from "../base/text.ts";
import { imageTypeSince, inputOf, sectorsRefusedSince } from "../forecast/image/locked.ts";
import { type Guest, known, type MicrovmInput, type Volume } from "../microvm/model.ts";
import { optionNamed } from "../microvm/options/table.ts";
import { type Node, spanOf } from "../nix/syntax/ast.ts";
import { descendantsOf, staticPath } from "../nix/syntax/views.ts";
import type { Finding, Note, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { firstSpan, valuePlace } from "./support/places.ts";

const id = "input-outdated";

export const text = messages(id, {
  summary: {
    en: "The locked microvm.nix lacks something that this configuration needs.",
    "zh-cn": "锁定的 microvm.nix 缺少此配置所需的内容。",
  },
  why: {
    en: "flake.lock holds microvm.nix at one commit. `imageType` came with f6dcfb7 (2026-02-25, pull request #477): before it, cloud-hypervisor guesses the format, and those of February 2026 and later (50.1, 51.1) then refuse writes to the first sector of a raw image; it is said where the locked nixpkgs is as new. Virtiofs as store overlay came with b56d9d1 (2025-12-06, nixos-modules/microvm/mounts.nix, `userxattr`); making btrfs and `mkfsExtraArgs` with fa4262c (2024-05-26); making xfs and vfat with 794819c (2024-01-20). Only upstream is judged, not forks.",
    "zh-cn":
      "flake.lock 将 microvm.nix 固定在某个提交。`imageType` 随 f6dcfb7（2026-02-25，pull request #477）加入：在此之前，cloud-hypervisor 会猜测格式，2026 年 2 月及以后的版本（50.1、51.1）随之拒绝写入 raw 镜像的第一个扇区；仅当锁定的 nixpkgs 也足够新时才会报告。virtiofs 作为 store 覆盖层随 b56d9d1（2025-12-06，nixos-modules/microvm/mounts.nix 的 `userxattr`）加入；创建 btrfs 与 `mkfsExtraArgs` 随 fa4262c（2024-05-26）；创建 xfs 和 vfat 随 794819c（2024-01-20）。仅判断上游，不判断分支。",
  },
  message: {
    en: "the locked microvm.nix is of {locked}, and {need} came on {since}",
    "zh-cn": "锁定的 microvm.nix 日期为 {locked}，而{need}于 {since} 加入",
  },
  imageType: {
    en: "`imageType` for raw images with cloud-hypervisor",
    "zh-cn": "cloud-hypervisor 所需的 raw 镜像 `imageType` ",
  },
  imageTypeOption: { en: "the option `imageType`", "zh-cn": "选项 `imageType` " },
  option: { en: "the option `{option}`", "zh-cn": "选项 `{option}` " },
  virtiofs: { en: "virtiofs as store overlay", "zh-cn": "virtiofs 作为 store 覆盖层" },
  btrfs: { en: "making btrfs", "zh-cn": "创建 btrfs 的功能" },
  extraArgs: { en: "the option `mkfsExtraArgs`", "zh-cn": "选项 `mkfsExtraArgs` " },
  otherTypes: { en: "making xfs and vfat", "zh-cn": "创建 xfs 和 vfat 的功能" },
  usedHere: { en: "needed here", "zh-cn": "此处需要" },
  updateTitle: { en: "Update microvm.nix, by hand", "zh-cn": "手动更新 microvm.nix" },
  manual: {
    en: "Run `nix flake update {input}` in {folder} and rebuild.",
    "zh-cn": "在 {folder} 中运行 `nix flake update {input}` 并重新构建。",
  },
});

/** Something that microvm.nix got on a day (seconds since 1970, the commit's own). */
interface Need {
  readonly since: number;
  readonly name: Text;
  /** Where the guest needs it. */
  readonly at: Note["at"] | undefined;
  /** Without it the guest does not evaluate. */
  readonly fails?: boolean;
}

interface Data {
  readonly input: MicrovmInput;
}

export const inputOutdated: Rule<Data> = {
  id,
  severity: "warning",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": example(), "/flake.lock": lock(1735689600) } },
    good: { files: { "/flake.nix": example(), "/flake.lock": lock(1783036800) } },
  },
  check,
  *fixes({ data }) {
    const advice = text.manual({ input: data.input.name, folder: data.input.folder });
    yield { kind: "manual", id: "update", title: text.updateTitle(), advice };
  },
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  for (const input of context.declarations.microvmInputs ?? []) {
    const span = inputSpan(context, input);
    if (!span) continue;
    for (const guest of context.declarations.guests.filter((each) => inputOf(context.declarations, each) === input)) {
      for (const { since, name, at, fails } of needs(context, guest, input)) {
        if (input.lastModified >= since) continue;
        yield {
          rule: id,
          span,
          message: text.message({ locked: day(input.lastModified), need: name, since: day(since) }),
          notes: at ? [{ text: text.usedHere(), at }] : [],
          guests: [guest.name],
          ...(fails ? { severity: "error" } : {}),
          data: { input },
        };
      }
    }
  }
}

/** Options that are told of together with what they do. */
const toldBelow = new Set(["microvm.volumes.*.imageType", "microvm.volumes.*.mkfsExtraArgs"]);

function* needs(context: RuleContext, guest: Guest, input: MicrovmInput): Generator<Need> {
  for (const { option, at } of guest.options?.used ?? []) {
    const since = optionNamed(option)?.since;
    if (since === undefined || toldBelow.has(option)) continue;
    yield { since, name: text.option({ option }), at: firstSpan(context, at) ?? undefined, fails: true };
  }
  for (const volume of guest.volumes) {
    const at = firstSpan(context, valuePlace(volume.image), volume.at) ?? undefined;
    const fsType = known(volume.fsType);
    const creates = known(volume.autoCreate) === true;
    if (volume.imageType.state === "set") yield { since: imageTypeSince, name: text.imageTypeOption(), at };
    else if (known(guest.hypervisor) === "cloud-hypervisor" && refusesSectors(input) && writes(volume))
      yield { since: imageTypeSince, name: text.imageType(), at };
    if (volume.mkfsExtraArgs.state === "set") yield { since: 1716754174, name: text.extraArgs(), at };
    if (creates && fsType === "btrfs") yield { since: 1716754174, name: text.btrfs(), at };
    if (creates && (fsType === "xfs" || fsType === "vfat")) yield { since: 1705757072, name: text.otherTypes(), at };
  }
  const overlay = known(guest.writableStoreOverlay);
  const share = guest.shares.find(
    (each) =>
      !each.conditional && overlay != null && known(each.mountPoint) === overlay && known(each.proto) === "virtiofs",
  );
  if (share)
    yield { since: 1765056297, name: text.virtiofs(), at: firstSpan(context, valuePlace(share.proto)) ?? undefined };
}

/** The locked nixpkgs may have a cloud-hypervisor that refuses to write to the first sector. */
function refusesSectors({ nixpkgsModified }: MicrovmInput): boolean {
  return nixpkgsModified != null && nixpkgsModified >= sectorsRefusedSince;
}

function writes(volume: Volume): boolean {
  return known(volume.readOnly) === false;
}

/** Where flake.nix names the input. */
function inputSpan(context: RuleContext, { folder, name }: MicrovmInput) {
  const tree = context.tree(`${folder}/flake.nix`);
  if (!tree) return null;
  for (const node of descendantsOf(tree.root)) {
    if (node.kind === "binding" && isInput(node, name)) return firstSpan(context, node);
  }
  return { file: tree.file, ...span(tree.root.body) };
}

/** `inputs.microvm…` or `microvm…` in `inputs = { … }`. */
function isInput(binding: Extract<Node, { kind: "binding" }>, name: string): boolean {
  const own = staticPath(binding.path) ?? [];
  const around = binding.parent?.parent;
  const outer = around?.kind === "binding" ? (staticPath(around.path) ?? []) : [];
  return [...outer, ...own].join("\n").startsWith(["inputs", name].join("\n"));
}

function span(node: Node): { start: number; end: number } {
  const { start } = spanOf(node);
  return { start, end: start + 1 };
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function example(): string {
  return guestFlake(`microvm.hypervisor = "cloud-hypervisor";
${volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])}`);
}

function lock(lastModified: number): string {
  const locked = {
    type: "github",
    owner: "microvm-nix",
    repo: "microvm.nix",
    rev: "0",
    narHash: "sha256-0",
    lastModified,
  };
  const nixpkgs = { type: "github", owner: "NixOS", repo: "nixpkgs", rev: "0", narHash: "sha256-0" };
  const nodes = {
    nixpkgs: { locked: { ...nixpkgs, lastModified: 1782864000 }, original: { type: "indirect", id: "nixpkgs" } },
    microvm: { locked, original: { type: "github", owner: "microvm-nix", repo: "microvm.nix" } },
    root: { inputs: { microvm: "microvm", nixpkgs: "nixpkgs" } },
  };
  return `${JSON.stringify({ nodes, root: "root", version: 7 }, null, 2)}\n`;
}
