/** Functions of bash for bringing a disk into a state; mounts are private to the sandbox. */
export const prepareFunctions = `
within() { # IMAGE COMMAND…: runs the command with the image's filesystem mounted at $mnt
  local loop mnt; mnt=$(mktemp -d); loop=$(losetup --find --show "$1") || return 1; shift
  if mount "$loop" "$mnt" 2>/dev/null; then mnt=$mnt "$@"; sync -f "$mnt"; umount "$mnt"; fi
  losetup --detach "$loop"; rmdir "$mnt"
}
used() { # IMAGE [overlay]: as a guest leaves it
  within "$1" in_use "\${2:-}"
}
in_use() {
  mkdir -p "$mnt/lib"; echo something > "$mnt/lib/file"
  if [ "$1" = overlay ]; then mkdir -p "$mnt/store" "$mnt/work"; fi
}
dirty() { # IMAGE: copied while it was mounted, so that its journal has to be replayed
  local loop mnt; mnt=$(mktemp -d); loop=$(losetup --find --show "$1") || return 1
  if mount "$loop" "$mnt" 2>/dev/null; then
    echo one > "$mnt/one"; sync -f "$mnt"; echo two > "$mnt/two"
    python3 -c 'import os,sys; f=os.open(sys.argv[1],os.O_RDONLY); os.fsync(f)' "$mnt/two" 2>/dev/null || sync
    cp --sparse=always "$1" "$1.dirty"; umount "$mnt"; losetup --detach "$loop"; mv "$1.dirty" "$1"
  else losetup --detach "$loop"; fi
  rmdir "$mnt"
}
filled() { within "$1" fill_bytes; }
fill_bytes() { head -c 400M /dev/zero > "$mnt/filling" 2>/dev/null; sync -f "$mnt"; head -c 4M /dev/zero > "$mnt/rest" 2>/dev/null; true; }
inodes() { within "$1" fill_inodes; }
fill_inodes() { local n=0; while : > "$mnt/file$n"; do n=$((n + 1)); [ $n -lt 4096 ] || break; done 2>/dev/null; true; }
node() { # PATH FOLDER OWNER MODE: the file becomes what lies behind a block device in its place
  local backing="$2/backing-$RANDOM$RANDOM" loop
  mv "$1" "$backing"; cp --sparse=always "$backing" "$backing.before"; loop=$(losetup --find --show "$backing")
  echo "$loop $backing" >> "$2/loops"
  mknod "$1" b $((16#$(stat -c %t "$loop"))) $((16#$(stat -c %T "$loop")))
  chown "$3" "$1"; chmod "$4" "$1"
}
`;

/** Functions of bash for playing a start and for looking at what came of it. Facts are lines of fd 3: a key, a tab, words. */
export const playFunctions = `
say() { printf '%s\\t%s\\n' "$1" "$2" >&3; }
hold() { # PATH: keeps the file open, so that no other one gets its inode number
  local fd; if [ -f "$1" ]; then exec {fd}<"$1"; fi
}
look() { # KEY PATH: what the path leads to
  if [ ! -e "$2" ]; then if [ -L "$2" ]; then say "$1" dangling; else say "$1" absent; fi; return; fi
  say "$1" "$(stat -L -c '%F|%d:%i|%s' "$2" 2>/dev/null)|$(content "$2")"
}
content() { # PATH: type, uuid and label of the filesystem on it; or "blank"; or a hash
  if [ ! -f "$1" ] && [ ! -b "$1" ]; then echo "||"; return; fi
  local type; type=$(blkid -p -s TYPE -o value "$1" 2>/dev/null)
  if [ -n "$type" ]; then echo "$type|$(blkid -p -s UUID -o value "$1" 2>/dev/null)|$(blkid -p -s LABEL -o value "$1" 2>/dev/null)"
  elif cmp -s -n "$(blockdev --getsize64 "$1" 2>/dev/null || stat -L -c %s "$1")" "$1" /dev/zero; then echo "blank||"
  else echo "other|$(head -c 1M "$1" | sha1sum | cut -d' ' -f1)|"; fi
}
as_root() { # FOLDER PATH WORD…
  local folder=$1 path=$2; shift 2
  ( cd "$folder" && env -i PATH="$path" HOME=/root "$@" </dev/null >&4 2>&4 3>&- )
}
as_user() {
  local folder=$1 path=$2; shift 2
  ( cd "$folder" && setpriv --reuid=$uid --regid=$gid --clear-groups -- env -i PATH="$path" HOME=/var/empty "$@" </dev/null >&4 2>&4 )
}
`;
