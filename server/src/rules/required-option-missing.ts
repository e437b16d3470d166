import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { bytesPerMiB } from "../base/words.ts";
import { missingOptions } from "../forecast/evaluation.ts";
import { virtualBytes } from "../forecast/image/observed.ts";
import type { Facts } from "../forecast/reasons.ts";
import { known, type Volume } from "../microvm/model.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { bindingNamed } from "../nix/syntax/views.ts";
import { insertBindings } from "./fixes/insert.ts";
import { volumeSet } from "./fixes/set-field.ts";
import { titleFor } from "./fixes/titles.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { firstSpan } from "./support/places.ts";

const id = "required-option-missing";

export const text = messages(id, {
  summary: {
    en: "A volume lacks an option that has no default.",
    "zh-cn": "卷缺少没有默认值的选项。",
  },
  why: {
    en: '`image` has no default (nixos-modules/microvm/options.nix); `mountPoint` may be left out with a nixpkgs of March 2026 or later, which is the same as `null`: a disk that is not mounted; an older one wants it written. `size` is needed as soon as microvm.nix creates the image (lib/volumes.nix: "Specify a size for volume … or use autoCreate = false"). Evaluation fails without them.',
    "zh-cn":
      "`image` 没有默认值（nixos-modules/microvm/options.nix）；使用 2026 年 3 月及以后的 nixpkgs 时 `mountPoint` 可以省略，等同于 `null`，即不挂载的磁盘；更旧的版本要求写出它。只要由 microvm.nix 创建镜像就需要 `size`（lib/volumes.nix：“Specify a size for volume … or use autoCreate = false”）。缺少它们时求值会失败。",
  },
  message: {
    en: "the volume has no `{option}`, which is required: evaluation fails",
    "zh-cn": "该卷缺少必需的 `{option}`：求值会失败",
  },
  sizeMessage: {
    en: "the volume has no `size`, which is required unless autoCreate = false: evaluation fails",
    "zh-cn": "该卷缺少 `size`，除非 autoCreate = false，否则它是必需的：求值会失败",
  },
  addSize: { en: "Add size = {size} (MiB)", "zh-cn": "添加 size = {size}（MiB）" },
  addSizeOnDisk: { en: "Add size = {size} (MiB), as on disk", "zh-cn": "添加 size = {size}（MiB），与磁盘一致" },
  addImage: { en: 'Add image = "{image}"', "zh-cn": '添加 image = "{image}"' },
  noCreate: {
    en: "Add autoCreate = false (the image is made by hand)",
    "zh-cn": "添加 autoCreate = false（镜像由人工创建）",
  },
});

interface Data extends VolumeData {
  readonly option: Facts["option-missing"]["option"];
}

export const requiredOptionMissing: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "absence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"'])) } },
    good: { files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) } },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    for (const { facts } of missingOptions(volume)) {
      const name = facts.option;
      yield* volumeFinding(requiredOptionMissing, subject, {
        span: firstSpan(context, volume.at, guest.at),
        message: name === "size" ? text.sizeMessage() : text.message({ option: name }),
        data: { option: name },
      });
    }
  }
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  const attrs = subject && volumeSet(subject.volume);
  const tree = attrs && context.tree(spanOf(attrs).file);
  if (!attrs || !tree) return;
  const guests = [...new Set(data.subjects.map(({ guest }) => guest.name))];
  const add = (
    fixId: string,
    title: ReturnType<typeof text.addImage>,
    line: string,
    beside: readonly string[],
  ): Fix => {
    const after = beside.map((name) => bindingNamed(attrs.bindings, [name])).find((binding) => binding !== null);
    return {
      kind: "edit",
      id: fixId,
      title: titleFor(title, guests),
      safety: "review",
      edits: [insertBindings(tree, attrs, [line], after ?? undefined)],
      guests,
    };
  };
  if (data.option === "image") {
    const name = imageName(subject.volume);
    if (name) yield add("add-image", text.addImage({ image: printable(name) }), `image = "${name}";`, []);
  }
  if (data.option === "size") {
    const seen = context.image(subject.guest, subject.volume)?.seen;
    const bytes = seen ? virtualBytes(seen) : null;
    const onDisk = bytes === null ? null : bytes / bytesPerMiB;
    if (onDisk !== null && Number.isInteger(onDisk) && onDisk > 0) {
      yield add("add-size", text.addSizeOnDisk({ size: onDisk }), `size = ${onDisk};`, ["mountPoint", "image"]);
    } else {
      yield add("add-size", text.addSize({ size: 1024 }), "size = 1024;", ["mountPoint", "image"]);
    }
    yield add("no-auto-create", text.noCreate(), "autoCreate = false;", ["mountPoint", "image"]);
  }
}

/** A file name after the label or the last part of the mount point. */
function imageName(volume: Volume): string | null {
  const label = known(volume.label);
  const last = known(volume.mountPoint)?.split("/").filter(Boolean).at(-1);
  const name = label ?? last ?? "data";
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? `${name}.img` : null;
}
