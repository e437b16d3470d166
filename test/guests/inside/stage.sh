# shellcheck shell=sh disable=SC2154
# What NixOS does with the declared mounts of one guest, in its own mount namespace: stage 1 below /sysroot, then the rest
# in the root that it switched to. Lines with @ are facts for the test, the others are what the console of a guest says.
# Sourced with $node: letters of the scenario's disks and the devices that they are here, as in "b=vdc c=vdd".
root=/sysroot
failed=

# Busybox's shell would take its own.
mount() { /real/mount "$@"; }

# The tmpfs that is the root of every microVM, with the programs bound into it.
make_root() {
  busybox mount -t tmpfs -o size=50%,mode=0755 rootfs /sysroot
  for folder in bin real lib lib64 usr proc sys; do
    mkdir -p /sysroot/$folder
    [ -d /$folder ] && busybox mount -o rbind /$folder /sysroot/$folder
  done
  mkdir -p /sysroot/dev/disk/by-label /sysroot/dev/disk/by-uuid /sysroot/dev/block /sysroot/tmp /sysroot/run /sysroot/nix/.ro-store/lower
  mknod /sysroot/dev/null c 1 3
  mknod /sysroot/dev/zero c 1 5
  for pair in $nodes; do
    # shellcheck disable=SC2046 # two words, major and minor
    mknod /sysroot/dev/vd${pair%%=*} b $(tr : ' ' < /sys/block/${pair##*=}/dev)
    ln -s "../vd${pair%%=*}" "/sysroot/dev/block/$(cat "/sys/block/${pair##*=}/dev")"
  done
  busybox mount -o bind /sysroot/dev /dev
  name_devices
}

# udev's rule 60-persistent-storage: names are what libblkid found, with escapes.
name_devices() {
  for device in /dev/vd?; do
    found=$(blkid -p -o udev $device) || continue
    label=$(echo "$found" | sed -n 's/^ID_FS_LABEL_ENC=//p')
    uuid=$(echo "$found" | sed -n 's/^ID_FS_UUID_ENC=//p')
    [ -n "$label" ] && ln -sf ../../${device##*/} "/dev/disk/by-label/$label"
    [ -n "$uuid" ] && ln -sf ../../${device##*/} "/dev/disk/by-uuid/$uuid"
  done
}

# What the kernel said since the last time, at the level that a console shows, with the letters that the guest has.
kernel_words() {
  dmesg -r | sed -n 's/^<[0-4]>//p' > /tmp/kernel
  dmesg -c > /dev/null
  for pair in $nodes; do sed -i "s/\b${pair##*=}\b/@@${pair%%=*}/g" /tmp/kernel; done
  sed 's/@@/vd/g' /tmp/kernel
}

fails() { # step, mount point
  kernel_words
  echo "@failed $1 $2"
  [ -n "$optional" ] || failed="$failed $1:$2"
}

# mount point, device, type, options
mount_one() {
  where=$root$1
  optional=
  case ,$4, in *,noauto,*) echo "@skipped $1"; return ;; *,nofail,*) optional=yes ;; esac
  if [ ! -e "$2" ]; then
    echo "[ TIME ] Timed out waiting for device $2."
    echo "[DEPEND] Dependency failed for $where."
    fails device $1
    return
  fi
  # As systemd-makefs, which finds devices by the kernel's names only.
  case ,$4, in *,x-systemd.makefs,*) blkid -p $2 > /dev/null 2>&1 || mkfs.$3 $2 > /dev/null 2>&1 || echo "systemd-makefs[59]: mkfs.$3 failed" ;; esac
  # systemd-fsck asks for an emergency only where errors were left.
  case $3 in ext?) e2fsck -a $2 > /tmp/fsck 2>&1; status=$? ;; vfat) fsck.fat -a $2 > /tmp/fsck 2>&1; status=$? ;; *) status=0 ;; esac
  if [ $((status & 6)) -ne 0 ]; then
    sed 's/^/systemd-fsck[61]: /' /tmp/fsck
    echo "[FAILED] Failed to start File System Check on $2."
    echo "[DEPEND] Dependency failed for $where."
    fails fsck $1
    return
  fi
  mkdir -p $where
  if ! mount -t $3 -o "${4:-defaults}" $2 $where > /tmp/mount 2>&1; then
    sed 's/^/mount[67]: /' /tmp/mount
    echo "[FAILED] Failed to mount $where."
    echo "See 'systemctl status \"$where\"' for details."
    fails mount $1
    return
  fi
  before=$(blocks $where)
  case ,$4, in *,x-systemd.growfs,*) grow $3 $2 $where > /tmp/grow 2>&1 || sed 's/^/systemd-growfs[69]: /' /tmp/grow ;; esac
  grown=no
  [ "$before" = "$(blocks $where)" ] || grown=yes
  kernel_words > /dev/null
  marker=none
  [ -e $where/marker ] && marker=$(cat $where/marker)
  echo "@mounted $1 $(awk -v where=$where '$2 == where { print $3, substr($4, 1, 2) }' /proc/mounts | tail -1) $grown $marker"
}

# The calls of the kernel that systemd-growfs makes; it finds devices by the kernel's names only.
grow() { # type, device, mount point
  case $1 in ext3 | ext4) resize2fs $2 ;; xfs) xfs_growfs $3 ;; btrfs) btrfs filesystem resize max $3 ;; *) false ;; esac
}

blocks() { stat -f -c %b $1; }

# The overlay's directories, then the overlay (nixpkgs, nixos/modules/tasks/filesystems/overlayfs.nix).
overlay() {
  optional=
  if ! mkdir -p $root$1/store $root$1/work > /tmp/mkdir 2>&1; then
    sed 's/^/mkdir[71]: /' /tmp/mkdir
    echo "[FAILED] Failed to start rw-store.service."
    echo "[DEPEND] Dependency failed for $root/nix/store."
    fails directories /nix/store
    return
  fi
  mkdir -p $root/nix/store
  if ! mount -t overlay overlay -o lowerdir=$root/nix/.ro-store,upperdir=$root$1/store,workdir=$root$1/work $root/nix/store > /tmp/mount 2>&1; then
    sed 's/^/mount[73]: /' /tmp/mount
    echo "[FAILED] Failed to mount $root/nix/store."
    echo "See 'systemctl status sysroot-nix-store.mount' for details."
    fails overlay /nix/store
    return
  fi
  kernel_words
  writes=ro
  touch $root/nix/store/.probe 2> /dev/null && rm -f $root/nix/store/.probe && writes=rw
  upper=$(stat -f -c %T $root$1/store)
  echo "@mounted /nix/store $upper $writes"
}

# Ends a stage: what failed keeps the guest from going on.
settle() {
  [ -z "$failed" ] && return 0
  if [ "$root" = /sysroot ]; then
    echo "[DEPEND] Dependency failed for Initrd File Systems."
    echo "You are in emergency mode. After logging in, type \"journalctl -xb\" to view"
  else
    echo "[DEPEND] Dependency failed for Local File Systems."
    echo "You are in emergency mode. After logging in, type \"journalctl -xb\" to view"
  fi
  echo "@boot emergency"
  exit 0
}
