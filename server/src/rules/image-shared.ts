import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { nameList } from "../base/words.ts";
import { sharers } from "../forecast/sharing.ts";
import { type Guest, known } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { newImage } from "./fixes/new-image.ts";
import type { Finding, Fix, Note, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type Subject, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, valuePlace } from "./support/places.ts";

const id = "image-shared";

export const text = messages(id, {
  summary: {
    en: "Two volumes use the same image file, and at least one of them writes to it.",
    "zh-cn": "两个卷使用同一个镜像文件，且至少有一个会写入。",
  },
  why: {
    en: "A filesystem that two guests mount at once is destroyed, because neither knows what the other wrote; hypervisors that lock the file refuse to start the second guest. microvm.nix compares only the written names within one guest (nixos-modules/microvm/asserts.nix): it sees neither `./data.img` beside `data.img`, nor links, nor other guests.",
    "zh-cn":
      "被两个虚拟机同时挂载的文件系统会被破坏，因为任何一方都不知道另一方写了什么；会锁定文件的虚拟机监控程序则拒绝启动第二个虚拟机。microvm.nix 只比较同一虚拟机内书写的名称（nixos-modules/microvm/asserts.nix）：它看不出 `./data.img` 与 `data.img` 相同，也看不到链接和其他虚拟机。",
  },
  message: {
    en: "{count} volumes use the same file {path}, of {guests}: when more than one writes, the filesystem is destroyed",
    "zh-cn": "{count} 个卷使用同一文件 {path}，属于 {guests}：多方写入会破坏文件系统",
  },
  other: { en: "the other volume, of {guest}", "zh-cn": "另一个卷，属于 {guest}" },
});

export const imageShared: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "data.img"', 'mountPoint = "/var"', "size = 512"],
            ['image = "./data.img"', 'mountPoint = "/home"', "size = 512"],
          ),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "var.img"', 'mountPoint = "/var"', "size = 512"],
            ['image = "home.img"', 'mountPoint = "/home"', "size = 512"],
          ),
        ),
      },
    },
  },
  check,
  fixes,
};

function* check(context: RuleContext): Iterable<Finding<VolumeData>> {
  const candidates = eachVolume(context);
  const groups = sharers(context);
  for (const [subject, { path, others }] of groups) {
    const { guest, volume } = subject;
    const all = candidates.filter((each) => each === subject || others.includes(each));
    const notes: Note[] = others.map((other) => {
      const at = placeSpan(valuePlace(other.volume.image)) ?? placeSpan(other.volume.at);
      const words = text.other({ guest: printable(other.guest.name) });
      return at ? { text: words, at } : { text: words };
    });
    yield* volumeFinding(imageShared, subject, {
      span: fieldSpan(context, guest, volume, volume.image),
      message: text.message({ count: all.length, path: printable(path), guests: nameList(guestNames(all)) }),
      notes,
    });
  }
}

function guestNames(subjects: readonly Subject[]): string[] {
  return [...new Set(subjects.map(({ guest }: { guest: Guest }) => guest.name))];
}

function* fixes({ data }: Finding<VolumeData>, context: RuleContext): Iterable<Fix> {
  // One literal that feeds all of them would name one file again.
  const origins = new Set(
    data.subjects.map(({ volume }) => (volume.image.state === "set" ? volume.image.origin.at : volume)),
  );
  const [subject] = data.subjects;
  if (!subject || origins.size !== data.subjects.length || data.subjects.length > 1) return;
  if (known(subject.volume.image) !== undefined) yield* newImage(context, subject, data.subjects);
}
