import type { ContentType } from "../../../server/src/disk/facts.ts";

/** One image that a real tool makes. */
export interface Case {
  readonly name: string;
  readonly sizeMiB: number;
  readonly type: ContentType;
  /** Program and arguments; the image's path is added at the end. */
  readonly make: readonly string[];
  readonly label: string | null;
}

const mkfs = (type: string): string => `mkfs.${type}`;

/** Labels of every kind, as far as a filesystem takes them. */
function labels(maxBytes: number): readonly string[] {
  const all = [
    "a",
    "data",
    "two words",
    "  in front",
    "中文",
    "ünï-lab",
    "!$&'(x)",
    "#+-.:=@_",
    "L".repeat(maxBytes),
    "é".repeat(maxBytes >> 1),
  ];
  return all.filter((label) => Buffer.byteLength(label) <= maxBytes);
}

function row(type: ContentType, sizeMiB: number, make: readonly string[], label: string | null, note: string): Case {
  return { name: `${type} ${sizeMiB} MiB${note === "" ? "" : ` ${note}`}`, sizeMiB, type, make, label };
}

function* ext(): Iterable<Case> {
  for (const type of ["ext2", "ext3", "ext4"] as const) {
    const plain = [mkfs(type), "-q", "-F"];
    // mkfs.ext3 makes no journal in less than 2 MiB, which then is an ext2.
    for (const sizeMiB of [2, 8, 64, 300, 1023, 2048]) yield row(type, sizeMiB, plain, null, "");
    for (const label of labels(16)) yield row(type, 16, [...plain, "-L", label], label, `label "${label}"`);
    for (const block of [1024, 2048, 4096])
      yield row(type, 40, [...plain, "-b", `${block}`], null, `blocks of ${block}`);
    yield row(type, 64, [...plain, "-m", "0", "-N", "64"], null, "no reserve, few inodes");
    yield row(type, 64, [...plain, "-M", "/var/lib/data", "-e", "remount-ro"], null, "with a mount point");
    yield row(type, 64, [...plain, "-M", "/sysroot/nix/.rw-store"], null, "mounted in an initrd");
  }
  yield row("ext2", 1, [mkfs("ext3"), "-q", "-F"], null, "from mkfs.ext3, too small for a journal");
  yield row("ext2", 8, [mkfs("ext2"), "-q", "-F", "-r", "0"], null, "revision 0");
  yield row("ext4", 1, [mkfs("ext4"), "-q", "-F"], null, "too small for a journal");
  const features = [
    ..."^64bit ^metadata_csum ^has_journal ^resize_inode,meta_bg ^extent,^64bit ^huge_file ^flex_bg,^resize_inode".split(
      " ",
    ),
    ..."bigalloc inline_data encrypt casefold verity mmp quota quota,project orphan_file sparse_super2".split(" "),
    ..."metadata_csum_seed ea_inode large_dir stable_inodes ^dir_index,^filetype uninit_bg,^metadata_csum".split(" "),
  ];
  for (const feature of features) {
    yield row("ext4", 128, [mkfs("ext4"), "-q", "-F", "-O", feature], null, `-O ${feature}`);
  }
  yield row("ext4", 2 ** 20, [mkfs("ext4"), "-q", "-F", "-N", "4096"], null, "a TiB, sparse");
  yield row(
    "ext4",
    8 * 2 ** 20,
    [mkfs("ext4"), "-q", "-F", "-N", "65536", "-O", "bigalloc", "-C", "1048576"],
    null,
    "8 TiB, sparse",
  );
}

function* xfs(): Iterable<Case> {
  const plain = [mkfs("xfs"), "-q", "-f"];
  for (const sizeMiB of [300, 512, 2048]) yield row("xfs", sizeMiB, plain, null, "");
  yield row("xfs", 102400, plain, null, "sparse");
  for (const sizeMiB of [16, 64])
    yield row("xfs", sizeMiB, [...plain, "--unsupported"], null, "as old versions made them");
  for (const label of labels(12)) yield row("xfs", 300, [...plain, "-L", label], label, `label "${label}"`);
  const options: readonly string[][] = [
    ["-m", "crc=0"],
    ["-m", "crc=0", "-b", "size=512"],
    ["-b", "size=1024"],
    ["-b", "size=2048"],
    ["-b", "size=8192"],
    ["-b", "size=65536"],
    ["-s", "size=4096"],
    ["-i", "size=2048"],
    ["-m", "reflink=0"],
    ["-m", "rmapbt=1"],
    ["-m", "bigtime=0,inobtcount=0"],
    ["-m", "finobt=0,reflink=0"],
    ["-d", "agcount=7"],
    ["-d", "su=64k,sw=4"],
    ["-l", "su=256k"],
    ["-l", "su=32k,version=2"],
    ["-m", "crc=0", "-n", "ftype=0"],
  ];
  for (const option of options) {
    yield row("xfs", 1024, [...plain, ...option], null, option.join(" "));
  }
}

function* btrfs(): Iterable<Case> {
  const plain = [mkfs("btrfs"), "-q", "-f"];
  for (const sizeMiB of [109, 128, 256, 512, 2048, 102400]) yield row("btrfs", sizeMiB, plain, null, "");
  yield row("btrfs", 16, [...plain, "-M"], null, "mixed");
  for (const label of labels(254))
    yield row("btrfs", 128, [...plain, "-L", label], label, `label "${label.slice(0, 20)}"`);
  const options: readonly string[][] = [
    ["-n", "4096"],
    ["-n", "65536"],
    ["--csum", "xxhash"],
    ["--csum", "sha256"],
    ["--csum", "blake2"],
    ["-m", "single"],
    ["-m", "dup", "-d", "dup"],
    ["-O", "^no-holes"],
    ["-R", "^free-space-tree"],
    ["-R", "quota"],
    ["-b", "200M"],
  ];
  for (const option of options) yield row("btrfs", 256, [...plain, ...option], null, option.join(" "));
}

function* vfat(): Iterable<Case> {
  const plain = [mkfs("vfat")];
  for (const sizeMiB of [1, 2, 4, 16, 17, 100, 511, 512, 513, 2048, 65536]) yield row("vfat", sizeMiB, plain, null, "");
  for (const label of ["A", "NIXOS_BOOT", "ELEVEN_CHAR", "TWO WORDS", "lower", "A!#$%&'()-@"]) {
    yield row("vfat", 64, [...plain, "-n", label], label, `label "${label}"`);
  }
  const options: readonly [number, string[]][] = [
    [8, ["-F", "12"]],
    [64, ["-F", "16"]],
    [64, ["-F", "32"]],
    [512, ["-F", "32", "-s", "1"]],
    [128, ["-S", "1024"]],
    [128, ["-S", "2048"]],
    [300, ["-S", "4096"]],
    [128, ["-f", "1"]],
    [128, ["-R", "64", "-F", "32"]],
    [16, ["-r", "2048"]],
    [16, ["-a"]],
    [16, ["-i", "deadbeef"]],
    [16, ["-M", "0xf0"]],
    [600, ["-F", "32", "-b", "12"]],
  ];
  for (const [sizeMiB, option] of options) yield row("vfat", sizeMiB, [...plain, ...option], null, option.join(" "));
}

/** Every filesystem that microvm.nix can make, over sizes, labels, block sizes and features. */
export const filesystemCases: readonly Case[] = [...ext(), ...xfs(), ...btrfs(), ...vfat()];

/** What else may lie in an image. Only the type, and label and UUID where there are any, are compared. */
export const otherCases: readonly Case[] = [
  row("luks", 32, luks("luks1"), null, "LUKS 1"),
  row("luks", 32, luks("luks2"), null, "LUKS 2"),
  row("luks", 32, [...luks("luks2"), "--label", "secret"], "secret", "LUKS 2, label"),
  row("swap", 16, ["mkswap", "-L", "swappy"], "swappy", "label"),
  row("swap", 16, ["mkswap", "-p", "65536"], null, "pages of 64 KiB"),
  row("gpt", 16, partitions("gpt"), null, ""),
  row("mbr", 16, partitions("dos"), null, ""),
  row("f2fs", 64, ["mkfs.f2fs", "-q"], null, ""),
  row("exfat", 32, ["mkfs.exfat"], null, ""),
  row("ntfs", 32, ["mkfs.ntfs", "-q", "-F"], null, ""),
  row("erofs", 0, fromFolder("mkfs.erofs", "IMAGE FOLDER"), null, ""),
  row("squashfs", 0, fromFolder("mksquashfs", "FOLDER IMAGE -noappend -quiet"), null, ""),
  row("iso9660", 0, fromFolder("genisoimage", "-quiet -V NIXOS_ISO -o IMAGE FOLDER"), "NIXOS_ISO", "label"),
];

function luks(version: string): readonly string[] {
  const fast = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"];
  return [
    "sh",
    "-c",
    `printf secret | cryptsetup luksFormat --batch-mode --type ${version} ${fast.join(" ")} --key-file - "$@"`,
    "sh",
  ];
}

function partitions(table: string): readonly string[] {
  return ["sh", "-c", `printf 'label: ${table}\\nstart=2048, size=8192\\n' | sfdisk -q "$1"`, "sh"];
}

function fromFolder(program: string, words: string): readonly string[] {
  const line = words.replace("IMAGE", '"$1"').replace("FOLDER", '"$FOLDER"');
  return ["sh", "-c", `${program} ${line} >/dev/null`, program];
}
