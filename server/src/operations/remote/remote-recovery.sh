# Puts in order on another host what an interrupted operation left: what recover.ts does here, by the same signs. POSIX sh.
# Before it come assignments: image, journal, act (empty: only tell), suffix (of copies), and words for people in t_* and r_*.
# Ends with 0 or 2.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the other parts
set -u
LC_ALL=C TZ=UTC0
export LC_ALL TZ
PATH="/run/current-system/sw/bin:/run/wrappers/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
say() { printf '%s\n' "$*" >&2; }
fail() { say "microvm-lens: $*"; exit 2; }
idof() { stat -c '%d:%i' -- "$1" 2>/dev/null; }
number() { sed -n 's/^ *"'"$1"'": \([0-9][0-9]*\),*$/\1/p' "$journal"; }
word() { sed -n 's/^ *"'"$1"'": "\([^"\\]*\)",*$/\1/p' "$journal"; }
act() {
  say "+ $*"
  if [ -n "$act" ]; then "$@" || fail "$t_failed $1"; fi
}
if [ ! -e "$journal" ] && [ ! -L "$journal" ]; then printf '%s\n' "$r_nothing"; exit 0; fi
[ -f "$journal" ] && [ ! -L "$journal" ] || fail "$r_foreign"
id=$(number device):$(number inode)
pid=$(number pid)
case $id in *[!0-9:]* | :* | *:) fail "$r_foreign" ;; esac
case $pid in '' | *[!0-9]*) fail "$r_foreign" ;; esac
[ "$(word path)" = "$image" ] || fail "$r_foreign"
for name in work kept placed mountPoint; do
  grep -q "^  \"$name\": null,*\$" "$journal" || [ -n "$(word $name)" ] || fail "$r_foreign"
done
grep -q '^  "mountPoint": null,*$' "$journal" || fail "$r_mounted"
work=$(word work)
kept=$(word kept)
placed=$(word placed)
boot=$(cat /proc/sys/kernel/random/boot_id)
if [ "$(word boot)" = "$boot" ]; then
  case $(word namespace) in
    '' | "$(readlink /proc/self/ns/pid)") ;;
    *) fail "$r_container" ;;
  esac
  started=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 1,20)
  case $started in Z*) ;; *" $(word started)") fail "$r_alive" "$pid" ;; esac
else
  # After a start of the machine devices may have other numbers.
  id="$(stat -c %d -- "$(dirname -- "$image")"):$(number inode)"
fi
case $work in '' | *"$suffix") ;; *) work= ;; esac
case $kept in '' | "$image".*) ;; *) kept= ;; esac
stays=
[ "$(idof "$image")" = "$id" ] && stays=1
if [ "$(word operation)" = delete-old ] && [ ! -e "$image" ] && [ ! -L "$image" ]; then
  act sync -- "$(dirname -- "$image")"
  act rm -- "$journal"
  printf '%s\n' "$r_finished"
  exit 0
fi
if [ -z "$stays" ] && [ "$(idof "$kept")" != "$id" ] && [ "$(idof "$placed")" != "$id" ]; then fail "$r_elsewhere"; fi
for name in "$work" "$kept"; do
  if [ -n "$name" ] && [ -f "$name" ]; then
    ino=$(stat -c %i -- "$name")
    # shellcheck disable=SC2044 # names in /proc have no blanks
    for one in $(find /proc/[0-9]*/fdinfo -type f -exec grep -l "^ino:[[:space:]]*$ino\$" {} + 2>/dev/null); do
      holder=${one#/proc/}
      holder=${holder%%/*}
      if [ "$(stat -L -c '%d:%i' "/proc/$holder/fd/${one##*/}" 2>/dev/null)" = "$(idof "$name")" ]; then
        fail "$r_held" "$holder"
      fi
    done
  fi
done
outcome="$r_finished"
if [ -n "$stays" ]; then
  # A finished copy has its name already; everything else goes back.
  if [ -z "$placed" ] || [ ! -e "$placed" ] || [ "$(idof "$placed")" = "$id" ]; then outcome="$r_undone"; fi
  for name in "$kept" "$placed"; do
    if [ -n "$name" ] && [ "$(idof "$name")" = "$id" ]; then act rm -- "$name"; fi
  done
fi
# The copy is still there: the new image never got the name.
if [ -z "$stays" ] && [ -n "$work" ] && [ -f "$work" ]; then outcome="$r_otherfile $kept"; fi
if [ -n "$work" ] && [ -f "$work" ] && [ ! -L "$work" ]; then
  act rm -- "$work"
  act sync -- "$(dirname -- "$work")"
fi
act sync -- "$(dirname -- "$image")"
act rm -- "$journal"
printf '%s\n' "$outcome"
