import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { bytesPerMiB, nameList, roughSizeWords, sizeWords } from "../../base/words.ts";
import { labelBytes, labelLimit } from "../image/filesystems.ts";
import type { Owner, Reason, ReasonKind } from "../reasons.ts";
import { text } from "./reason-texts.ts";

const read = messages("forecast.verb", {
  read: { en: "read", "zh-cn": "读取" },
  write: { en: "write", "zh-cn": "写入" },
});

/** What a reason says, in one sentence, with the numbers that decide. */
export function wordsOf<K extends ReasonKind>(reason: Reason<K>): Text {
  const say = words[reason.kind] as (facts: unknown) => Text;
  return say(reason.facts);
}

const shown = printable;

/** Permission bits as `ls` and `chmod` count them. */
function octal({ mode }: Owner): string {
  return mode.toString(8).padStart(4, "0");
}

const words: { readonly [K in ReasonKind]: (facts: Reason<K>["facts"]) => Text } = {
  "fstype-unsupported": ({ fsType }) => text.unsupported({ fsType: shown(fsType) }),
  "option-missing": ({ option }) => text.missingOption({ option }),
  "store-optimise": () => text.storeOptimise(),
  "mount-conflict": ({ mountPoint }) => text.mountConflict({ mountPoint: shown(mountPoint) }),
  "not-resizable": ({ mountPoint, fsType }) =>
    text.notResizable({ mountPoint: shown(mountPoint), fsType: shown(fsType) }),
  "nix-refuses": ({ says }) => text.nixRefuses({ says }),
  "wrong-type": ({ option }) => text.wrongType({ option: shown(option) }),
  definition: ({ option }) => text.definition({ option: shown(option) }),
  "undeclared-option": ({ option }) => text.undeclaredOption({ option: shown(option) }),
  refused: ({ by, why }) => text.refused({ by, why }),
  removed: ({ by }) => text.removed({ by }),
  cleared: ({ by }) => text.cleared({ by }),
  supplied: () => text.supplied(),
  replaced: ({ by }) => text.replaced({ by }),
  lengthened: ({ by, bytes }) => text.lengthened({ by, size: sizeWords(bytes) }),
  formatted: ({ by, type }) => text.formatted({ by, type: shown(type) }),
  "not-grown": ({ declaredMiB, imageBytes, why }) =>
    text.notGrown({ declared: declaredMiB, size: sizeWords(imageBytes), why }),
  "may-change": ({ why }) => text.mayChange({ why }),
  quote: ({ option }) => text.quote({ option }),
  dash: () => text.dash(),
  "no-file-name": ({ image }) => text.noFileName({ image: shown(image) }),
  "directory-missing": ({ directory }) => text.noDirectory({ directory: shown(directory) }),
  "directory-unknown": ({ directory }) => text.notDeployedDirectory({ directory: shown(directory) }),
  "create-denied": ({ directory }) => text.noPermission({ directory: shown(directory) }),
  "link-target-unknown": ({ path }) => text.danglingLink({ path: shown(path) }),
  "too-small": ({ fsType, sizeMiB, minimum }) => text.tooSmall({ fsType, size: sizeMiB, minimum }),
  "label-too-long": ({ label, fsType }) =>
    text.labelTooLong({ label: shown(label), bytes: labelBytes(label), limit: labelLimit[fsType], fsType }),
  "label-forbidden": ({ label }) => text.labelForbidden({ label: shown(label) }),
  "no-space": ({ fsType }) => text.noSpace({ free: 0, fsType }),
  "image-missing": () => text.missing(),
  "made-by-deployment": () => text.notDeployed(),
  comma: ({ hypervisor }) => text.comma({ hypervisor: shown(hypervisor) }),
  dropped: () => text.dropped(),
  "not-a-file": ({ path, kind }) =>
    text.notAFile({ path: shown(path), kind: text[kindWords[kind] ?? "kindUnknown"]() }),
  "not-permitted": ({ owner, readOnly }) =>
    text.notWritable({
      verb: readOnly ? read.read() : read.write(),
      uid: owner.uid,
      gid: owner.gid,
      mode: octal(owner),
    }),
  "may-not-open": ({ owner }) => text.mayNotOpen({ uid: owner.uid, gid: owner.gid, mode: octal(owner) }),
  "directory-denied": ({ directory, owner }) =>
    text.notEnterable({ directory: shown(directory), uid: owner.uid, gid: owner.gid, mode: octal(owner) }),
  format: ({ found, expected }) => text.format({ found, expected }),
  "created-format": ({ expected }) => text.createdFormat({ expected: shown(expected) }),
  "format-by-guess": () => text.formatByGuess(),
  "store-disk-first": ({ declared, actual }) => text.storeDisk({ declared, actual }),
  "other-disk": ({ option, device }) => text.otherDisk({ option: shown(option), device: shown(device) }),
  "letter-moved": ({ before, after }) => text.letterMoved({ before, after }),
  "label-empty": () => text.labelEmpty(),
  "label-escaped": ({ label }) => text.labelEscaped({ label: shown(label) }),
  "label-cut": ({ label, fsType }) => text.labelCut({ label: shown(label), limit: labelLimit[fsType], fsType }),
  "label-beyond": ({ label, fsType }) =>
    text.labelBeyond({ label: shown(label), bytes: labelBytes(label), limit: labelLimit[fsType], fsType }),
  "label-twice": ({ label }) => text.labelTwice({ label: shown(label) }),
  "label-of-store": () => text.labelOfStore(),
  "below-read-only": ({ mountPoint, above }) =>
    text.belowReadOnly({ mountPoint: shown(mountPoint), above: shown(above) }),
  "mount-point-taken": ({ mountPoint }) => text.mountPointTaken({ mountPoint: shown(mountPoint) }),
  blank: ({ bytes, device }) => (device ? text.blankDevice : text.blank)({ size: sizeWords(bytes) }),
  "blank-disk": ({ bytes }) => text.blankDisk({ size: sizeWords(bytes) }),
  "formats-itself": ({ bytes }) => text.formatsItself({ size: sizeWords(bytes) }),
  content: ({ found }) => text.content({ found }),
  "no-filesystem": ({ declared }) => text.noFilesystem({ declared: shown(declared) }),
  "other-type": ({ found, declared }) => text.otherType({ found, declared: shown(declared) }),
  "other-label": ({ found, declared }) =>
    found === null
      ? text.noLabel({ declared: shown(declared) })
      : text.otherLabel({ found: shown(found), declared: shown(declared) }),
  "cut-off": ({ filesystemBytes, imageBytes }) =>
    text.cutOff({ filesystem: sizeWords(filesystemBytes), size: sizeWords(imageBytes) }),
  "needs-recovery": ({ type }) => text.needsRecovery({ type }),
  "overlay-read-only": ({ overlay }) => text.overlayReadOnly({ overlay: shown(overlay) }),
  "overlay-share": ({ overlay }) => text.overlayShare({ overlay: shown(overlay) }),
  "overlay-vfat": ({ overlay }) => text.overlayVfat({ overlay: shown(overlay) }),
  "overlay-no-inodes": ({ overlay }) => text.overlayNoInodes({ overlay: shown(overlay) }),
  "overlay-full": ({ overlay }) => text.overlayFull({ overlay: shown(overlay) }),
  "overlay-in-ram": ({ overlay, mountPoint, forced }) =>
    (forced ? text.overlayNotForBoot : text.overlayInRam)({ overlay: shown(overlay), mountPoint: shown(mountPoint) }),
  "mounted-elsewhere": ({ last, declared }) => text.mountedElsewhere({ last: shown(last), declared: shown(declared) }),
  "nearly-full": ({ percent, freeBytes }) => text.nearlyFull({ percent, free: roughSizeWords(freeBytes) }),
  "inodes-used-up": ({ percent, free, total }) => text.inodesUsedUp({ percent, free, total }),
  "filesystem-smaller": ({ filesystemBytes, imageBytes }) =>
    text.filesystemSmaller({ filesystem: sizeWords(filesystemBytes), size: sizeWords(imageBytes) }),
  "size-ignored": ({ declaredMiB, imageBytes }) =>
    text.sizeIgnored({ declared: declaredMiB, size: sizeWords(imageBytes) }),
  unread: ({ file }) => text.unread({ file: printable(file) }),
  "guest-writes": ({ by }) => text.guestWrites({ by }),
  overridden: ({ option, why }) => text.overridden({ option: shown(option), why }),
  "not-mounted": () => text.notMounted(),
  "other-volume": ({ guests }) => text.share({ guests: nameList(guests) }),
  created: ({ sizeMiB, fsType }) => text.create({ size: sizeMiB, fsType: shown(fsType) }),
  used: ({ bytes, content }) => text.reuse({ size: sizeWords(bytes), content }),
  grown: ({ bytes, type }) => text.grown({ size: sizeWords(bytes), type }),
  "field-unknown": ({ field }) => text.unknownField({ field }),
  unreadable: ({ detail }) => text.unreadable({ detail: shown(detail) }),
  "no-host": () => text.noHost(),
  "several-places": ({ paths }) => text.severalPlaces({ paths: nameList(paths) }),
};

const kindWords: Readonly<Record<string, "kindDirectory" | "kindFifo" | "kindSocket" | "kindCharacter">> = {
  directory: "kindDirectory",
  fifo: "kindFifo",
  socket: "kindSocket",
  "character-device": "kindCharacter",
};

/** Sizes in MiB as bytes. */
export function mib(count: number): number {
  return count * bytesPerMiB;
}
