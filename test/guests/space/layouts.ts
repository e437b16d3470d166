/** A filesystem that a guest writes to while its free space is read from outside. */
export interface Layout {
  readonly name: string;
  readonly type: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs";
  readonly sizeMiB: number;
  /** Arguments of mkfs. */
  readonly mkfs: readonly string[];
  /** Mount options in the guest. */
  readonly mount?: string;
}

const quiet = ["-q", "-F"];

export const layouts: readonly Layout[] = [
  { name: "ext4", type: "ext4", sizeMiB: 256, mkfs: quiet },
  {
    name: "ext4, blocks of 1 KiB, meta_bg",
    type: "ext4",
    sizeMiB: 160,
    mkfs: [...quiet, "-b", "1024", "-O", "meta_bg,^resize_inode"],
  },
  { name: "ext4, clusters", type: "ext4", sizeMiB: 256, mkfs: [...quiet, "-O", "bigalloc,64bit", "-C", "65536"] },
  {
    name: "ext4, 32 bits, no checksums, fast commits",
    type: "ext4",
    sizeMiB: 200,
    mkfs: [...quiet, "-O", "^64bit,^metadata_csum,^flex_bg,fast_commit"],
  },
  { name: "ext4, nodelalloc, data=journal", type: "ext4", sizeMiB: 200, mkfs: quiet, mount: "data=journal" },
  {
    name: "ext4, small log, many groups",
    type: "ext4",
    sizeMiB: 200,
    mkfs: [...quiet, "-b", "1024", "-J", "size=4", "-g", "2048", "-m", "0"],
  },
  { name: "ext3", type: "ext3", sizeMiB: 160, mkfs: quiet },
  { name: "xfs", type: "xfs", sizeMiB: 320, mkfs: ["-q"] },
  {
    name: "xfs, four groups, reverse map",
    type: "xfs",
    sizeMiB: 400,
    mkfs: ["-q", "-d", "agsize=100m", "-m", "rmapbt=1,reflink=1"],
  },
  { name: "btrfs", type: "btrfs", sizeMiB: 320, mkfs: ["-q"] },
  { name: "btrfs, single metadata", type: "btrfs", sizeMiB: 256, mkfs: ["-q", "-m", "single", "--mixed"] },
];
