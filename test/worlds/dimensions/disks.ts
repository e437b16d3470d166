import { dirname } from "node:path";
import type { Chance } from "../chance.ts";
import { q } from "../nix-text.ts";
import { type Feature, type FsType, imagePath, type Setting, type VolumeSpec } from "../world.ts";

/** How an image is before the start: lines of bash that make it so at `path`. The helpers are those of play/prelude.ts. */
type State = (path: string, volume: VolumeSpec, setting: Setting) => readonly string[];

interface OnDisk {
  readonly fsType: FsType;
  readonly sizeMiB: number;
  readonly label: string | null;
}

/** What lies in an image's place: one state for each volume. */
export function diskOf(chance: Chance, index: number, declared: VolumeSpec): Feature {
  if (declared.image.startsWith("@CACHE@")) return { name: `disk ${index}: absent`, give: () => ({}) };
  const [name, state] = stateOf(chance, declared);
  return {
    name: `disk ${index}: ${name}`,
    give(setting) {
      const volume = setting.volumes[index];
      if (!volume) return {};
      const path = imagePath(setting, volume).replace(/\/$/, "");
      return { prepare: name === "absent" ? [] : [`mkdir -p ${q(dirname(path))}`, ...state(path, volume, setting)] };
    },
  };
}

function stateOf(chance: Chance, declared: VolumeSpec): readonly [string, State] {
  const same = onDisk(chance, declared);
  const words = `${same.sizeMiB} MiB ${same.fsType}${same.label === null ? "" : ` ${JSON.stringify(same.label)}`}`;
  const other: OnDisk = { ...same, ...otherwise(chance, same) };
  const otherWords = `${other.sizeMiB} MiB ${other.fsType}${other.label === null ? "" : ` ${JSON.stringify(other.label)}`}`;
  const half = Math.max(1, Math.floor(same.sizeMiB / 2));
  const made = (how: OnDisk): State => {
    return (path) => [make(how, path), own(path)];
  };
  const more = (name: string, lines: (path: string, setting: Setting) => readonly string[]) =>
    [
      `${name} (${words})`,
      (path: string, _: VolumeSpec, setting: Setting) => [make(same, path), ...lines(path, setting)],
    ] as const;
  const simply = (name: string, lines: (path: string) => readonly string[]) =>
    [name, (path: string) => lines(path)] as const;
  const MiB = chance.one(1, 8, Math.max(1, declared.sizeMiB));
  return chance.weighted<readonly [string, State]>([
    [22, ["absent", () => []]],
    [24, [`as declared (${words})`, made(same)]],
    [10, more("used", (path) => [`used ${q(path)}`, own(path)])],
    [5, more("used as overlay", (path) => [`used ${q(path)} overlay`, own(path)])],
    [9, [`otherwise (${otherWords})`, made(other)]],
    [5, simply(`blank ${MiB} MiB`, (path) => [`truncate -s ${MiB}M ${q(path)}`, own(path)])],
    [2, simply("noise", (path) => [`head -c 2M /dev/zero | tr '\\0' x > ${q(path)}`, own(path)])],
    [2, simply("allocated zeros", (path) => [`head -c ${MiB}M /dev/zero > ${q(path)}`, own(path)])],
    [4, more(`cut to ${half} MiB`, (path) => [`truncate -s ${half}M ${q(path)}`, own(path)])],
    [4, more("made longer", (path) => [`truncate -s ${same.sizeMiB * 2}M ${q(path)}`, own(path)])],
    [2, simply("qcow2", (path) => [`qemu-img create -q -f qcow2 ${q(path)} 64M`, own(path)])],
    [
      1,
      more("converted to qcow2", (path) => [
        `qemu-img convert -f raw -O qcow2 ${q(path)} ${q(`${path}.new`)}`,
        `mv ${q(`${path}.new`)} ${q(path)}`,
        own(path),
      ]),
    ],
    [2, simply("a directory", (path) => [`mkdir ${q(path)}`, own(path)])],
    [2, simply("a FIFO", (path) => [`mkfifo ${q(path)}`, own(path)])],
    [2, simply("an empty file", (path) => [`: > ${q(path)}`, own(path)])],
    [
      3,
      more("behind a link", (path) => [
        own(path),
        `mv ${q(path)} ${q(`${path}.real`)}`,
        `ln -s ${q(`${path}.real`)} ${q(path)}`,
      ]),
    ],
    [
      1,
      more("behind a chain of links", (path) => [
        own(path),
        `mv ${q(path)} ${q(`${path}.real`)}`,
        `ln -s ${q(`${path}.real`)} ${q(`${path}.2`)}`,
        `ln -s ${q(`${path}.2`)} ${q(path)}`,
      ]),
    ],
    [2, simply("a dangling link", (path) => [`ln -s nowhere.img ${q(path)}`])],
    [1, simply("a dangling link into a missing folder", (path) => [`ln -s missing/nowhere.img ${q(path)}`])],
    [
      1,
      simply("a dangling link to a folder of root", (path) => [
        `mkdir -p ${q(`${path}.d`)}`,
        `ln -s ${q(`${path}.d/nowhere.img`)} ${q(path)}`,
      ]),
    ],
    [2, more("with a second name", (path) => [own(path), `ln ${q(path)} ${q(`${path}.copy`)}`])],
    [5, more("not cleanly unmounted", (path) => [`dirty ${q(path)}`, own(path)])],
    [3, more("full", (path) => [`filled ${q(path)}`, own(path)])],
    [2, more("full, used as overlay", (path) => [`used ${q(path)} overlay`, `filled ${q(path)}`, own(path)])],
    [
      2,
      [
        "out of inodes",
        (path) => [
          `truncate -s 16M ${q(path)}`,
          `mkfs.ext4 -q -F -N 16 ${labelWords(same.label)} ${q(path)} >/dev/null 2>&1`,
          `inodes ${q(path)}`,
          own(path),
        ],
      ],
    ],
    [3, more("of root, 0600", (path) => [`chmod 0600 ${q(path)}`])],
    [2, more("of root, 0644", (path) => [`chmod 0644 ${q(path)}`])],
    [2, more("0444", (path) => [own(path), `chmod 0444 ${q(path)}`])],
    [1, more("of root and group kvm, 0660", (path) => [`chown root:kvm ${q(path)}`, `chmod 0660 ${q(path)}`])],
    [3, more("a block device", (path, setting) => device(path, setting, "microvm:kvm", "0660"))],
    [1, more("a block device of root", (path, setting) => device(path, setting, "root:root", "0600"))],
    [
      1,
      [
        "a blank block device",
        (path, _, setting) => [`truncate -s 16M ${q(path)}`, ...device(path, setting, "microvm:kvm", "0660")],
      ],
    ],
    [1, simply("swap", (path) => [`truncate -s 16M ${q(path)}`, `mkswap ${q(path)} >/dev/null 2>&1`, own(path)])],
    [
      1,
      more("with a partition table in front", (path) => [
        `printf '\\x55\\xaa' | dd of=${q(path)} bs=1 seek=510 conv=notrunc status=none`,
        own(path),
      ]),
    ],
    [
      1,
      simply("blank but for its end", (path) => [
        `truncate -s 16M ${q(path)}`,
        `printf 'end of a device' | dd of=${q(path)} bs=1M seek=15 conv=notrunc status=none`,
        own(path),
      ]),
    ],
  ]);
}

/** The image as the declaration asks for it, as far as mkfs would make it; often of another size. */
function onDisk(chance: Chance, { fsType, sizeMiB, label }: VolumeSpec): OnDisk {
  const type = fsType === "f2fs" ? "ext4" : fsType;
  const least = type === "xfs" ? 300 : type === "btrfs" ? 109 : 4;
  const limit = type === "xfs" ? 12 : type === "vfat" ? 11 : 16;
  const keeps = label !== null && Buffer.byteLength(label) <= limit && /^[\w. ,=-]+$/.test(label) && type !== "vfat";
  const size = sizeMiB >= least && chance.percent(60) ? sizeMiB : chance.one(...actualSizes[type]);
  return {
    fsType: type,
    sizeMiB: size,
    label: keeps || (label !== null && /^[a-z0-9-]{1,11}$/.test(label)) ? label : null,
  };
}

const actualSizes: Readonly<Record<Exclude<FsType, "f2fs">, readonly number[]>> = {
  ext2: [8, 16],
  ext3: [8, 16],
  ext4: [8, 16, 48],
  xfs: [300, 340],
  btrfs: [109, 140],
  vfat: [8, 16],
};

function otherwise(chance: Chance, same: OnDisk): Partial<OnDisk> {
  if (chance.percent(50)) return { label: chance.one("other", "old", "DATA") };
  const fsType = chance.one(...(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"] as const));
  if (fsType === same.fsType) return { label: same.label === null ? "other" : null };
  return {
    fsType,
    sizeMiB: actualSizes[fsType][0] ?? 16,
    label: same.label !== null && same.label.length > 11 ? null : same.label,
  };
}

function make({ fsType, sizeMiB, label }: OnDisk, path: string): string {
  const option = label === null ? "" : fsType === "vfat" ? `-n ${q(label)}` : `-L ${q(label)}`;
  return `truncate -s ${sizeMiB}M ${q(path)}; mkfs.${fsType} ${option} ${q(path)} </dev/null >/dev/null 2>&1`;
}

function labelWords(label: string | null): string {
  return label === null ? "" : `-L ${q(label)}`;
}

function own(path: string): string {
  return `chown microvm:kvm ${q(path)}`;
}

/** The image becomes what lies behind a device node in its place. */
function device(path: string, { folder }: Setting, owner: string, mode: string): string[] {
  return [`node ${q(path)} ${q(folder)} ${owner} ${mode}`];
}
