import { q } from "../nix-text.ts";
import type { Setting } from "../world.ts";
import type { Entry } from "./fstab.ts";

/**
 * The guest's part: every image that the hypervisor opened becomes a loop device, named as udev would name it; what the
 * initrd mounts comes first, then the overlay, then the rest. Each mount is tried whatever became of the others.
 */
export function guestLines(setting: Setting, entries: readonly Entry[], letter: (index: number) => string): string {
  const { folder, overlay, volumes } = setting;
  return `
root=${q(`${folder}/root`)} devices=${q(`${folder}/devices`)}
mkdir -p "$root" "$devices"; mount -t tmpfs -o mode=0755 tmpfs "$root"; mount -t tmpfs tmpfs "$devices"
mkdir -p "$devices/disk/by-label" "$devices/disk/by-uuid"
loops= vfat= vfat_volume=
attach() { # VOLUME LETTER FLAGS
  [ -s ${q(folder)}/path.$1 ] || return 0
  local path loop; path=$(cat ${q(folder)}/path.$1)
  loop=$(losetup --find --show \${3:-} "$path") || { say "attach.$1" failed; return 0; }
  loops="$loops $loop"; eval "loop_$1=$loop"; say "attach.$1" "$loop"
  ln -s "$loop" "$devices/vd$2"
  local label uuid
  label=$(blkid -p -o udev "$loop" 2>/dev/null | sed -n 's/^ID_FS_LABEL_ENC=//p'); uuid=$(blkid -p -o udev "$loop" 2>/dev/null | sed -n 's/^ID_FS_UUID_ENC=//p')
  [ -z "$label" ] || ln -sf "$loop" "$devices/disk/by-label/$label"
  [ -z "$uuid" ] || ln -sf "$loop" "$devices/disk/by-uuid/$uuid"
}
number_of() { # DEVICE: the volume that it is
  local each; for each in ${volumes.map((_, index) => index).join(" ")}; do eval "[ \\"\\\${loop_$each:-}\\" = \\"$1\\" ]" && echo $each; done
}
guest_mount() { # VOLUME MOUNTPOINT TYPE OPTIONS DEVICE
  local target="$root$2" node loop before after
  case ",$4," in *,noauto,*) say "mount.$1" noauto; return ;; esac
  case "$5" in /dev/*) node="$devices/\${5#/dev/}" ;; *) node="" ;; esac
  if [ ! -e "$node" ]; then say "mount.$1" "no device"; return; fi
  loop=$(readlink -f "$node"); say "device.$1" "$(number_of "$loop")"
  mkdir -p "$target" || { say "mount.$1" "no mount point"; return; }
  case ",$4," in *,x-systemd.makefs,*) say "makefs.$1" "$(content "$loop")"; /lib/systemd/systemd-makefs "$3" "$loop" >&4 2>&4 ;; esac
  local kind; kind=$(blkid -p -s TYPE -o value "$loop" 2>/dev/null)
  if [ "$kind" = vfat ] && ! grep -qw vfat /proc/filesystems; then
    # This kernel lacks vfat: then the type that blkid sees has to do.
    if [ "$3" = vfat ] || [ "$3" = auto ]; then say "mount.$1" mounted; vfat="$target" vfat_volume=$1; else say "mount.$1" failed; fi; return
  fi
  if ! mount -t "$3" -o "$4" "$loop" "$target" >&4 2>&4; then say "mount.$1" failed; return; fi
  say "mount.$1" mounted
  case ",$(findmnt -no OPTIONS -M "$target")," in *,ro,*) say "readonly.$1" yes ;; esac
  case ",$4," in *,x-systemd.growfs,*)
    before=$(stat -f -c '%b' "$target")
    case $(findmnt -no FSTYPE -M "$target") in
      ext*)
        if ! resize2fs "$loop" >"$root.resize" 2>&1 && grep -q 'Permission denied' "$root.resize"; then
          # Growing a mounted ext4 takes CAP_SYS_RESOURCE, which root may lack in a container: then while it is not mounted.
          umount "$target"; e2fsck -fy "$loop" >&4 2>&4; resize2fs "$loop" >&4 2>&4; mount -t "$3" -o "$4" "$loop" "$target"
        fi ;;
      xfs) xfs_growfs "$target" >&4 2>&4 ;;
      btrfs) btrfs filesystem resize max "$target" >&4 2>&4 ;;
    esac
    after=$(stat -f -c '%b' "$target")
    if [ "$after" -gt "$before" ]; then say "grown.$1" yes; else say "grown.$1" no; fi ;;
  esac
}
${volumes.map(({ readOnly }, index) => `attach ${index} ${letter(index)} ${q(readOnly ? "--read-only" : "")}`.replace("''", "")).join("\n")}
udevadm settle >/dev/null 2>&1
${entries
  .filter(({ inInitrd }) => inInitrd)
  .map(mountLine)
  .join("\n")}
${overlay === null ? "" : overlayLines(overlay)}
${entries
  .filter(({ inInitrd }) => !inInitrd)
  .map(mountLine)
  .join("\n")}
findmnt -rno TARGET | grep "^$root" | sort -r | while read -r each; do umount "$each"; done
umount "$devices"
for each in $loops; do losetup --detach "$each"; done
`;
}

function mountLine({ volume, mountPoint, fsType, options, device }: Entry): string {
  return `guest_mount ${volume} ${q(mountPoint)} ${q(fsType)} ${q(options.join(",") || "defaults")} ${q(device)}`;
}

/** nixpkgs' overlayfs.nix makes both directories, then mounts the overlay over the read-only store. */
function overlayLines(overlay: string): string {
  return `
lower="$root/nix/.ro-store"; mkdir -p "$lower" "$root/nix/store" 2>&4; echo lower > "$lower/path" 2>&4
upper="$root"${q(overlay)}
if [ -n "$vfat" ] && case "$upper/" in "$vfat"/*) true ;; *) false ;; esac; then
  # The overlay takes no vfat for its upper layer, which lacks extended attributes.
  say upper "$vfat_volume"; say overlay failed
elif mkdir -p "$upper/store" "$upper/work" 2>&4; then
  source=$(findmnt -no SOURCE -T "$upper/store"); volume=$(number_of "$source"); say upper "\${volume:-ram}"
  if mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper/store,workdir=$upper/work" "$root/nix/store" >&4 2>&4; then
    case ",$(findmnt -no OPTIONS -M "$root/nix/store")," in *,ro,*) say overlay readonly ;; *) if touch "$root/nix/store/new" 2>&4; then say overlay mounted; else say overlay full; fi ;; esac
    umount "$root/nix/store"
  else say overlay failed; fi
else
  source=$(findmnt -no SOURCE -T "$upper" 2>/dev/null || findmnt -no SOURCE -T "$(dirname "$upper")"); volume=$(number_of "$source"); say upper "\${volume:-ram}"; say overlay "no directories"
fi`;
}
