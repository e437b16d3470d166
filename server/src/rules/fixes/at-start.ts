import type { TextEdit } from "../../base/edit.ts";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { type AttributeBinding, type AttributeSet, type Node, spanOf } from "../../nix/syntax/ast.ts";
import { ancestorsOf, stringText } from "../../nix/syntax/views.ts";
import { asUpstream } from "../../shell/quote.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { isPutAway, type Subject } from "../support/finding.ts";
import { text as byHand } from "./by-hand.ts";
import { imageWord } from "./image-word.ts";
import { nodeOf } from "./nodes.ts";
import { optionPlace, writeOption } from "./options.ts";
import {
  configOf,
  guestsOf,
  isOfVolume,
  microvmModules,
  type PreStartPlace,
  preStartPlace,
  runsPreStart,
  usersOf,
  volumesBinding,
} from "./pre-start.ts";
import { mayReplace } from "./rights.ts";
import { fitted, titleFor } from "./titles.ts";

export const text = messages("fix.at-start", {
  guard: {
    en: 'Refuse to start while the size of "{image}" differs',
    "zh-cn": "“{image}”的大小不符时拒绝启动",
  },
  guardAdvice: {
    en: "No module that can be edited here is that of {guest} alone. Add to its `microvm.preStart`: {command}",
    "zh-cn": "此处没有仅属于 {guest} 的可编辑模块。请在其 `microvm.preStart` 中加入：{command}",
  },
  vfkit: {
    en: "vfkit drops `microvm.preStart` (lib/runners/vfkit.nix): compare the size of {image} before each start with a script of your own.",
    "zh-cn":
      "vfkit 会丢弃 `microvm.preStart`（lib/runners/vfkit.nix）：请用自己的脚本在每次启动前检查 {image} 的大小。",
  },
  moveAside: {
    en: 'Move "{image}" aside if resized (starts empty)',
    "zh-cn": "大小改变时移开“{image}”（从空卷开始）",
  },
  grow: {
    en: 'Grow "{image}" at next start',
    "zh-cn": "下次启动时扩展“{image}”",
  },
  autoResize: {
    en: "Grow the filesystem at next start",
    "zh-cn": "下次启动时扩展文件系统",
  },
});

/** Refuses to start with an image of another size, with a message that says what to do. */
export function guard(context: RuleContext, subject: Subject): Fix[] {
  const fixes = inPreStart(context, subject, "guard", text.guard, (script) => [
    `# Stops here when ${script.shown} is not of the declared size, which microvm.nix would ignore.`,
    script.size,
    unlessAsDeclared(script),
    `  echo "${script.quoted} is not $size_mib MiB: grow it, move it away or change size" >&2`,
    "  exit 1",
    "fi",
  ]);
  return fixes.length > 0 || isPutAway(context, subject) ? fixes : guardByHand(subject);
}

/** What to write where no module that we may edit is this guest's alone. */
function guardByHand({ guest, volume }: Subject): Fix[] {
  const image = known(volume.image);
  const size = known(volume.sizeMiB);
  const word = image === undefined ? null : asUpstream(image);
  if (image === undefined || word === null || size === undefined || !isGuardable(volume)) return [];
  const stat = `"$(\${config.microvm.vmHostPackages.coreutils}/bin/stat -L -c %s -- ${word})"`;
  const command = `[ ! -e ${word} ] || [ ${stat} = ${size * 1024 * 1024} ]`;
  const shown = printable(image);
  const title = fitted(shown, (name) => byHand.title({ title: text.guard({ image: name }) }));
  const runs = runsPreStart(guest);
  if (runs === null) return [];
  const advice = runs ? text.guardAdvice({ guest: printable(guest.name), command }) : text.vfkit({ image: shown });
  return [{ kind: "manual", id: "guard", title, advice }];
}

/** Renames an image of another size before microvm.nix looks for it, so that a new one is made. Nothing is deleted. */
export function moveAside(context: RuleContext, subject: Subject): Fix[] {
  if (!mayReplace(context, subject)) return [];
  return inPreStart(context, subject, "move-aside-at-start", text.moveAside, (script) => [
    `# Moves ${script.shown} aside when it is not of the declared size: microvm.nix then makes a new, empty one.`,
    script.size,
    unlessAsDeclared(script),
    `  \${${script.packages}.coreutils}/bin/mv -n -- ${script.word} ${script.word}".$(\${${script.packages}.coreutils}/bin/date +%Y%m%d-%H%M%S)"`,
    "fi",
  ]);
}

/** Filesystems that `autoResize` grows (nixpkgs: x-systemd.growfs); ext2 and vfat cannot be grown while mounted. */
const growing: ReadonlySet<string> = new Set(["ext3", "ext4", "xfs", "btrfs"]);

/**
 * Lengthens an existing image to the declared size, never shortens it (`truncate -s '>…'`), and lets the guest grow the
 * filesystem when it mounts it. `actualBytes` is what the guest sees now.
 */
export function growAtStart(context: RuleContext, subject: Subject, actualBytes: number): Fix[] {
  const size = known(subject.volume.sizeMiB);
  if (size === undefined || size * 1024 * 1024 <= actualBytes) return [];
  const resize = autoResize(context, subject);
  if (!resize) return [];
  return inPreStart(context, subject, "grow-at-start", text.grow, (script) => [
    `# Lengthens ${script.shown} to the declared size, never shortens it; the guest grows the filesystem (autoResize).`,
    script.size,
    `if [ -e ${script.word} ]; then`,
    `  \${${script.packages}.coreutils}/bin/truncate -s ">$((size_mib * 1048576))" -- ${script.word}`,
    "fi",
  ]).map((fix) => (fix.kind === "edit" ? { ...fix, edits: [...fix.edits, resize.edit] } : fix));
}

/** Lets the guest grow a filesystem that is smaller than its image. */
export function growFilesystem(context: RuleContext, subject: Subject): Fix[] {
  const resize = autoResize(context, subject);
  if (!resize) return [];
  const guests = guestsOf(context, resize.module);
  return [
    {
      kind: "edit",
      id: "grow-filesystem",
      title: titleFor(text.autoResize(), guests),
      safety: "review",
      edits: [resize.edit],
      guests,
    },
  ];
}

/**
 * The edit that sets autoResize, in a module of which every guest has the volume; null when there is none, when it is set
 * there already, or when it would not help.
 */
function autoResize(context: RuleContext, { guest, volume }: Subject): { edit: TextEdit; module: AttributeSet } | null {
  const mountPoint = known(volume.mountPoint);
  const fsType = known(volume.fsType);
  if (mountPoint == null || fsType === undefined || !growing.has(fsType) || known(volume.readOnly) === true)
    return null;
  const modules = guest.modules.map(nodeOf).filter((node): node is AttributeSet => node?.kind === "attrs");
  const at = nodeOf(volume.at);
  const around = new Set<Node>(at ? ancestorsOf(at) : []);
  for (const module of [...modules.filter((each) => around.has(each)), ...microvmModules(modules)]) {
    const tree = context.tree(spanOf(module).file);
    const users = usersOf(context, module);
    const target = configOf(module);
    const place =
      target &&
      optionPlace(target, ["fileSystems", mountPoint, "autoResize"], (binding) => mountPointOf(binding, users));
    const isThere = (each: Guest) => each.volumes.some((one) => known(one.mountPoint) === mountPoint);
    if (!tree || !place || !isOfVolume(context, module, volume) || !users.every(isThere)) continue;
    // Beside the volume where nothing is said of file systems yet.
    const beside = place.attrs.bindings.find((binding) => around.has(binding));
    const near = { ...place, after: place.after ?? beside };
    return { edit: writeOption(tree, near, [], ["true;"], new Set([mountPoint])), module };
  }
  return null;
}

/** The mount point that a binding below `fileSystems` is about, when it is the same for all those guests. */
function mountPointOf(binding: AttributeBinding, guests: readonly Guest[]): string | null {
  const names = guests.map(
    ({ fileSystems }) => [...fileSystems].find(([, { at }]) => nodeOf(at) === binding)?.[0] ?? null,
  );
  return new Set(names).size === 1 ? (names[0] ?? null) : null;
}

interface Script {
  /** The image as a word of the shell. */
  readonly word: string;
  /** The same inside of double quotes of the shell. */
  readonly quoted: string;
  /** The image in a comment. */
  readonly shown: string;
  readonly packages: string;
  /** Sets the variable `size_mib` to the declared size, taken from the configuration itself, so that it follows later edits. */
  readonly size: string;
}

function unlessAsDeclared({ word, packages }: Script): string {
  return `if [ -e ${word} ] && [ "$(\${${packages}.coreutils}/bin/stat -L -c %s -- ${word})" != $((size_mib * 1048576)) ]; then`;
}

function inPreStart(
  context: RuleContext,
  subject: Subject,
  id: string,
  title: (args: { image: string }) => Text,
  lines: (script: Script) => readonly string[],
): Fix[] {
  const { guest, volume } = subject;
  const image = known(volume.image);
  const size = known(volume.sizeMiB);
  if (image === undefined || size === undefined || !isGuardable(volume)) return [];
  if (runsPreStart(guest) !== true || isPutAway(context, subject)) return [];
  const place = preStartPlace(context, subject, [volumesBinding(volume)]);
  const word = place && imageWord(context, subject, place);
  // A name that is made of an expression is not looked for in the list of volumes.
  if (!place || !word || word.includes("${")) return [];
  const guests = guestsOf(context, place.module);
  const shown = printable(image);
  const script: Script = {
    word,
    quoted: word.slice(1, -1).replace(/["\\$`]/g, "\\$&"),
    shown,
    packages: place.packages.expression,
    size: `size_mib=${declaredSize(place, image, size)}`,
  };
  return [
    {
      kind: "edit",
      id,
      title: fitted(shown, (name) => titleFor(title({ image: name }), guests)),
      safety: "review",
      edits: place.add(lines(script)),
      guests,
    },
  ];
}

/** Whether it is a raw image that microvm.nix makes. */
function isGuardable(volume: Volume): boolean {
  const size = known(volume.sizeMiB) ?? 0;
  if (size < 1 || known(volume.autoCreate) !== true) return false;
  return known(volume.imageType) === "raw" && known(volume.image)?.startsWith("/dev/") === false;
}

function declaredSize({ config }: PreStartPlace, image: string, size: number): string {
  if (config === null) return String(size);
  return `\${toString (builtins.head (builtins.filter (v: v.image == ${stringText(image)}) ${config}.microvm.volumes)).size}`;
}
