import { dirname } from "node:path";
import type { ProbeRequest } from "./facts.ts";

/**
 * The script that ssh runs on a host, on the standard input of `sh -s`. It is POSIX sh and asks only for stat, od,
 * readlink, sed, head and tr, of GNU or of busybox. It reads and never writes. What it prints is described in
 * transcript.ts; `token` marks where that begins and ends among whatever else a login prints.
 *
 * It walks through an image as our readers do (formats/, filesystems/) and prints every byte that it looked at, so that
 * the readers find what they ask for in one round trip.
 */
export function remoteScript(request: ProbeRequest, token: string): string {
  const { inGuests, elsewhere } = sortPaths(request);
  const directories = request.directories.filter(speakable);
  return `${script}
wanted() {
  case "$1" in
    '') ;;
${[...inGuests].map(([folder, paths]) => `    ${quote(folder)})\n${looks(paths)}      ;;\n`).join("")}\
  esac
}
main() {
  printf '%s\\n' 'BEGIN ${token}'
  begin ${quote(request.stateDir)}
  DONE=$NL
${looks(elsewhere)}\
${directories.map((path) => `  own ${quote(path)}\n`).join("")}\
  printf '%s\\n' 'END ${token}'
}
main </dev/null 2>/dev/null
`;
}

/** Images that lie right in a guest's directory are looked at together with it; that saves looking twice. */
function sortPaths(request: ProbeRequest): { inGuests: Map<string, string[]>; elsewhere: string[] } {
  const inGuests = new Map<string, string[]>();
  const elsewhere: string[] = [];
  for (const path of request.paths.filter(speakable)) {
    const folder = dirname(path);
    if (dirname(folder) !== request.stateDir) elsewhere.push(path);
    else if (inGuests.has(folder)) inGuests.get(folder)?.push(path);
    else inGuests.set(folder, [path]);
  }
  return { inGuests, elsewhere };
}

function looks(paths: readonly string[]): string {
  return paths.map((path) => `      look ${quote(path)}\n`).join("");
}

/** Line ends would break the transcript; such a path is reported as not asked for. */
function speakable(path: string): boolean {
  return !/[\n\r\0]/.test(path);
}

/** One word for a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const script = String.raw`LC_ALL=C; TZ=UTC0; export LC_ALL TZ
PATH="$PATH:/run/current-system/sw/bin:/usr/local/bin:/usr/bin:/bin"
NL='
'
text() { sed 's/^/|/'; echo; }

# N: it does not exist. X: nobody may look.
gone() {
  d=$1
  while [ -n "$d" ]; do
    d=${"$"}{d%/*}
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
    printf '|%s %s\n' "$K" "${"$"}{e##*/}"
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
  if [ -r "/sys/class/block/${"$"}{B##*/}/size" ]; then
    read -r SECTORS <"/sys/class/block/${"$"}{B##*/}/size"
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

peek() {
  O=$(od -A x -t x1 -j "$1" -N "$2" "$F") || return 1
  printf 'B %s %s\n%s\n' "$1" "$2" "$O"
}

# The guest's bytes, wherever they lie.
gpeek() {
  g=$1
  n=$2
  if [ $((g + n)) -gt "$GUEST" ]; then n=$((GUEST - g)); fi
  while [ "$n" -gt 0 ]; do
    locate "$g" || return 1
    p=$((BLOCK - g % BLOCK))
    if [ "$p" -gt "$n" ]; then p=$n; fi
    if [ "$H" -ge 0 ]; then peek "$H" "$p" || return 1; else O=; fi
    g=$((g + p))
    n=$((n - p))
  done
}

# True when a range of the guest is zero; tells about each piece.
gzero() {
  g=0
  n=1048576
  if [ "$n" -gt "$GUEST" ]; then n=$GUEST; fi
  while [ "$n" -gt 0 ]; do
    locate "$g" || return 1
    p=$((BLOCK - g % BLOCK))
    if [ "$p" -gt "$n" ]; then p=$n; fi
    if [ "$H" -ge 0 ]; then
      case "$(od -A n -t x1 -j "$H" -N "$p" "$F" | head -n 3)" in
        *[1-9a-f]*) printf 'Y %s %s\n' "$H" "$p"; return 1 ;;
      esac
      printf 'Z %s %s\n' "$H" "$p"
    fi
    g=$((g + p))
    n=$((n - p))
  done
}

# Numbers out of O, which then holds one line of od: the byte at place $1 and as many as $2 after it.
be() {
  i=$1
  j=$2
  set -- $O
  shift $((i + 1))
  N=0x
  while [ "$j" -gt 0 ]; do N=$N$1; shift; j=$((j - 1)); done
  N=$((N))
}
le() {
  i=$1
  j=$2
  set -- $O
  shift $((i + 1))
  N=
  while [ "$j" -gt 0 ]; do N=$1$N; shift; j=$((j - 1)); done
  N=$((0x$N))
}

locate() {
  case $MAP in
    raw) H=$1 ;;
    qcow2) locate_qcow2 "$1" ;;
    vhd) locate_vhd "$1" ;;
    *) locate_vhdx "$1" ;;
  esac
}

map_qcow2() {
  peek 16 16 || return 1
  be 4 4
  BLOCK=$((1 << N))
  be 8 8
  GUEST=$N
  peek 36 12 || return 1
  be 0 4
  L1N=$N
  be 4 8
  L1=$N
  TABLE=-1
  MAP=qcow2
}
locate_qcow2() {
  c=$(($1 / BLOCK))
  per=$((BLOCK / 8))
  H=-1
  if [ $((c / per)) -ge "$L1N" ]; then return; fi
  if [ $((c / per)) -ne "$TABLE" ]; then
    peek $((L1 + c / per * 8)) 8 || return 1
    be 1 7
    L2=$((N & ~511))
    TABLE=$((c / per))
  fi
  if [ "$L2" -eq 0 ]; then return; fi
  peek $((L2 + c % per * 8)) 8 || return 1
  be 0 1
  if [ $((N & 0x40)) -ne 0 ]; then return 1; fi
  be 7 1
  if [ $((N & 1)) -ne 0 ]; then return; fi
  be 1 7
  N=$((N & ~511))
  if [ "$N" -ne 0 ]; then H=$((N + $1 % BLOCK)); fi
}

map_vhd() {
  if [ "$SIZE" -ge 1024 ]; then peek $((SIZE - 512)) 512; fi
  peek 16 8 || return 1
  be 0 8
  h=$N
  peek 48 8 || return 1
  be 0 8
  GUEST=$N
  peek "$h" 1024 || return 1
  peek $((h + 16)) 8 || return 1
  be 0 8
  BAT=$N
  peek $((h + 32)) 4 || return 1
  be 0 4
  BLOCK=$N
  MAP=vhd
}
locate_vhd() {
  peek $((BAT + $1 / BLOCK * 4)) 4 || return 1
  be 0 4
  H=-1
  if [ "$N" -ne 4294967295 ]; then
    H=$((N * 512 + (BLOCK / 4096 + 511) / 512 * 512 + $1 % BLOCK))
  fi
}

map_vhdx() {
  peek 65536 64
  peek 131072 64
  peek 196608 528 || return 1
  META=0
  for k in 0 1 2 3; do
    peek $((196608 + 16 + k * 32)) 16 || return 1
    case "$O" in *"66 77 c2 2d 23 f6"*) w=bat ;; *"06 a2 7c 8b 90 47"*) w=meta ;; *) continue ;; esac
    peek $((196608 + 32 + k * 32)) 8 || return 1
    le 0 8
    if [ "$w" = bat ]; then BAT=$N; else META=$N; fi
  done
  if [ "$META" -eq 0 ]; then return 1; fi
  peek "$META" 2080 || return 1
  k=0
  while [ "$k" -lt 8 ]; do
    peek $((META + 32 + k * 32)) 16 || return 1
    G=$O
    peek $((META + 48 + k * 32)) 4 || return 1
    le 0 4
    k=$((k + 1))
    if [ "$N" -eq 0 ]; then continue; fi
    peek $((META + N)) 8 || return 1
    case "$G" in
      *"37 67 a1 ca 36 fa"*) le 0 4; BLOCK=$N ;;
      *"24 42 a5 2f 1b cd"*) le 0 8; GUEST=$N ;;
      *"1d bf 41 81 6f a9"*) le 0 4; SECTOR=$N ;;
    esac
  done
  MAP=vhdx
}
locate_vhdx() {
  x=$(($1 / BLOCK))
  peek $((BAT + (x + x / (8388608 * SECTOR / BLOCK)) * 8)) 8 || return 1
  le 0 8
  H=-1
  if [ $((N & 7)) -eq 6 ]; then H=$(((N >> 20 << 20) + $1 % BLOCK)); fi
}

# Content of file $1 with the stat that follows.
content() {
  F=$1
  SIZE=$8
  if [ -b "$F" ]; then SIZE=$((SECTORS * 512)); fi
  if [ ! -r "$F" ]; then printf 'E %s\n' "$F"; return; fi
  printf 'C %s\n' "$F"
  if [ "$SIZE" -eq 0 ]; then return; fi
  if [ -f "$F" ] && [ "$9" -eq 0 ] && [ "$SIZE" -ge 1048576 ]; then return; fi
  MAP=raw
  BLOCK=1099511627776
  GUEST=$SIZE
  peek 0 4096 || return
  HEAD=$O
  case "$HEAD" in
    "000000 51 46 49 fb"*) map_qcow2 || return ;;
    "000000 76 68 64 78 66 69 6c 65"*) map_vhdx || return ;;
    "000000 63 6f 6e 65 63 74 69 78"*) map_vhd || return ;;
    *) if [ $((SIZE % 1048576)) -ne 0 ] && [ "$SIZE" -gt 512 ]; then peek $((SIZE - 512)) 512; fi ;;
  esac
  if [ "$BLOCK" -lt 4096 ]; then return; fi
  H=0
  if [ "$MAP" != raw ]; then gpeek 0 4096 || return; HEAD=$O; fi
  HOST=$H
  first=000000 ext=000430 sign=0001f0
  if [ "$HOST" -ne 0 ]; then
    first=$(printf %06x "$HOST")
    ext=$(printf %06x $((HOST + 1072)))
    sign=$(printf %06x $((HOST + 496)))
  fi
  case "$HEAD" in "$first 58 46 53 42 "*) xfs; return ;; esac
  case "$HEAD" in *"$ext "??" "??" "??" "??" "??" "??" "??" "??" 53 ef "*) return ;; esac
  gpeek 65536 4096 || return
  case "$O" in *" 5f 42 48 52 66 53 5f 4d"*) return ;; esac
  case "$HEAD" in *"$sign "*" 55 aa${"$"}NL"*) vfat ;; esac
  if gzero; then return; fi
  gpeek 4096 4096
  gpeek 32768 2048
  gpeek 16384 4096
  gpeek 8182 10
  gpeek 16374 10
  gpeek 65526 10
}

# The log's head is found by its cycle numbers, as in filesystems/xfs-log.ts.
cycle() {
  CYCLE=0
  gpeek $((LOG + $1 * 512)) 8 || return 1
  if [ -z "$O" ]; then return; fi
  be 0 4
  if [ "$N" -eq 4276992702 ]; then be 4 4; fi
  CYCLE=$N
}
xfs() {
  set -- $(od -A n -v -t x1 -j "$HOST" -N 200 "$F")
  if [ "$#" -lt 200 ]; then return; fi
  fb=$((0x$5$6$7$8))
  start=$((0x${"$"}{49}${"$"}{50}${"$"}{51}${"$"}{52}${"$"}{53}${"$"}{54}${"$"}{55}${"$"}{56}))
  ag=$((0x${"$"}{85}${"$"}{86}${"$"}{87}${"$"}{88}))
  bits=$((0x${"$"}{125}))
  blocks=$((0x${"$"}{97}${"$"}{98}${"$"}{99}${"$"}{100} * fb / 512))
  su=$((0x${"$"}{197}${"$"}{198}${"$"}{199}${"$"}{200}))
  if [ "$bits" -gt 31 ] || [ "$start" -le 0 ] || [ "$blocks" -lt 8 ]; then return; fi
  LOG=$((((start >> bits) * ag + (start & ((1 << bits) - 1))) * fb))
  if [ "$su" -gt 262144 ]; then su=262144; fi
  cycle 0 || return
  first=$CYCLE
  cycle $((blocks - 1)) || return
  if [ "$first" -eq 0 ]; then return; fi
  hi=$blocks
  if [ "$CYCLE" -ne "$first" ]; then
    lo=0
    hi=$((blocks - 1))
    while [ $((hi - lo)) -gt 1 ]; do
      mid=$(((lo + hi) / 2))
      cycle "$mid" || return
      if [ "$CYCLE" -eq "$first" ]; then lo=$mid; else hi=$mid; fi
    done
  fi
  want=$((5120 + su))
  if [ "$want" -gt 266752 ]; then want=266752; fi
  if [ "$want" -gt $((hi * 512)) ]; then want=$((hi * 512)); fi
  gpeek $((LOG + hi * 512 - want)) "$want"
}

# Table and root directory of a FAT filesystem, as in filesystems/vfat.ts.
vfat() {
  set -- $(od -A n -v -t u1 -j "$HOST" -N 64 "$F")
  bps=$((${"$"}{12} + ${"$"}{13} * 256))
  spc=${"$"}{14}
  res=$((${"$"}{15} + ${"$"}{16} * 256))
  roots=$(((${"$"}{18} + ${"$"}{19} * 256) * 32))
  fat=$((${"$"}{23} + ${"$"}{24} * 256))
  if [ "$bps" -lt 512 ] || [ "$bps" -gt 4096 ] || [ "$spc" -eq 0 ]; then return; fi
  if [ "$fat" -eq 0 ]; then
    fat=$((${"$"}{37} + ${"$"}{38} * 256 + ${"$"}{39} * 65536 + ${"$"}{40} * 16777216))
    first=$((${"$"}{45} + ${"$"}{46} * 256 + ${"$"}{47} * 65536 + ${"$"}{48} * 16777216))
    info=$((${"$"}{49} + ${"$"}{50} * 256))
    root=$(((res + ${"$"}{17} * fat) * bps + (first - 2) * spc * bps))
    roots=$((spc * bps))
    gpeek $((info * bps)) 512
  else
    root=$(((res + ${"$"}{17} * fat) * bps))
    gpeek $((res * bps)) $((fat * bps > 131072 ? 131072 : fat * bps))
  fi
  if [ "$roots" -gt 65536 ]; then roots=65536; fi
  gpeek "$root" "$roots"
}

# Images that a runner names and that may lie anywhere.
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
    case "${"$"}{f##*/}" in current | booted | old | toplevel | flake | '*') continue ;; esac
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
    if [ -r "$l" ]; then l=${"$"}{l%/loop/backing_file}; printf '|d %s\n' "${"$"}{l##*/}"; fi
  done
  for l in /sys/block/loop*/loop/backing_file; do
    if [ -r "$l" ]; then show "$l"; fi
  done
  own "$1"
  if entries "$1"; then
    printf 'V - %s %s\n' "$(stat -f -c '%a %b %S' "$1")" "$1"
    for g in "$1"/*; do
      case "$g" in *"$NL"* | */lost+found) continue ;; esac
      if [ -d "$g/" ] || [ -L "$g" ]; then guest "$g"; fi
    done
  fi
}`;
