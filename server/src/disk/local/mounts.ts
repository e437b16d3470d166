/** One mounted file system. */
export interface Mount {
  readonly point: string;
  readonly type: string;
  /** True for kinds that answer at once; others (network, FUSE) may hang and are asked through the thread pool. */
  readonly fast: boolean;
}

/** Parses /proc/self/mountinfo (proc(5)); the last mount on a point is the one that is seen. */
export function parseMountInfo(text: string): ReadonlyMap<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [front, back] = line.split(" - ", 2);
    const point = front?.split(" ")[4];
    const type = back?.split(" ")[0];
    if (point === undefined || type === undefined) continue;
    const plain = plainPath(point);
    mounts.set(plain, { point: plain, type, fast: localTypes.has(type) });
  }
  return mounts;
}

/**
 * Kinds whose system calls return in bounded time; whatever is not here is treated as able to hang. Not proc: reading
 * /proc/locks waits until every processor has let go of the table (kernel fs/locks.c, percpu_down_write), often 10 ms.
 */
const localTypes = new Set([
  ..."ext2 ext3 ext4 xfs btrfs zfs bcachefs f2fs jfs nilfs2 reiserfs vfat exfat ntfs3 iso9660 udf".split(" "),
  ..."squashfs erofs overlay tmpfs ramfs rootfs devtmpfs sysfs cgroup cgroup2 hugetlbfs".split(" "),
]);

/** Blanks, tabs, line ends and backslashes are octal escapes there. */
function plainPath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
