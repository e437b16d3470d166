import { reasons } from "../reasons.ts";
import { type Handler, withStatus, write } from "../run/call.ts";
import { knownText, unknownValue } from "../state/value.ts";

const words = (text: string) => text.trim().split(/\s+/);

/** Commands that change no file, and what they print and end with is not known. */
export const inert = new Set(
  words(`grep egrep fgrep head tail cut tr uniq od hexdump xxd strings file ls lsblk blkid df free ps pgrep pidof which
    findmnt mountpoint lsof fuser ss id groups getent nproc uptime who lscpu lspci lsmod udevadm arch tty expr numfmt
    awk gawk mawk sort jq bc md5sum sha1sum sha256sum sha512sum b2sum cksum base64 dumpe2fs xfs_info xfs_db debugfs lsattr getfacl
    getfattr namei test ping ping6 dig host nslookup systemd-detect-virt systemd-escape systemd-notify journalctl hostnamectl
    networkctl resolvectl loginctl ip ifconfig route bridge tc nft iptables ip6tables ethtool sysctl modprobe nmcli wg
    tac rev nl fold paste join comm column yes diff3 factor shuf getconf locale uuidgen`),
);

/** Commands that do what they do to the files they are given, and to no others. */
export const takesPaths = new Set(
  words(`curl wget git rsync tar gzip gunzip bzip2 xz zstd unzip zip cpio scp sftp patch ed ex vi vim nano losetup cryptsetup
    parted sfdisk sgdisk fdisk partprobe kpartx wipefs blkdiscard fstrim mkfifo mknod rename split csplit sponge setfattr
    logrotate openssl gpg age sops ssh-keygen qemu-nbd guestfish virt-resize virt-customize nbdcopy e2image partclone
    xfs_growfs xfs_repair btrfs btrfstune ntfsresize f2fs.resize swapon swapoff mount umount cloud-localds genisoimage
    xorrisofs mksquashfs mkfs.erofs zcat bzcat xzcat m4 envsubst lvextend lvcreate lvremove filefrag`),
);

/** What date prints has no slash where its format has none. */
const date: Handler = (call, world) => {
  const plain = call.args.every(
    ({ value }) => /^[^/]*$/.test(knownText(value) ?? "/") && !/%[DxEc]/.test(knownText(value) ?? ""),
  );
  const why = reasons.output({ command: "date" });
  const sets = call.args.some(({ value }) => /^(?:-s|--set)/.test(knownText(value) ?? ""));
  if (!plain || call.args.length === 0 || sets) return quiet(call, world);
  const format = call.args.map(({ value }) => knownText(value) ?? "").find((text) => text.startsWith("+")) ?? "";
  const instant = format.includes("%s") || (/%[ST]/.test(format) && /%F|%Y.*%m.*%d|%Y.*%j/.test(format));
  return [withStatus(write(world, [{ why, holds: "word", pattern: /[^/]*/, instant }]), 0)];
};

/** Commands that change no file and succeed. */
const quiet: Handler = (call, world) => [
  withStatus(write(world, unknownValue(reasons.output({ command: call.name }))), 0),
];
const silent: Handler = (_, world) => [withStatus(world, 0)];

export const succeeding: Readonly<Record<string, Handler>> = {
  date,
  hostname: quiet,
  uname: quiet,
  whoami: quiet,
  sleep: silent,
  logger: silent,
  sync: silent,
};
