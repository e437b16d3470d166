import type { Random } from "../../harness/random.ts";

/** What is done to an image, one program after the other. `IMAGE` and `MOUNT` stand for its path and a mount point. */
export interface RandomImage {
  readonly type: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat";
  readonly sizeBytes: number;
  readonly steps: readonly (readonly string[])[];
}

/** An image made with random options, to which afterwards happens what happens to images in years of use. */
export function randomImage(random: Random): RandomImage {
  const type = random.one(["ext2", "ext3", "ext4", "ext4", "xfs", "btrfs", "vfat"] as const);
  const sizeMiB = random.one(sizesMiB[type]) + random.below(40);
  // Not every image is a whole number of MiB, or of blocks.
  const sizeBytes = sizeMiB * 2 ** 20 + (random.chance(25) ? random.below(2000) * 512 : 0);
  const steps: (readonly string[])[] = [[`mkfs.${type}`, ...options[type](random), "IMAGE"]];
  for (let count = random.below(4); count > 0; count--) steps.push(...random.one(lives[type])(random));
  return { type, sizeBytes, steps };
}

const sizesMiB: Readonly<Record<RandomImage["type"], readonly number[]>> = {
  ext2: [1, 3, 16, 100, 700],
  ext3: [3, 16, 100, 700],
  ext4: [3, 16, 100, 700, 5000],
  xfs: [300, 301, 512, 3000],
  btrfs: [110, 128, 300, 3000],
  vfat: [1, 4, 15, 30, 64, 300, 520, 2100],
};

type Words = readonly string[];
type Make = (random: Random) => Words;
/** Programs that change an image which nobody uses. */
type Life = (random: Random) => readonly Words[];

/** blkid encodes a label in 256 characters at most, four for each byte that is no letter. */
const maxBtrfsLabel = 60;

/** Characters of one to four bytes, blanks and signs that shells and udev treat in their own ways. */
const characters = [..."abcXYZ019 _-.:=+#@!$&'\"(),é中🐧/\\%"];

function label(random: Random, maxBytes: number): string {
  let text = "";
  for (let count = random.below(maxBytes) + 1; count > 0; count--) {
    const next = text + random.one(characters);
    if (Buffer.byteLength(next) > maxBytes) break;
    text = next;
  }
  return text;
}

function maybe(random: Random, percent: number, ...words: Words): Words {
  return random.chance(percent) ? words : [];
}

function extOptions(random: Random, features: readonly string[]): Words {
  const chosen = features.filter(() => random.chance(20));
  return [
    ...["-q", "-F"],
    ...maybe(random, 50, "-L", label(random, 16)),
    ...maybe(random, 40, "-b", random.one(["1024", "2048", "4096"])),
    ...maybe(random, 30, "-m", String(random.below(20))),
    ...maybe(random, 30, "-I", random.one(["128", "256", "512"])),
    ...maybe(random, 20, "-N", String(64 + random.below(2000))),
    ...maybe(random, 20, "-E", random.one(["lazy_itable_init=1", "stride=16,stripe-width=64", "packed_meta_blocks=1"])),
    ...maybe(random, 20, "-M", random.one(["/var/lib", "/sysroot/nix/.rw-store", "/mnt-root/", "/a b"])),
    ...(chosen.length > 0 ? ["-O", chosen.join(",")] : []),
  ];
}

const options: Readonly<Record<RandomImage["type"], Make>> = {
  ext2: (random) => extOptions(random, ["^resize_inode", "^dir_index", "^filetype", "large_file", "^sparse_super"]),
  ext3: (random) => extOptions(random, ["^resize_inode", "^dir_index", "large_file", "^ext_attr"]),
  ext4: (random) =>
    extOptions(random, [
      ...["^64bit", "^metadata_csum", "^has_journal", "^huge_file", "^flex_bg", "^extent", "^dir_nlink"],
      ...["inline_data", "quota", "encrypt", "casefold", "mmp", "orphan_file", "ea_inode", "large_dir"],
    ]),
  xfs: (random) => [
    ...["-q", "-f"],
    ...maybe(random, 50, "-L", label(random, 12)),
    ...maybe(random, 40, "-b", `size=${random.one(["1024", "2048", "4096", "16384"])}`),
    ...maybe(random, 20, "-s", `size=${random.one(["512", "1024", "4096"])}`),
    ...maybe(
      random,
      40,
      "-m",
      random.one(["crc=0", "reflink=0", "rmapbt=1", "bigtime=0", "finobt=0,rmapbt=0,reflink=0"]),
    ),
    ...maybe(random, 20, "-d", `agcount=${1 + random.below(8)}`),
    ...maybe(random, 20, "-i", `size=${random.one(["512", "1024", "2048"])}`),
  ],
  btrfs: (random) => [
    ...["-q", "-f"],
    ...maybe(random, 50, "-L", label(random, maxBtrfsLabel)),
    ...maybe(random, 30, "-n", random.one(["4096", "16384", "32768", "65536"])),
    ...maybe(random, 30, "--csum", random.one(["crc32c", "xxhash", "sha256", "blake2"])),
    ...maybe(random, 30, "-m", random.one(["single", "dup"])),
    ...maybe(random, 20, "-M"),
    ...maybe(random, 20, "-O", random.one(["^no-holes", "^extref", "^skinny-metadata"])),
  ],
  vfat: (random) => [
    ...maybe(random, 50, "-n", fatLabel(random)),
    ...maybe(random, 30, "-F", random.one(["12", "16", "32"])),
    ...maybe(random, 30, "-s", random.one(["1", "2", "8", "64"])),
    ...maybe(random, 20, "-S", random.one(["512", "1024", "4096"])),
    ...maybe(random, 20, "-f", random.one(["1", "2"])),
    ...maybe(random, 20, "-R", String(33 + random.below(60))),
    ...maybe(random, 20, "-i", (random.below(2 ** 31) >>> 0).toString(16).padStart(8, "0")),
    ...maybe(random, 20, "-a"),
  ],
};

function fatLabel(random: Random): string {
  let text = "";
  for (let count = 1 + random.below(11); count > 0; count--) text += random.one([..."ABCXYZ019 _-#@!$&'()"]);
  return text.trim() === "" ? "BLANK" : text;
}

/** Mounted, used, unmounted. */
const used: Life = (random) => [
  ["mount", "-o", "loop", "IMAGE", "MOUNT"],
  ["dd", "if=/dev/urandom", "of=MOUNT/file", "bs=64k", `count=${1 + random.below(4)}`, "status=none"],
  ["umount", "MOUNT"],
];

const extLives: readonly Life[] = [
  used,
  (random) => [["tune2fs", "-L", label(random, 16), "IMAGE"]],
  () => [["tune2fs", "-U", "random", "IMAGE"]],
  (random) => [["tune2fs", "-m", String(random.below(20)), "IMAGE"]],
  () => [["tune2fs", "-M", "/sysroot/var", "IMAGE"]],
  () => [["debugfs", "-w", "-R", "write /etc/passwd passwd", "IMAGE"]],
  () => [
    ["e2fsck", "-fy", "IMAGE"],
    ["resize2fs", "-M", "IMAGE"],
  ],
  (random) => [
    ["truncate", "-s", `+${1 + random.below(100)}M`, "IMAGE"],
    ["e2fsck", "-fy", "IMAGE"],
    ["resize2fs", "IMAGE"],
  ],
];

const lives: Readonly<Record<RandomImage["type"], readonly Life[]>> = {
  ext2: [...extLives, () => [["tune2fs", "-j", "IMAGE"]]],
  ext3: [...extLives, () => [["tune2fs", "-O", "^has_journal", "IMAGE"]]],
  ext4: extLives,
  xfs: [
    used,
    (random) => [["xfs_admin", "-L", label(random, 12), "IMAGE"]],
    () => [["xfs_admin", "-U", "generate", "IMAGE"]],
    (random) => [
      ["truncate", "-s", `+${16 + random.below(500)}M`, "IMAGE"],
      ["mount", "-o", "loop", "IMAGE", "MOUNT"],
      ["xfs_growfs", "MOUNT"],
      ["umount", "MOUNT"],
    ],
  ],
  btrfs: [
    used,
    (random) => [["btrfs", "filesystem", "label", "IMAGE", label(random, maxBtrfsLabel)]],
    () => [["btrfstune", "-f", "-u", "IMAGE"]],
    () => [["btrfstune", "-f", "-m", "IMAGE"]],
    (random) => [
      ["truncate", "-s", `+${16 + random.below(500)}M`, "IMAGE"],
      ["mount", "-o", "loop", "IMAGE", "MOUNT"],
      ["btrfs", "filesystem", "resize", "max", "MOUNT"],
      ["umount", "MOUNT"],
    ],
  ],
  vfat: [used, (random) => [["fatlabel", "IMAGE", fatLabel(random)]], () => [["fatlabel", "-i", "IMAGE", "1234abcd"]]],
};

/** Words for `qemu-img convert`. */
export interface Container {
  readonly words: readonly string[];
  readonly isCompressed: boolean;
}

/** A container that holds what a raw image holds. */
export function randomContainer(random: Random): Container {
  const cluster = `cluster_size=${random.one(["512", "2k", "4k", "64k", "256k", "2M"])}`;
  const qcow2 = random.one(["compat=0.10", "lazy_refcounts=on", "refcount_bits=64"]);
  const block = `block_size=${random.one(["1M", "4M", "32M"])}`;
  return random.one([
    { words: ["-O", "qcow2", "-o", `${cluster},${qcow2}`], isCompressed: false },
    { words: ["-O", "qcow2", "-o", "extended_l2=on,cluster_size=64k"], isCompressed: false },
    // With small clusters that takes minutes.
    { words: ["-O", "qcow2", "-o", "preallocation=metadata,cluster_size=256k"], isCompressed: false },
    { words: ["-c", "-O", "qcow2", "-o", cluster], isCompressed: true },
    { words: ["-O", "vpc", "-o", `force_size=on,subformat=${random.one(["dynamic", "fixed"])}`], isCompressed: false },
    { words: ["-O", "vhdx", "-o", `${block},subformat=${random.one(["dynamic", "fixed"])}`], isCompressed: false },
  ]);
}
