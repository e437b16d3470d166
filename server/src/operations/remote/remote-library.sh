# Functions of the script that runs an operation on another host (remote-script.ts). POSIX sh; beside the tools of the
# steps it uses GNU's or newer busybox' coreutils, find, grep and sed. Before it come assignments: image, id (device and
# inode), ino, device (as /proc/locks writes it; empty: any), before (id, size and time), journal, work, kept, placed,
# operation, unseen (not empty: who holds an old image need not be seen), guests, and words for people in t_*.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the other parts
set -u
LC_ALL=C TZ=UTC0
export LC_ALL TZ
PATH="/run/current-system/sw/bin:/run/wrappers/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
umask 077
begun=0
workid=
say() { printf '%s\n' "$*" >&2; }
idof() { stat -c '%d:%i' -- "$1" 2>/dev/null; }
opened() { stat -L -c '%d:%i %s %y' "/proc/$$/fd/9" 2>/dev/null; }
folder() { case $1 in */*) printf '%s\n' "$(dirname -- "$1")" ;; esac; }

# Ends the operation; what was begun is undone first.
fail() {
  trap '' HUP INT TERM PIPE
  say "microvm-lens: $1"
  if [ "$begun" = 1 ]; then undo; fi
  exit 2
}

# Decided by what lies there: until the new file has the image's name, everything goes back.
undo() {
  if [ "$(idof "$image")" != "$id" ]; then
    # Moved, and the new name has it; or deleted, as it should be: nothing is left to do.
    if [ -n "$placed" ] && [ "$(idof "$placed")" = "$id" ]; then rm -f -- "$journal"; return; fi
    if [ "$operation" = delete-old ] && [ ! -e "$image" ]; then rm -f -- "$journal"; say "$t_done"; return; fi
    say "$t_complete"
    return
  fi
  if [ -n "$work" ] && [ -f "$work" ] && [ ! -L "$work" ]; then rm -f -- "$work" || return; fi
  for other in "$kept" "$placed"; do
    if [ -n "$other" ] && [ "$(idof "$other")" = "$id" ]; then rm -f -- "$other" || return; fi
  done
  # What was taken away elsewhere has to stay away, too, when the journal is gone.
  if [ -n "$work" ]; then sync -- "$(folder "$work")"; fi
  sync -- "$(folder "$image")"
  rm -f -- "$journal"
  say "$t_undone"
}

# Sets by to who holds the file, or to nothing. The shell has it open itself, and so have its children: those that made
# the list are gone when it is read.
held() {
  by=
  list=$(find /proc/[0-9]*/fdinfo -type f -exec grep -l "^ino:[[:space:]]*$ino\$" {} + 2>/dev/null)
  for one in $list; do
    pid=${one#/proc/}
    pid=${pid%%/*}
    if [ "$pid" != "$$" ] && [ "$(stat -L -c '%d:%i' "/proc/$pid/fd/${one##*/}" 2>/dev/null)" = "$id" ]; then
      by="$(tr -cd '[:print:]' <"/proc/$pid/comm") ($pid)"
      return
    fi
  done
  # Shared mappings of processes that have closed it.
  for one in $(grep -l " $ino  */" /proc/[0-9]*/maps 2>/dev/null); do
    pid=${one#/proc/}
    pid=${pid%%/*}
    for range in $(sed -n "s/^\([0-9a-f-]*\) ...s [^ ]* [^ ]* $ino  *.*/\1/p" "$one" 2>/dev/null); do
      if [ "$(stat -L -c '%d:%i' "/proc/$pid/map_files/$range" 2>/dev/null)" = "$id" ]; then
        by="$(tr -cd '[:print:]' <"/proc/$pid/comm") ($pid)"
        return
      fi
    done
  done
  if grep -q " ${device:-[0-9a-f]*:[0-9a-f]*}:$ino " /proc/locks; then by=/proc/locks; return; fi
  for one in /sys/block/loop*/loop/backing_file; do
    if [ -r "$one" ] && [ "$(stat -L -c '%d:%i' -- "$(cat -- "$one")" 2>/dev/null)" = "$id" ]; then
      by=$one
      return
    fi
  done
  # A path of another mount namespace means nothing here: the kernel tells the inode, and the name is the image's.
  for one in $(losetup --list --noheadings --output NAME,BACK-INO 2>/dev/null | sed -n "s,^/dev/\(loop[0-9]*\)  *$ino *\$,\1,p"); do
    path=$(cat "/sys/block/$one/loop/backing_file" 2>/dev/null)
    if [ "${path##*/}" = "${image##*/}" ] && [ "$(stat -L -c '%i' -- "$path" 2>/dev/null)" != "$ino" ]; then
      by=/dev/$one
      return
    fi
  done
}

# A guest whose unit runs, or is about to.
running() {
  command -v systemctl >/dev/null 2>&1 || return 0
  printf '%s' "$guests" | while IFS= read -r guest; do
    case $(systemctl show -p ActiveState --value "microvm@$guest.service" 2>/dev/null) in
      active | activating | reloading | deactivating) printf '%s\n' "$guest"; break ;;
    esac
  done
}

# Everything that has to be so before a step.
ready() {
  [ ! -L "$image" ] && [ -f "$image" ] && [ "$(idof "$image")" = "$id" ] && [ "$(opened)" = "$state" ] || fail "$t_changed"
  held
  [ -z "$by" ] || fail "$t_inuse $by"
  by=$(running)
  [ -z "$by" ] || fail "$t_running $by"
}

# The copy has to be the file that was made, not a link that somebody put there.
copied() {
  if [ -n "$workid" ]; then
    [ ! -L "$work" ] && [ -f "$work" ] && [ "$(idof "$work")" = "$workid" ] || fail "$t_changed"
  fi
}

room() {
  free=$(stat -f -c '%a' -- "$(folder "$work")")
  block=$(stat -f -c '%S' -- "$(folder "$work")")
  [ "$((free * block))" -ge "$1" ] || fail "$t_space"
}

# step NUMBER WORDS: tells; run CODES PROGRAM...: runs, and ends where the exit code is none of them.
step() { say "[$1] $2"; }
run() {
  codes=$1
  shift
  "$@"
  code=$?
  case " $codes " in *" $code "*) ;; *) fail "$t_failed $1 ($code)" ;; esac
}
discard() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    [ -f "$1" ] && [ ! -L "$1" ] || fail "$t_changed"
    run 0 rm -f -- "$1"
  fi
}
unlinkone() {
  [ "$(idof "$1")" = "$(idof "$2")" ] || fail "$t_changed"
  run 0 rm -- "$1"
  [ "$1" = "$image" ] || return 0
  held
  if [ -n "$by" ] || [ "$(opened)" != "$state" ]; then
    ln -T -- "$2" "$image" && sync -- "$(folder "$image")"
    fail "$t_moving $by"
  fi
}
# Milliseconds since 1970 of a time of a file (%W, %Y); 0: the file system does not tell.
millis() {
  time=$(stat -c "%.3$1" -- "$2" 2>/dev/null)
  case $time in '' | *[!0-9.]* | *.*.*) time=0 ;; esac
  printf '%s\n' "${time%.*}${time#*.}"
}

# Deletes the image, which is an old one: $1 is another file in its place, still as it was seen ($2: id, size and time).
# Deleted only where everybody who may hold it is seen (the first namespaces have these numbers), and where nobody wrote
# to it after the other one was made.
deleteold() {
  if [ -z "$unseen" ]; then
    [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || fail "$t_unseen"
    [ "$(readlink /proc/self/ns/user)" = 'user:[4026531837]' ] || fail "$t_unseen"
  fi
  made=$(millis W "$1")
  if [ "$made" -gt 0 ] && [ "$(millis Y "$image")" -gt "$made" ]; then fail "$t_written"; fi
  [ ! -L "$1" ] && [ -f "$1" ] && [ "$(idof "$1")" != "$id" ] || fail "$t_changed"
  case "$(stat -c '%d:%i %s %y' -- "$1")" in "$2"*) ;; *) fail "$t_changed" ;; esac
  run 0 rm -- "$image"
}
lengthen() {
  [ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %s -- "$1")" -le "$2" ] || fail "$t_changed"
  run 0 truncate -s ">$2" -- "$1"
  run 0 sync -- "$1"
}
swap() {
  # Whatever has the name by now would be gone: only what stays under its other name is replaced.
  [ "$(idof "$image")" = "$id" ] && [ "$(idof "$kept")" = "$id" ] || fail "$t_changed"
  [ "$(stat -c '%u:%g:%f' -- "$1")" = "$(stat -c '%u:%g:%f' -- "$image")" ] || fail "$t_changed"
  run 0 mv -T -f -- "$1" "$image"
  held
  if [ -n "$by" ] || [ "$(opened)" != "$state" ]; then
    mv -T -f -- "$kept" "$image" && sync -- "$(folder "$image")"
    kept=
    fail "$t_taken $by"
  fi
}

need() {
  for tool in "$@"; do command -v "$tool" >/dev/null 2>&1 || fail "$t_missing $tool"; done
}

# Looks for the first time, and writes the journal: $1 is its text up to the process.
begin() {
  need stat find grep sed tr cut sync ln mv rm truncate dirname cat readlink
  grep -q '^ino:' /proc/self/fdinfo/0 2>/dev/null || fail "$t_kernel"
  if [ -e "$journal" ] || [ -L "$journal" ]; then fail "$t_journal"; fi
  [ ! -L "$image" ] && [ -f "$image" ] && [ "$(idof "$image")" = "$id" ] || fail "$t_changed"
  exec 9<"$image" || fail "$t_changed"
  state=$(opened)
  case $state in "$before"*) ;; *) fail "$t_changed" ;; esac
  ready
  trap 'fail "$t_interrupted"' HUP INT TERM
  trap '' PIPE
  started=$(sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 20)
  boot=$(cat /proc/sys/kernel/random/boot_id)
  space=$(readlink /proc/self/ns/pid)
  draft="$journal.$$"
  set -C
  printf '%s\n    "pid": %s,\n    "started": "%s",\n    "boot": "%s",\n    "namespace": "%s"\n  }\n}\n' "$1" "$$" "$started" "$boot" "$space" >"$draft" || fail "$t_nojournal"
  set +C
  sync -- "$draft" && ln -T -- "$draft" "$journal" || { rm -f -- "$draft"; fail "$t_nojournal"; }
  begun=1
  rm -f -- "$draft"
  run 0 sync -- "$(folder "$image")"
}

finish() {
  rm -f -- "$journal"
  sync -- "$(folder "$image")"
  say "$t_done"
}
