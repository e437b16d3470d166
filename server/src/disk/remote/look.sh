# Looks at paths: what lies there, and what it is. Part of the script of remote-script.ts; POSIX sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the other parts
LC_ALL=C; TZ=UTC0; export LC_ALL TZ
PATH="$PATH:/run/current-system/sw/bin:/usr/local/bin:/usr/bin:/bin"
NL='
'
text() { sed 's/^/|/'; echo; }

# N: it does not exist. X: nobody may look.
gone() {
  d=$1
  while [ -n "$d" ]; do
    d=${d%/*}
    if [ -d "$d/" ]; then
      if [ -x "$d/" ]; then printf 'N %s\n' "$1"; else printf 'X %s\n' "$1"; fi
      return
    fi
    if [ -e "$d" ]; then break; fi
  done
  printf 'N %s\n' "$1"
}

own() {
  if [ -e "$1" ]; then stat -L -c 'F %f %d %i %h %u %g %s %b %y %Z %n' "$1"; else gone "$1"; fi
}

# A small file as text.
show() {
  if [ ! -e "$1" ]; then gone "$1"
  elif [ ! -f "$1" ] || [ ! -r "$1" ]; then printf 'X %s\n' "$1"
  else printf 'T %s\n' "$1"; head -c 1048576 "$1" | text
  fi
}

# A file of a line or two as text, without a process: some hosts have hundreds.
brief() {
  printf 'T %s\n' "$1"
  while IFS= read -r x || [ -n "$x" ]; do printf '|%s\n' "$x"; done <"$1"
  echo
}

# A target with a line end would break what we print: it is left out.
target() {
  case "$2" in *"$NL"*) ;; *) printf '%s\n|%s\n' "$1" "$2" ;; esac
}

follow() {
  if [ -L "$1" ]; then target "R $1" "$(readlink "$1")"
  elif [ ! -e "$1" ]; then gone "$1"
  fi
}

kind() {
  if [ -L "$1" ]; then K=l
  elif [ -f "$1" ]; then K=f
  elif [ -d "$1" ]; then K=d
  elif [ -b "$1" ]; then K=b
  elif [ -c "$1" ]; then K=c
  elif [ -p "$1" ]; then K=p
  elif [ -S "$1" ]; then K=s
  else K=u
  fi
}

entries() {
  if [ ! -d "$1/" ]; then
    if [ -e "$1" ]; then printf 'M %s\n' "$1"; else gone "$1"; fi
    return 1
  fi
  if [ ! -r "$1/" ] || [ ! -x "$1/" ]; then printf 'X %s\n' "$1"; return 1; fi
  printf 'D %s\n' "$1"
  n=0
  for e in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ ! -e "$e" ] && [ ! -L "$e" ]; then continue; fi
    case "$e" in *"$NL"*) continue ;; esac
    n=$((n + 1))
    if [ "$n" -gt 20000 ]; then break; fi
    kind "$e"
    printf '|%s %s\n' "$K" "${e##*/}"
  done
}

# One image, or what lies in its place.
look() {
  case "$DONE" in *"$NL$1$NL"*) return ;; esac
  DONE="$DONE$1$NL"
  if [ -L "$1" ]; then
    stat -c 'L %f %d %i %h %u %g %s %b %y %Z %n' "$1"
    target "R $1" "$(readlink "$1")"
    REAL=$(readlink -f "$1")
    case "$REAL" in *"$NL"*) return ;; esac
    if [ -n "$REAL" ]; then target "K $1" "$REAL"; fi
    if [ ! -e "$1" ]; then
      case "$(stat -L -c %f "$1" 2>&1)" in
        *'Too many levels'*) printf 'O %s\n' "$1" ;;
        *denied*) printf 'X %s\n' "$1" ;;
        *) printf 'G %s\n' "$1" ;;
      esac
      return
    fi
    S=$(stat -L -c '%f %d %i %h %u %g %s %b %y %Z %n' "$1")
    printf 'F %s\n' "$S"
  elif [ -e "$1" ]; then
    REAL=$1
    S=$(stat -c '%f %d %i %h %u %g %s %b %y %Z %n' "$1")
    printf 'L %s\n' "$S"
  else
    gone "$1"
    return
  fi
  # The path within may hold what a shell takes for a pattern.
  set -f
  room "$REAL" "$S"
  if [ -b "$1" ]; then device "$1"; fi
  if [ -b "$1" ] || [ -f "$1" ]; then content "$REAL" $S; fi
  set +f
}

# Sectors of a block device, from sysfs.
device() {
  B=$(readlink -f "$1")
  if [ -r "/sys/class/block/${B##*/}/size" ]; then
    read -r SECTORS <"/sys/class/block/${B##*/}/size"
    printf 'Q %s %s\n' "$SECTORS" "$1"
  fi
}

# Space, once for each device.
room() {
  set -- "$1" $2
  case "$DEVICES" in *" $3 "*) return ;; esac
  DEVICES="$DEVICES$3 "
  printf 'V %s %s %s\n' "$3" "$(stat -f -c '%a %b %S' "$1")" "$1"
}
