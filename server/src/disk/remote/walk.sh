# Walks through guests and the state directory. Part of the script of remote-script.ts; POSIX sh.
# Images that a runner names and that may lie anywhere.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the other parts
named() {
  for w in $(head -c 1048576 "$1" | tr '\047\042=,:;{}\133\135() ' '\n\n\n\n\n\n\n\n\n\n\n\n\n' | sed -n '/^[/.A-Za-z0-9].*[/.]/p' | sed '/^\/nix\//d;/^\/proc\//d;/^\/sys\//d;/^\/dev\/[a-z]*$/d' | head -n 4000); do
    case "$w" in *'*'* | *'?'*) continue ;; esac
    case "$w" in /*) i=$w ;; *) i=$2/$w ;; esac
    if [ -f "$i" ] || [ -b "$i" ]; then look "$i"; continue; fi
    case "$w" in *.img | *.raw | *.qcow2 | *.vhd | *.vhdx) gone "$i" ;; esac
  done
}

guest() {
  DONE=$NL
  own "$1"
  entries "$1" || return
  follow "$1/current"
  follow "$1/booted"
  if [ -L "$1/current" ]; then
    R=$1/current/bin/microvm-run
    show "$R"
    if [ -f "$R" ] && [ -r "$R" ]; then
      named "$R" "$1"
      C=$(head -c 1048576 "$R" | sed -n "s/.*--config-file['\" ]*\([^'\" ]*\).*/\1/p" | head -n 1)
      case "$C" in /*) show "$C"; if [ -f "$C" ] && [ -r "$C" ]; then named "$C" "$1"; fi ;; esac
    fi
  fi
  wanted "$1"
  for f in "$1"/*; do
    case "${f##*/}" in current | booted | old | toplevel | flake | '*') continue ;; esac
    case "$f" in *"$NL"*) continue ;; esac
    if [ -f "$f" ] || [ -b "$f" ] || [ -L "$f" ]; then look "$f"; fi
  done
}

begin() {
  DONE=$NL
  DEVICES=' '
  if ! stat -c %f / >/dev/null || ! stat -f -c %a / >/dev/null; then printf 'U stat\n'; return; fi
  if ! od -A x -t x1 -N 1 /dev/zero >/dev/null; then printf 'U od\n'; return; fi
  show /etc/passwd
  show /etc/group
  show /proc/locks
  own /sys/fs/cgroup/system.slice
  entries /sys/fs/cgroup/system.slice/system-microvm.slice
  printf 'D /sys/block\n'
  for l in /sys/block/loop*/loop/backing_file; do
    if [ -r "$l" ]; then l=${l%/loop/backing_file}; printf '|d %s\n' "${l##*/}"; fi
  done
  for l in /sys/block/loop*/loop/backing_file; do
    if [ -r "$l" ]; then brief "$l"; fi
  done
  own "$1"
  if entries "$1"; then
    printf 'V - %s %s\n' "$(stat -f -c '%a %b %S' "$1")" "$1"
    for g in "$1"/*; do
      case "$g" in *"$NL"* | */lost+found) continue ;; esac
      if [ -d "$g/" ] || [ -L "$g" ]; then guest "$g"; fi
    done
  fi
}
